//! The plane that every chart of the page is drawn on: axes, grid, margins and colours, so that all look alike.
//!
//! Colours are CSS variables of the page, so that a chart follows light and dark, and print, with no second drawing.
//! Each chart is drawn twice all the same, wide and narrow: scaled down to a phone, one drawing would be unreadable.

use std::sync::Arc;

use kuva::backend::svg::SvgBackend;
use kuva::render::annotations::ReferenceLine;
use kuva::render::layout::{AxisLabelOverlap, Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::{Primitive, render_multiple};
use kuva::render::theme::Theme;
use maud::{Markup, PreEscaped, html};

/// One of the two drawings of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Wide,
    Narrow,
}

impl Size {
    pub fn width(self) -> f64 {
        match self {
            Self::Wide => 560.0,
            Self::Narrow => 340.0,
        }
    }
}

/// Both drawings of a chart. `title` says in a sentence what is drawn; it is what a screen reader reads.
pub(super) fn drawings(
    title: &str,
    plane: impl Fn(Size) -> PlotArea,
    plots: impl Fn() -> Vec<Plot>,
) -> Markup {
    html! {
        @for (class, size) in [("wide", Size::Wide), ("narrow", Size::Narrow)] {
            @let plane = plane(size);
            @let (width, height) = (size.width(), plane.height);
            svg class=(class) viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
                (PreEscaped(svg(plots(), plane.layout(width))))
            }
        }
    }
}

/// One axis of a plane.
#[derive(Clone)]
pub(super) struct Axis {
    pub low: f64,
    pub high: f64,
    pub logarithmic: bool,
    /// The distance of the ticks; `None` lets the axis decide.
    pub step: Option<f64>,
    /// What stands at a tick.
    pub tick_text: Arc<dyn Fn(f64) -> String + Send + Sync>,
    /// Where a dashed line crosses the axis.
    pub crossed: Option<f64>,
}

impl Axis {
    /// From `low` to `high`.
    pub fn new(
        [low, high]: [f64; 2],
        logarithmic: bool,
        tick_text: impl Fn(f64) -> String + Send + Sync + 'static,
    ) -> Self {
        Self { low, high, logarithmic, step: None, tick_text: Arc::new(tick_text), crossed: None }
    }
}

/// Where a chart is drawn.
pub(super) struct PlotArea {
    pub x: Axis,
    pub y: Axis,
    pub height: f64,
    /// Room for what stands at the ticks of the vertical axis.
    pub left: f64,
    /// Room above the chart.
    pub top: f64,
    /// Ticks of the horizontal axis, about.
    pub ticks: usize,
}

impl PlotArea {
    fn layout(self, width: f64) -> Layout {
        let Self { x, y, height, left, top, ticks } = self;
        let mut layout = Layout::new((x.low, x.high), (y.low, y.high))
            .with_x_axis_min(x.low)
            .with_x_axis_max(x.high)
            .with_y_axis_min(y.low)
            .with_y_axis_max(y.high)
            .with_x_tick_format(TickFormat::Custom(x.tick_text))
            .with_y_tick_format(TickFormat::Custom(y.tick_text))
            .with_force_margins(left, 26.0)
            .with_force_margins_y(top, 26.0)
            .with_x_label_overlap(AxisLabelOverlap::Thin)
            .with_tick_size(12)
            .with_tick_length(0.0)
            .with_axis_line_width(1.0)
            .with_grid_line_width(1.0)
            .with_theme(theme())
            .with_width(width)
            .with_height(height)
            .with_ticks(ticks);
        if let Some(step) = x.step {
            layout = layout.with_x_tick_step(step);
        }
        if let Some(step) = y.step {
            layout = layout.with_y_tick_step(step);
        }
        if x.logarithmic {
            layout = layout.with_log_x();
        }
        if y.logarithmic {
            layout = layout.with_log_y();
        }
        let lines = [x.crossed.map(ReferenceLine::vertical), y.crossed.map(ReferenceLine::horizontal)];
        lines.into_iter().flatten().fold(layout, |layout, line| {
            layout.with_reference_line(
                line.with_color("var(--muted)").with_stroke_width(1.5).with_dasharray("4 3"),
            )
        })
    }
}

/// A drawing as SVG, the same whenever it is made. What is drawn of a record are numbers and names, and the SVG writer
/// escapes the names.
fn svg(plots: Vec<Plot>, layout: Layout) -> String {
    let mut scene = render_multiple(plots, layout);
    // The axes hold all that is drawn, so nothing needs clipping. And clip paths are numbered through the process: with
    // them, two pages made of one record would differ.
    scene.elements.retain(|it| !matches!(it, Primitive::ClipStart { .. } | Primitive::ClipEnd));
    scene.defs.clear();
    // A style of its own in every drawing would be a rule of the page, said many times.
    scene.has_tooltips = false;
    SvgBackend::new().render_scene(&scene)
}

fn theme() -> Theme {
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
