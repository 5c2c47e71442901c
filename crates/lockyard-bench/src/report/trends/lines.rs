//! The lines of a scenario, run by run: which of them stand out and by which colour, and where they are interrupted.

use std::collections::BTreeMap;

use maud::Markup;

use super::super::axis::Axis;
use super::super::format;
use super::super::plane::{Name, Plane, Shape, Stroke};
use super::words::{Measure, run};
use crate::record::{TrendRun, TrendScenario, TrendStrategy, Trends};

/// Colours for strategies with step changes, beside the winner's; the style has as many.
const COLOURS: usize = 5;

/// What the others are drawn in: numbers of the style, as are the winner's 0 and those of the colours.
const REFERENCE: usize = COLOURS + 1;
const OTHER: usize = COLOURS + 2;

/// So many ticks have room below a chart.
const TICKS: usize = 8;

/// How the lines of one scenario are told apart.
pub(super) struct Lines<'a> {
    trends: &'a Trends,
    scenario: &'a TrendScenario,
    /// The strategy that leads in the last run, if one does.
    winner: Option<&'a str>,
    /// Strategies with step changes, each with the number of its colour.
    stepped: BTreeMap<&'a str, usize>,
}

/// What is drawn of one strategy.
struct Line {
    shapes: Vec<Shape>,
    label: String,
    colour: usize,
    /// Where it ends.
    last: f64,
}

impl<'a> Lines<'a> {
    pub fn of(trends: &'a Trends, scenario: &'a TrendScenario, winner: Option<&'a str>) -> Self {
        let mut stepped = BTreeMap::new();
        for step in trends.steps().filter(|it| it.change.scenario == scenario.name) {
            let next = 1 + stepped.len() % COLOURS;
            stepped.entry(&*step.change.strategy).or_insert(next);
        }
        Self { trends, scenario, winner, stepped }
    }

    /// The colour of a strategy, as the style numbers it.
    fn colour(&self, strategy: &str) -> usize {
        let is_reference = |run: &TrendRun| run.reference.as_deref() == Some(strategy);
        if self.trends.runs.iter().rev().find(|run| run.reference.is_some()).is_some_and(is_reference) {
            return REFERENCE;
        }
        if self.winner == Some(strategy) {
            return 0;
        }
        self.stepped.get(strategy).copied().unwrap_or(OTHER)
    }

    /// The chart of one measure.
    pub fn drawn(&self, measure: Measure) -> Markup {
        let mut lines: Vec<_> =
            self.scenario.strategies.iter().filter_map(|it| self.line(it, measure)).collect();
        // What stands out is drawn above what does not.
        lines.sort_by_key(|it| std::cmp::Reverse(it.colour));
        let shapes = lines.iter_mut().flat_map(|it| std::mem::take(&mut it.shapes)).collect();
        let names = lines.iter().map(|it| Name { of: it.colour, text: &it.label, at: it.last, loud: true });
        let title =
            format!("{} under {}, run by run", measure.title(self.trends, self.scenario), self.scenario.name);
        let (x, y) = (self.runs(), self.ratios(measure));
        Plane {
            title: &title,
            x: &x,
            y: &y,
            shapes,
            names: names.collect(),
            beside: Vec::new(),
            across: Some(1.0),
            breaks: self.trends.breaks().map(|(run, _)| run as f64 - 0.5).collect(),
        }
        .drawn()
    }

    /// The runs by their numbers, the last one always.
    fn runs(&self) -> Axis {
        let count = self.trends.runs.len();
        let every = count.div_ceil(TICKS).max(1);
        let shown = (0..count).rev().step_by(every);
        let ticks = shown.map(|run| (run as f64, (run + 1).to_string())).collect();
        let last = count.saturating_sub(1).max(1) as f64;
        Axis::between([-0.03 * last, 1.03 * last], ticks, "run")
    }

    fn ratios(&self, measure: Measure) -> Axis {
        let all =
            self.scenario.strategies.iter().flat_map(|it| &it.points).filter_map(|it| measure.ratio(it));
        // Intervals that are drawn have to fit, too.
        let drawn = self.scenario.strategies.iter().filter(|it| self.colour(&it.strategy) != OTHER);
        let ends = drawn
            .flat_map(|it| &it.points)
            .filter_map(|it| measure.ratio(it))
            .filter(|(ratio, _)| *ratio > 0.0)
            .flat_map(|(ratio, ci)| ci.map(|end| end.clamp(ratio / 2.0, ratio * 2.0)));
        Axis::ratios(all.map(|(ratio, _)| ratio).chain(ends), "ratio")
    }

    fn line(&self, strategy: &TrendStrategy, measure: Measure) -> Option<Line> {
        let colour = self.colour(&strategy.strategy);
        let breaks: Vec<_> = self.trends.breaks().map(|(run, _)| run).collect();
        let shape = |stroke, points, tip| Shape { of: colour, stroke, points, tip };
        let (mut segments, mut marks) = (Vec::<Vec<(f64, f64)>>::new(), Vec::new());
        let mut whiskers = Vec::new();
        let mut last = None;
        for point in &strategy.points {
            let Some((ratio, ci)) = measure.ratio(point) else { continue };
            let at = (point.run as f64, ratio);
            match segments.last_mut() {
                Some(segment) if last == point.run.checked_sub(1) && !breaks.contains(&point.run) => {
                    segment.push(at);
                }
                _ => segments.push(vec![at]),
            }
            if colour != OTHER {
                whiskers.extend(ci.map(|end| (at.0, end)));
            }
            let is_step = measure == Measure::Throughput
                && self.trends.steps().any(|it| {
                    it.after() == point.run
                        && it.change.strategy == strategy.strategy
                        && it.change.scenario == self.scenario.name
                });
            let (name, run) = (&strategy.strategy, run(self.trends, point.run));
            let tip = format!("{name}, {run}: {}", format::ratio(ratio, ci));
            marks.push(shape(if is_step { Stroke::Rings } else { Stroke::Dots }, vec![at], tip));
            last = Some(point.run);
        }
        let until = last?;
        let stroke = match colour {
            OTHER => Stroke::Thin,
            REFERENCE => Stroke::Dashed,
            _ => Stroke::Line,
        };
        let last = segments.last()?.last()?.1;
        let mut shapes: Vec<_> =
            segments.into_iter().map(|it| shape(stroke, it, strategy.strategy.clone())).collect();
        if !whiskers.is_empty() {
            shapes.push(shape(Stroke::Whiskers, whiskers, String::new()));
        }
        shapes.append(&mut marks);
        let ended = until + 1 < self.trends.runs.len();
        let label = if ended {
            format!("{} (to run {})", strategy.strategy, until + 1)
        } else {
            strategy.strategy.clone()
        };
        Some(Line { shapes, label, colour, last })
    }
}
