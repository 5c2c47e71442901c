//! Charts with two axes: lines and marks, each with the value that is shown when a pointer rests on it.

use kuva::plot::line::LinePlot;
use kuva::plot::scatter::ScatterPlot;
use kuva::render::annotations::ReferenceLine;
use kuva::render::layout::{AxisLabelOverlap, Layout};
use kuva::render::plots::Plot;
use maud::{Markup, PreEscaped, html};

use super::chart::{custom, svg, theme};

/// Something drawn in one colour.
pub(super) struct Series {
    pub colour: String,
    pub dashed: bool,
    /// Whether a line joins the marks.
    pub joined: bool,
    pub size: f64,
    pub marks: Vec<Mark>,
}

/// A point, and what is told of it.
pub(super) struct Mark {
    pub x: f64,
    pub y: f64,
    pub tip: String,
}

/// What an axis measures.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub low: f64,
    pub high: f64,
    pub logarithmic: bool,
    /// The distance of the ticks; `None` lets the axis decide.
    pub step: Option<f64>,
    pub told: fn(f64) -> String,
    pub name: &'static str,
}

impl Axis {
    /// From a little below the least to a little above the most, by a factor.
    pub fn logarithmic(
        values: impl Iterator<Item = f64>,
        told: fn(f64) -> String,
        name: &'static str,
    ) -> Self {
        let (low, high) = ends(values.filter(|it| *it > 0.0));
        let (low, high) = if low <= high { (low, high) } else { (1.0, 10.0) };
        Self { low: low / 1.25, high: high * 1.25, logarithmic: true, step: None, told, name }
    }

    /// From zero to a little above the most.
    pub fn from_zero(values: impl Iterator<Item = f64>, told: fn(f64) -> String, name: &'static str) -> Self {
        let (_, high) = ends(values);
        let high = if high > 0.0 { high * 1.06 } else { 1.0 };
        Self { low: 0.0, high, logarithmic: false, step: None, told, name }
    }
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|it| it.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)))
}

/// A chart, wide and narrow. `title` says in a sentence what is drawn; it is what a screen reader reads.
pub(super) fn xy(series: &[Series], x: Axis, y: Axis, across: Option<f64>, title: &str) -> Markup {
    html! {
        @for (class, width) in [("wide", 560.0), ("narrow", 340.0)] {
            @let height = 280.0;
            svg class=(class) viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
                (PreEscaped(drawn(series, x, y, across, width, height)))
            }
        }
        p.axes { (y.name) " against " (x.name) }
    }
}

fn drawn(series: &[Series], x: Axis, y: Axis, across: Option<f64>, width: f64, height: f64) -> String {
    let plots = series.iter().flat_map(plots).collect();
    let mut layout = Layout::new((x.low, x.high), (y.low, y.high))
        .with_x_axis_min(x.low)
        .with_x_axis_max(x.high)
        .with_y_axis_min(y.low)
        .with_y_axis_max(y.high)
        .with_x_tick_format(custom(x.told))
        .with_y_tick_format(custom(y.told))
        .with_force_margins(62.0, 26.0)
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
    if let Some(step) = x.step {
        layout = layout.with_x_tick_step(step);
    }
    if x.logarithmic {
        layout = layout.with_log_x();
    }
    if y.logarithmic {
        layout = layout.with_log_y();
    }
    if let Some(at) = across {
        let line = ReferenceLine::horizontal(at);
        layout = layout.with_reference_line(
            line.with_color("var(--muted)").with_stroke_width(1.5).with_dasharray("4 3"),
        );
    }
    svg(plots, layout)
}

fn plots(series: &Series) -> Vec<Plot> {
    let points = || series.marks.iter().map(|mark| (mark.x, mark.y));
    let mut plots = Vec::new();
    if series.joined && series.marks.len() > 1 {
        let line =
            LinePlot::new().with_data(points()).with_color(series.colour.clone()).with_stroke_width(1.6);
        plots.push(Plot::Line(if series.dashed { line.with_dotted() } else { line }));
    }
    let marks = ScatterPlot::new()
        .with_data(points())
        .with_color(series.colour.clone())
        .with_size(series.size)
        .with_tooltip_labels(series.marks.iter().map(|mark| mark.tip.clone()));
    plots.push(Plot::Scatter(marks));
    plots
}
