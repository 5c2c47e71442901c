//! The chart of a sweep: throughput along a setting, what was measured as marks with their intervals, the law as a curve.
//!
//! A solid curve is the law where it was measured; dashed it is extrapolated. Without a law a thin line joins the marks.

use kuva::plot::line::LinePlot;
use kuva::plot::scatter::ScatterPlot;
use kuva::render::plots::Plot;
use maud::Markup;

use super::super::format;
use super::plot::{Axis, PlotArea, drawings};
use crate::record::Fit;

/// Steps in which a curve is drawn.
const STEPS: u32 = 48;

/// One strategy along the setting.
pub(super) struct Curve {
    pub name: String,
    /// A CSS colour.
    pub colour: String,
    /// Value of the setting, operations a second, and the interval of these; rising.
    pub points: Vec<(f64, f64, [f64; 2])>,
    pub fit: Option<Fit>,
}

/// A chart. `title` says in a sentence what is drawn.
///
/// `limit` is what the machine would do without the lock: a dashed line across.
pub(super) fn curves(curves: &[Curve], limit: Option<f64>, title: &str) -> Markup {
    let ends = curves.iter().flat_map(ends);
    let (low, high) = ends.fold((f64::INFINITY, 1.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    // Sizes double from point to point as a rule. A setting that can be none has no logarithm.
    let logarithmic = low >= 1.0;
    let rates = curves.iter().flat_map(|curve| {
        let measured = curve.points.iter().map(|(_, rate, ci)| rate.max(ci[1]));
        measured.chain(curve.fit.and_then(|fit| fit.extrapolated).map(|it| it.ops_per_s))
    });
    let top = rates.chain(limit).filter(|rate| rate.is_finite()).fold(1.0, f64::max) * 1.05;
    let sizes = if logarithmic { [low / 1.15, high * 1.15] } else { [-0.03 * high, high * 1.03] };
    let x = Axis::new(sizes, logarithmic, |x| format!("{}", (x * 10.0).round() / 10.0));
    let y = Axis::new([0.0, top], false, |y| format::tick_count(y.round()));
    let y = Axis { crossed: limit, ..y };
    let plane = |_| PlotArea { x: x.clone(), y: y.clone(), height: 260.0, left: 56.0, top: 8.0, ticks: 5 };
    drawings(title, plane, || curves.iter().flat_map(|curve| plots(curve, logarithmic)).collect())
}

/// Where a curve begins and ends along the setting.
fn ends(curve: &Curve) -> impl Iterator<Item = f64> {
    let measured = curve.points.iter().map(|(x, ..)| *x);
    measured.chain(curve.fit.and_then(|fit| fit.extrapolated).map(|it| it.size.into()))
}

fn plots(curve: &Curve, logarithmic: bool) -> Vec<Plot> {
    let reach =
        |(_, rate, [low, high]): &(f64, f64, [f64; 2])| ((rate - low).max(0.0), (high - rate).max(0.0));
    let marks =
        ScatterPlot::new()
            .with_data(curve.points.iter().map(|(x, rate, _)| (*x, *rate)))
            .with_y_err_asymmetric(curve.points.iter().map(reach))
            .with_color(curve.colour.clone())
            .with_size(3.5)
            .with_tooltip_labels(curve.points.iter().map(|(x, rate, ci)| {
                format!("{}, at {x}: {}", curve.name, format::with_interval(*rate, *ci))
            }));
    let line = |data: Vec<(f64, f64)>, stroke| {
        LinePlot::new().with_data(data).with_color(curve.colour.clone()).with_stroke_width(stroke)
    };
    let (Some((first, ..)), Some((last, ..))) = (curve.points.first(), curve.points.last()) else {
        return Vec::new();
    };
    let mut plots = match curve.fit {
        None => vec![line(curve.points.iter().map(|(x, rate, _)| (*x, *rate)).collect(), 0.8)],
        Some(fit) => {
            let along = |from: f64, to: f64| {
                let step = |nth: u32| {
                    let share = f64::from(nth) / f64::from(STEPS);
                    let x =
                        if logarithmic { from * (to / from).powf(share) } else { from + (to - from) * share };
                    (x, fit.at(x))
                };
                (0..=STEPS).map(step).collect()
            };
            let beyond = fit.extrapolated.map(|it| line(along(*last, it.size.into()), 1.5).with_dashed());
            std::iter::once(line(along(*first, *last), 1.5)).chain(beyond).collect()
        }
    };
    plots.drain(..).map(Plot::Line).chain([Plot::Scatter(marks)]).collect()
}
