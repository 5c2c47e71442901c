//! A chart of lines that fits every width: paths are stretched with the area, their strokes are not, and all text is beside it.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::super::labels::apart;
use super::scale::RatioAxis;

/// The area in units of its own, whatever its width and height.
const AREA: f64 = 1000.0;

/// The room for the text of a label, and the least height of a chart, both in rem.
const LABEL: f64 = 1.05;
const LEAST: f64 = 12.0;

/// What is drawn.
pub(super) struct Chart {
    /// What is to be seen, in a sentence, for those who do not see it.
    pub title: String,
    /// Ticks below it: from 0 at the left to 1 at the right, and their texts.
    pub x_ticks: Vec<(f64, String)>,
    /// The axis at its left.
    pub y: RatioAxis,
    /// The lines; a later one is drawn above the earlier ones.
    pub series: Vec<Series>,
    /// Where no line goes on: from 0 to 1.
    pub breaks: Vec<f64>,
}

/// A line.
pub(super) struct Series {
    /// What is written at its end.
    pub label: String,
    /// Its colour, as a class of the style.
    pub class: String,
    /// Its parts, which nothing joins.
    pub segments: Vec<Vec<Mark>>,
}

/// A point of a line.
pub(super) struct Mark {
    /// From 0 at the left to 1 at the right.
    pub x: f64,
    /// The value on the axis.
    pub y: f64,
    /// Its interval, if that is drawn.
    pub ci: Option<[f64; 2]>,
    /// Whether it stands out.
    pub large: bool,
    /// What is said of it when a pointer rests there.
    pub tip: String,
}

impl Chart {
    /// The chart, with nothing in it that must be fetched or run.
    pub fn draw(&self) -> Markup {
        let height = (self.series.len() as f64 * LABEL + 1.0).max(LEAST);
        let ends: Vec<_> = self.series.iter().map(|it| AREA - self.end(it) * AREA).collect();
        let places = apart(&ends, LABEL / height * AREA, AREA);
        html! {
            div.plot style=(format!("height:{height:.2}rem")) {
                div.ticks aria-hidden="true" {
                    @for (value, text) in &self.y.ticks() {
                        span style=(format!("top:{:.2}%", (1.0 - self.y.at(*value)) * 100.0)) { (text) }
                    }
                }
                svg.area viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label=(self.title) {
                    (self.grid())
                    @for series in &self.series { (self.line(series)) }
                }
                svg.leads viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true" {
                    @for (end, place) in ends.iter().zip(&places) {
                        path d=(format!("M60 {end:.1}L940 {place:.1}")) {}
                    }
                }
                div.ends aria-hidden="true" {
                    @for (series, place) in self.series.iter().zip(&places) {
                        span class=(series.class) style=(format!("top:{:.2}%", place / AREA * 100.0)) { (series.label) }
                    }
                }
                div.runs aria-hidden="true" {
                    @for (at, text) in &self.x_ticks { span style=(format!("left:{:.2}%", at * 100.0)) { (text) } }
                }
            }
        }
    }

    /// Where a line ends, from 0 at the bottom to 1 at the top.
    fn end(&self, series: &Series) -> f64 {
        series.segments.iter().flatten().last().map_or(0.0, |mark| self.y.at(mark.y))
    }

    fn grid(&self) -> Markup {
        let lines: String = self.y.ticks().iter().fold(String::new(), |mut lines, (value, _)| {
            // Writing to a string cannot fail.
            let _ = write!(lines, "M0 {:.1}H1000", self.down(*value));
            lines
        });
        html! {
            path.grid d=(lines) {}
            path.one d=(format!("M0 {:.1}H1000", self.down(1.0))) {}
            @for at in &self.breaks { path.break d=(format!("M{:.1} 0V1000", at * AREA)) {} }
        }
    }

    fn line(&self, series: &Series) -> Markup {
        let mut joined = String::new();
        let mut intervals = String::new();
        for segment in &series.segments {
            for (nth, mark) in segment.iter().enumerate() {
                let (x, command) = (mark.x * AREA, if nth == 0 { 'M' } else { 'L' });
                let _ = write!(joined, "{command}{x:.1} {:.1}", self.down(mark.y));
                if let Some([low, high]) = mark.ci {
                    let _ = write!(intervals, "M{x:.1} {:.1}V{:.1}", self.down(low), self.down(high));
                }
            }
        }
        html! {
            g class=(series.class) {
                @if !intervals.is_empty() { path.interval d=(intervals) {} }
                path.line d=(joined) {}
                @for mark in series.segments.iter().flatten() {
                    @let class = if mark.large { "mark large" } else { "mark" };
                    // A stroke of no length with round ends is a point, however the area is stretched.
                    path class=(class) d=(format!("M{:.1} {:.1}h0", mark.x * AREA, self.down(mark.y))) {
                        title { (mark.tip) }
                    }
                }
            }
        }
    }

    /// Where a value stands, from the top down.
    fn down(&self, value: f64) -> f64 {
        AREA - self.y.at(value) * AREA
    }
}
