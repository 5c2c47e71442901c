//! The charts of the page: a row for each strategy, with a mark, and a line for the interval or range around it.
//!
//! Colours are CSS variables of the page, so that a chart follows light and dark, and print, with no second drawing.
//! Each chart is drawn twice all the same, wide and narrow: scaled down to a phone, one drawing would be unreadable.

use std::sync::Arc;

use kuva::backend::svg::SvgBackend;
use kuva::plot::forest::{ForestPlot, ForestRow};
use kuva::plot::scatter::ScatterPlot;
use kuva::render::annotations::ReferenceLine;
use kuva::render::layout::{AxisLabelOverlap, Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::{Primitive, render_multiple};
use kuva::render::theme::Theme;
use maud::{Markup, PreEscaped, html};

use super::super::format;

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

/// A chart. `title` says in a sentence what is drawn; it is what a screen reader reads.
pub(super) fn chart(rows: &[Row<'_>], axis: Axis, title: &str) -> Markup {
    html! {
        @for (class, width, label) in [("wide", 560.0, 24), ("narrow", 340.0, 18)] {
            @let (svg, height) = drawn(rows, axis, width, label);
            svg class=(class) viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
                (PreEscaped(svg))
            }
        }
    }
}

/// The drawing as SVG, and its height. What is drawn of the record are numbers and names, and the SVG writer escapes
/// the names.
fn drawn(rows: &[Row<'_>], axis: Axis, width: f64, label: usize) -> (String, f64) {
    let height = 32.0 + 25.0 * rows.len() as f64;
    let layout =
        layout(rows, axis, label).with_width(width).with_height(height).with_ticks((width / 110.0) as usize);
    (svg(plots(rows), layout), height)
}

/// A drawing as SVG, the same whenever it is made.
pub(super) fn svg(plots: Vec<Plot>, layout: Layout) -> String {
    let mut scene = render_multiple(plots, layout);
    // The axes hold all that is drawn, so nothing needs clipping. And clip paths are numbered through the process: with
    // them, two pages made of one record would differ.
    scene.elements.retain(|it| !matches!(it, Primitive::ClipStart { .. } | Primitive::ClipEnd));
    scene.defs.clear();
    // A style of its own in every drawing would be a rule of the page, said many times.
    scene.has_tooltips = false;
    SvgBackend::new().render_scene(&scene)
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

fn layout(rows: &[Row<'_>], axis: Axis, label: usize) -> Layout {
    let low = rows.iter().map(|row| row.span[0]).fold(f64::INFINITY, f64::min);
    let high = rows.iter().map(|row| row.span[1]).fold(0.0, f64::max);
    let (low, high) = match axis {
        Axis::Ratio => around_one(low, high),
        Axis::Rate | Axis::Bytes => (0.0, high.max(1.0) * 1.05),
        Axis::Share => (0.0, 1.02),
        Axis::Nanos => (low.max(1.0) / 1.2, high.max(2.0) * 1.2),
    };
    let count = rows.len();
    let labels: Vec<String> = rows.iter().map(|row| shortened(row.label, label)).collect();
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let layout = Layout::new((low, high), (0.5, count as f64 + 0.5))
        .with_x_axis_min(low)
        .with_x_axis_max(high)
        .with_y_axis_min(0.5)
        .with_y_axis_max(count as f64 + 0.5)
        .with_y_tick_step(1.0)
        .with_y_tick_format(custom(move |y| {
            labels.get((count as f64 - y).round() as usize).cloned().unwrap_or_default()
        }))
        .with_x_tick_format(custom(move |x| match axis {
            Axis::Ratio => format!("×{}", (x * 100.0).round() / 100.0),
            Axis::Rate | Axis::Bytes => format::count(x).replace(".00 ", " ").replace(".0 ", " "),
            Axis::Share => format!("{}", (x * 100.0).round() / 100.0),
            // Ticks stand at 1, 2 and 5, so that decimals are only noise here.
            Axis::Nanos => format::nanos(x.round() as u64).replace(".00 ", " ").replace(".0 ", " "),
        }))
        .with_force_margins(12.0 + 6.6 * longest as f64, 26.0)
        .with_force_margins_y(6.0, 26.0)
        .with_x_label_overlap(AxisLabelOverlap::Thin)
        .with_tick_size(12)
        .with_tick_length(0.0)
        .with_axis_line_width(1.0)
        .with_grid_line_width(1.0)
        .with_theme(theme());
    match axis {
        Axis::Ratio => layout.with_reference_line(
            ReferenceLine::vertical(1.0)
                .with_color("var(--muted)")
                .with_stroke_width(1.5)
                .with_dasharray("4 3"),
        ),
        Axis::Rate | Axis::Bytes | Axis::Share => layout,
        Axis::Nanos => layout.with_log_x(),
    }
}

/// A range that holds all intervals and 1 with some air, and is never so narrow that noise looks like a result.
fn around_one(low: f64, high: f64) -> (f64, f64) {
    let (low, high) = (low.min(0.95), high.max(1.05));
    let air = (high - low) * 0.06;
    ((low - air).max(0.0), high + air)
}

pub(super) fn theme() -> Theme {
    Theme {
        background: "none".into(),
        axis_color: "var(--rule)".into(),
        grid_color: "var(--rule)".into(),
        tick_color: "none".into(),
        text_color: "var(--ink)".into(),
        font_family: Some("inherit".into()),
        ..Theme::light()
    }
}

pub(super) fn custom(format: impl Fn(f64) -> String + Send + Sync + 'static) -> TickFormat {
    TickFormat::Custom(Arc::new(format))
}

/// A name that fits beside the chart; the table has it whole.
fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}
