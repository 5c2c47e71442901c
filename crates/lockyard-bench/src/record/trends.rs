//! Several records of the same measurements in the order of their start: each strategy from run to run, and what changed between
//! runs that follow each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell::Throughput;
use super::diff::{CellChange, Diff, DiffSide, Estimate, Outcome};

/// How strategies went from run to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Lockyard trends")]
pub struct Trends {
    /// The version of this format; that of the records.
    pub schema_version: u32,
    /// The runs, in the order of their start.
    pub runs: Vec<TrendRun>,
    /// How sure it is that none of all losses in `diffs` is one where nothing changed, such as 0.99; and of all gains likewise.
    pub confidence: f64,
    /// What changed from each run to the next, judged against a tolerance of zero: one fewer than there are runs. Where it has
    /// refusals, the two cannot be compared.
    pub diffs: Vec<Diff>,
    /// The scenarios, in the order of their first appearance.
    pub scenarios: Vec<TrendScenario>,
}

/// One of the runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrendRun {
    /// What ran, when and where.
    pub side: DiffSide,
    /// The strategy that the ratios of this run are to; null if nothing was measured.
    pub reference: Option<String>,
}

/// How strategies went under one scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendScenario {
    /// Its name.
    pub name: String,
    /// The operation whose p99 is in the points: the most frequent one of the last run that compares a p99 with that of the
    /// reference; null if none does.
    pub operation: Option<String>,
    /// Every strategy that has a ratio to the reference in some run, in the order of first appearance. Combinations that were
    /// measured for an ablation alone are left out.
    pub strategies: Vec<TrendStrategy>,
}

/// One strategy under one scenario, from run to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendStrategy {
    /// The strategy.
    pub strategy: String,
    /// Its runs, in their order; a run that has no ratio of it is left out.
    pub points: Vec<TrendPoint>,
}

/// One strategy under one scenario in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendPoint {
    /// The run, by its place among the runs, from 0 on.
    pub run: usize,
    /// Throughput ÷ that of the run's reference. That of the reference itself is 1, without any width.
    pub ratio: Estimate,
    /// Operations a second.
    pub throughput: Throughput,
    /// The p99 latency of the scenario's operation ÷ that of the run's reference; null if that was not compared.
    pub p99_ratio: Option<Estimate>,
    /// The p99 latency of that operation, in nanoseconds; null if that was not measured.
    pub p99_ns: Option<u64>,
}

/// A change between two runs that follow each other, with an interval that lies clear of 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepChange<'a> {
    /// The run before it, by its place among the runs. The run after it is the next.
    pub before: usize,
    /// What changed.
    pub change: &'a CellChange,
}

impl StepChange<'_> {
    /// The run after it, by its place among the runs.
    #[must_use]
    pub fn after(&self) -> usize {
        self.before + 1
    }

    /// Whether the strategy lost.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        self.change.outcome == Outcome::Regression
    }
}

impl Trends {
    /// The changes whose whole interval lies to one side of 1, in the order of the runs.
    pub fn steps(&self) -> impl Iterator<Item = StepChange<'_>> {
        let changes =
            self.diffs.iter().enumerate().flat_map(|(before, diff)| {
                diff.changes.iter().map(move |change| StepChange { before, change })
            });
        changes.filter(|it| matches!(it.change.outcome, Outcome::Regression | Outcome::Improvement))
    }

    /// Runs that cannot be compared with the run before them, by their places, and why.
    pub fn breaks(&self) -> impl Iterator<Item = (usize, &[String])> {
        let refused = (1..).zip(&self.diffs).filter(|(_, diff)| !diff.refusals.is_empty());
        refused.map(|(run, diff)| (run, &*diff.refusals))
    }

    /// The trends as indented JSON, with a line break at its end.
    #[expect(
        clippy::missing_panics_doc,
        reason = "all keys are strings, and nothing else in trends can fail"
    )]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("trends have nothing but string keys");
        json.push('\n');
        json
    }
}
