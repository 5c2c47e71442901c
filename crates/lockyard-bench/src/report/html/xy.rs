//! Charts with two axes: lines and marks, each with the value that is shown when a pointer rests on it.

use kuva::plot::line::LinePlot;
use kuva::plot::scatter::ScatterPlot;
use kuva::render::plots::Plot;
use maud::{Markup, html};

use super::plot::{self, PlotArea, drawings};

/// Something drawn in one colour.
pub(super) struct Series {
    pub colour: String,
    pub dashed: bool,
    /// Whether a line joins the marks.
    pub joined: bool,
    pub size: f64,
    pub marks: Vec<PlotPoint>,
}

/// A point, and what its tooltip says.
pub(super) struct PlotPoint {
    pub x: f64,
    pub y: f64,
    pub tip: String,
}

/// An axis, and what it measures.
pub(super) struct Axis {
    pub ticks: plot::Axis,
    pub name: &'static str,
}

impl Axis {
    /// From a little below the least to a little above the most, by a factor.
    pub fn logarithmic(
        values: impl Iterator<Item = f64>,
        tick_text: fn(f64) -> String,
        name: &'static str,
    ) -> Self {
        let (low, high) = ends(values.filter(|it| *it > 0.0));
        let (low, high) = if low <= high { (low, high) } else { (1.0, 10.0) };
        Self { ticks: plot::Axis::new([low / 1.25, high * 1.25], true, tick_text), name }
    }

    /// From zero to a little above the most.
    pub fn from_zero(
        values: impl Iterator<Item = f64>,
        tick_text: fn(f64) -> String,
        name: &'static str,
    ) -> Self {
        let (_, high) = ends(values);
        let high = if high > 0.0 { high * 1.06 } else { 1.0 };
        Self { ticks: plot::Axis::new([0.0, high], false, tick_text), name }
    }
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|it| it.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)))
}

/// A chart. `title` says in a sentence what is drawn.
pub(super) fn xy(series: &[Series], x: &Axis, y: &Axis, title: &str) -> Markup {
    let plane = |_| PlotArea {
        x: x.ticks.clone(),
        y: y.ticks.clone(),
        height: 280.0,
        left: 62.0,
        top: 8.0,
        ticks: 5,
    };
    html! {
        (drawings(title, plane, || series.iter().flat_map(plots).collect()))
        p.axes { (y.name) " against " (x.name) }
    }
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
