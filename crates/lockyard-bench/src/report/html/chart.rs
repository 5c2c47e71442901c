//! The charts of the page: a row for each strategy, with a mark, and a line for the interval or range around it.

use kuva::plot::forest::{ForestPlot, ForestRow};
use kuva::plot::scatter::ScatterPlot;
use kuva::render::plots::Plot;
use maud::Markup;

use super::super::format;
use super::plot::{self, PlotArea, Size, drawings};

/// One strategy in a chart.
pub(super) struct Row<'a> {
    pub label: &'a str,
    /// The square mark.
    pub value: f64,
    /// The ends of the line.
    pub span: [f64; 2],
    /// A round mark at the line's upper end.
    pub tail: bool,
    /// A CSS colour.
    pub colour: String,
    /// What is shown when a pointer rests on the mark.
    pub tip: String,
}

/// What the horizontal axis measures.
#[derive(Clone, Copy)]
pub(super) enum Axis {
    /// Ratios to a baseline, which is the dashed line at 1. Marks, not bars, so that it need not begin at 0.
    Ratio,
    /// Operations a second, from 0.
    Rate,
    /// Shares of a whole, from 0 to 1.
    Share,
    /// Bytes, from 0.
    Bytes,
    /// Nanoseconds, on a logarithmic scale.
    Nanos,
}

/// A chart. `title` says in a sentence what is drawn.
pub(super) fn chart(rows: &[Row<'_>], axis: Axis, title: &str) -> Markup {
    drawings(title, |size| plane(rows, axis, size), || plots(rows))
}

fn plots(rows: &[Row<'_>]) -> Vec<Plot> {
    let mut lines =
        ForestPlot::new().with_marker_size(3.5).with_whisker_width(2.0).with_show_null_line(false);
    lines.rows.extend(rows.iter().map(|row| ForestRow {
        label: row.label.to_owned(),
        estimate: row.value,
        ci_lower: row.span[0],
        ci_upper: row.span[1],
        weight: None,
        color: Some(row.colour.clone()),
    }));
    let tails = rows.iter().enumerate().filter(|(_, row)| row.tail);
    let tails = ScatterPlot::new()
        .with_data(tails.map(|(i, row)| (row.span[1], height_of(i, rows.len()))))
        .with_color("var(--tail)")
        .with_size(4.0);
    // Nothing to be seen, but something to point at.
    let values = ScatterPlot::new()
        .with_data(rows.iter().enumerate().map(|(i, row)| (row.value, height_of(i, rows.len()))))
        .with_color("transparent")
        .with_size(9.0)
        .with_tooltip_labels(rows.iter().map(|row| row.tip.clone()));
    vec![Plot::Forest(lines), Plot::Scatter(tails), Plot::Scatter(values)]
}

/// The first row is at the top, and the vertical axis counts from the bottom.
fn height_of(row: usize, rows: usize) -> f64 {
    (rows - row) as f64
}

fn plane(rows: &[Row<'_>], axis: Axis, size: Size) -> PlotArea {
    let label = match size {
        Size::Wide => 24,
        Size::Narrow => 18,
    };
    let count = rows.len();
    let labels: Vec<String> = rows.iter().map(|row| shortened(row.label, label)).collect();
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let names = plot::Axis::new([0.5, count as f64 + 0.5], false, move |y| {
        labels.get((count as f64 - y).round() as usize).cloned().unwrap_or_default()
    });
    PlotArea {
        x: values(rows, axis),
        y: plot::Axis { step: Some(1.0), ..names },
        height: 32.0 + 25.0 * count as f64,
        left: 12.0 + 6.6 * longest as f64,
        top: 6.0,
        ticks: (size.width() / 110.0) as usize,
    }
}

fn values(rows: &[Row<'_>], axis: Axis) -> plot::Axis {
    let low = rows.iter().map(|row| row.span[0]).fold(f64::INFINITY, f64::min);
    let high = rows.iter().map(|row| row.span[1]).fold(0.0, f64::max);
    let hundredths = |x: f64| (x * 100.0).round() / 100.0;
    match axis {
        Axis::Ratio => {
            let ratios =
                plot::Axis::new(around_one(low, high), false, move |x| format!("×{}", hundredths(x)));
            plot::Axis { crossed: Some(1.0), ..ratios }
        }
        Axis::Rate | Axis::Bytes => plot::Axis::new([0.0, high.max(1.0) * 1.05], false, format::tick_count),
        Axis::Share => plot::Axis::new([0.0, 1.02], false, move |x| format!("{}", hundredths(x))),
        Axis::Nanos => plot::Axis::new([low.max(1.0) / 1.2, high.max(2.0) * 1.2], true, format::tick_nanos),
    }
}

/// A range that holds all intervals and 1 with some air, and is never so narrow that noise looks like a result.
fn around_one(low: f64, high: f64) -> [f64; 2] {
    let (low, high) = (low.min(0.95), high.max(1.05));
    let air = (high - low) * 0.06;
    [(low - air).max(0.0), high + air]
}

/// A name that fits beside the chart; the table has it whole.
fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}
