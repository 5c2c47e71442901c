//! Which line of a scenario stands out and by which colour, and where lines are interrupted.

use std::collections::BTreeMap;

use super::super::format;
use super::chart::{Chart, Mark, Series};
use super::scale::RatioAxis;
use super::words::{Measure, run};
use crate::record::{TrendRun, TrendScenario, TrendStrategy, Trends};

/// Colours for strategies with step changes; the style has as many.
const COLOURS: usize = 5;

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

impl<'a> Lines<'a> {
    pub fn of(trends: &'a Trends, scenario: &'a TrendScenario, winner: Option<&'a str>) -> Self {
        let mut stepped = BTreeMap::new();
        for step in trends.steps().filter(|it| it.change.scenario == scenario.name) {
            let next = stepped.len() % COLOURS;
            stepped.entry(&*step.change.strategy).or_insert(next);
        }
        Self { trends, scenario, winner, stepped }
    }

    /// The class of a strategy in the style.
    fn class(&self, strategy: &str) -> String {
        let is_reference = |run: &TrendRun| run.reference.as_deref() == Some(strategy);
        if self.trends.runs.iter().rev().find(|run| run.reference.is_some()).is_some_and(is_reference) {
            return "reference".to_owned();
        }
        match self.stepped.get(strategy) {
            _ if self.winner == Some(strategy) => "winner".to_owned(),
            Some(number) => format!("stepped-{number}"),
            None => "other".to_owned(),
        }
    }

    /// The chart of one measure.
    pub fn chart(&self, measure: Measure) -> Chart {
        let ratios = self.scenario.strategies.iter().flat_map(|it| &it.points);
        let values = ratios.filter_map(|it| measure.ratio(it)).map(|(ratio, _)| ratio);
        // Intervals that are drawn have to fit, too.
        let drawn = self.scenario.strategies.iter().filter(|it| self.class(&it.strategy) != "other");
        let ends = drawn
            .flat_map(|it| &it.points)
            .filter_map(|it| measure.ratio(it))
            .filter(|(ratio, _)| *ratio > 0.0)
            .flat_map(|(ratio, ci)| ci.map(|end| end.clamp(ratio / 2.0, ratio * 2.0)));
        let y = RatioAxis::of(values.chain(ends));
        let strategies = self.scenario.strategies.iter();
        let mut series: Vec<_> = strategies.filter_map(|it| self.series(it, measure)).collect();
        // What stands out is drawn above what does not.
        series.sort_by_key(|it| it.class != "other");
        let title =
            format!("{} under {}, run by run", measure.title(self.trends, self.scenario), self.scenario.name);
        Chart {
            title,
            x_ticks: self.ticks(),
            y,
            series,
            breaks: self.trends.breaks().map(|(run, _)| self.at(run as f64 - 0.5)).collect(),
        }
    }

    fn series(&self, strategy: &TrendStrategy, measure: Measure) -> Option<Series> {
        let class = self.class(&strategy.strategy);
        let breaks: Vec<_> = self.trends.breaks().map(|(run, _)| run).collect();
        let mut segments: Vec<Vec<Mark>> = Vec::new();
        let mut last = None;
        for point in &strategy.points {
            let Some((ratio, ci)) = measure.ratio(point) else { continue };
            let goes_on = last.is_some_and(|last| last + 1 == point.run) && !breaks.contains(&point.run);
            let is_step = measure == Measure::Throughput
                && self.trends.steps().any(|it| {
                    it.after() == point.run
                        && it.change.strategy == strategy.strategy
                        && it.change.scenario == self.scenario.name
                });
            let mark = Mark {
                x: self.at(point.run as f64),
                y: ratio,
                ci: (class != "other").then_some(ci),
                large: is_step,
                tip: format!(
                    "{}, {}: {}",
                    strategy.strategy,
                    run(self.trends, point.run),
                    format::ratio(ratio, ci)
                ),
            };
            match segments.last_mut() {
                Some(segment) if goes_on => segment.push(mark),
                _ => segments.push(vec![mark]),
            }
            last = Some(point.run);
        }
        let until = last?;
        let ended = until + 1 < self.trends.runs.len();
        let label = if ended {
            format!("{} (to run {})", strategy.strategy, until + 1)
        } else {
            strategy.strategy.clone()
        };
        Some(Series { label, class, segments })
    }

    /// Where a run stands, from 0 at the left to 1 at the right.
    fn at(&self, run: f64) -> f64 {
        let last = self.trends.runs.len().saturating_sub(1).max(1) as f64;
        0.03 + 0.94 * run / last
    }

    /// The runs by their numbers, the last one always.
    fn ticks(&self) -> Vec<(f64, String)> {
        let count = self.trends.runs.len();
        let every = count.div_ceil(TICKS).max(1);
        let shown = (0..count).rev().step_by(every);
        shown.map(|run| (self.at(run as f64), (run + 1).to_string())).collect()
    }
}
