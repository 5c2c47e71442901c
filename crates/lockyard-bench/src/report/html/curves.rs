//! The chart of a sweep: throughput along a setting, what was measured as marks with their intervals, the law as a curve.
//!
//! A solid curve is the law where it was measured; dashed it is extrapolated. Without a law a thin line joins the marks.

use kuva::plot::line::LinePlot;
use kuva::plot::scatter::ScatterPlot;
use kuva::render::annotations::ReferenceLine;
use kuva::render::layout::{AxisLabelOverlap, Layout};
use kuva::render::plots::Plot;
use maud::{Markup, PreEscaped, html};

use super::super::format;
use super::chart::{custom, svg, theme};
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

/// A chart. `title` says in a sentence what is drawn; it is what a screen reader reads.
///
/// `limit` is what the machine would do without the lock: a dashed line across.
pub(super) fn curves(curves: &[Curve], limit: Option<f64>, title: &str) -> Markup {
    html! {
        @for (class, width) in [("wide", 560.0), ("narrow", 340.0)] {
            @let height = 260.0;
            svg class=(class) viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
                (PreEscaped(drawn(curves, limit, width, height)))
            }
        }
    }
}

fn drawn(curves: &[Curve], limit: Option<f64>, width: f64, height: f64) -> String {
    let ends = curves.iter().flat_map(ends);
    let (low, high) = ends.fold((f64::INFINITY, 1.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    // Sizes double from point to point as a rule. A setting that can be none has no logarithm.
    let logarithmic = low >= 1.0;
    let plots = curves.iter().flat_map(|curve| plots(curve, logarithmic)).collect();
    let rates = curves.iter().flat_map(|curve| {
        let measured = curve.points.iter().map(|(_, rate, ci)| rate.max(ci[1]));
        measured.chain(curve.fit.and_then(|fit| fit.extrapolated).map(|it| it.ops_per_s))
    });
    let top = rates.chain(limit).filter(|rate| rate.is_finite()).fold(1.0, f64::max) * 1.05;
    let (low, high) = if logarithmic { (low / 1.15, high * 1.15) } else { (-0.03 * high, high * 1.03) };
    let layout = Layout::new((low, high), (0.0, top))
        .with_x_axis_min(low)
        .with_x_axis_max(high)
        .with_y_axis_min(0.0)
        .with_y_axis_max(top)
        .with_x_tick_format(custom(|x| format!("{}", (x * 10.0).round() / 10.0)))
        .with_y_tick_format(custom(|y| format::count(y.round()).replace(".00 ", " ").replace(".0 ", " ")))
        .with_force_margins(56.0, 26.0)
        .with_force_margins_y(8.0, 26.0)
        .with_x_label_overlap(AxisLabelOverlap::Thin)
        .with_tick_size(12)
        .with_tick_length(0.0)
        .with_axis_line_width(1.0)
        .with_grid_line_width(1.0)
        .with_theme(theme())
        .with_width(width)
        .with_height(height)
        .with_ticks(5);
    let layout = match limit {
        Some(limit) => layout.with_reference_line(
            ReferenceLine::horizontal(limit)
                .with_color("var(--muted)")
                .with_stroke_width(1.5)
                .with_dasharray("4 3"),
        ),
        None => layout,
    };
    svg(plots, if logarithmic { layout.with_log_x() } else { layout })
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
