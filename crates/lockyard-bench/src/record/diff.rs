//! Two records side by side: what changed from one run to another, and whether a gate lets it pass.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell::Throughput;
use super::environment::Environment;

/// What changed from one run to another.
///
/// Two runs are not paired, and machines drift between them. So what is judged first is never a rate of one run against a rate
/// of the other, but each strategy's ratio to the reference, which was measured in the same rounds as the strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Lockyard diff")]
pub struct Diff {
    /// The version of this format; that of the records.
    pub schema_version: u32,
    /// The run that is the baseline.
    pub before: DiffSide,
    /// The run that is judged.
    pub after: DiffSide,
    /// The strategy that all ratios are to.
    pub reference: String,
    /// The loss that is let pass, as a share: 0.03 is 3 %.
    pub gate: f64,
    /// How sure it is that no strategy at all is called a regression where nothing changed, such as 0.99. The intervals
    /// of the changes are widened for it: the more changes, the wider.
    pub confidence: f64,
    /// Why the two cannot be compared; empty if they can.
    pub refusals: Vec<String>,
    /// Every strategy under every scenario that both have; empty where they cannot be compared.
    pub changes: Vec<CellChange>,
    /// What became of absolute throughput, in which the drift of the machine is, too; null where they cannot be compared, or
    /// nothing was measured in both.
    pub throughput: Option<ThroughputDiff>,
    /// What the run before has and the run after has not: a gate must not be passed by leaving something out.
    pub missing: Vec<String>,
    /// What only the run after has, or the run before has no use for, and is therefore not judged.
    pub left_out: Vec<String>,
    /// What differs and does not forbid to compare, such as the compiler.
    pub notes: Vec<String>,
}

/// One of the two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiffSide {
    /// The command line of the run.
    pub command: String,
    /// When it began.
    pub started_at: Timestamp,
    /// The version of Lockyard.
    pub version: String,
    /// The commit it was built from; null for a build from a package.
    pub commit: Option<String>,
    /// The machine and the build; without a name and cores in a diff that does not say.
    #[serde(default)]
    pub environment: Environment,
    /// Why it holds only a part of what it was to measure, such as `interrupted`; null if it is whole.
    pub partial: Option<String>,
}

/// How one strategy under one scenario changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellChange {
    /// The scenario.
    pub scenario: String,
    /// The strategy.
    pub strategy: String,
    /// Its throughput ÷ that of the reference, within the run before.
    pub before: Estimate,
    /// The same within the run after.
    pub after: Estimate,
    /// The ratio after ÷ the ratio before: below 1 the strategy lost.
    pub change: Estimate,
    /// What follows.
    pub outcome: Outcome,
}

/// What became of absolute throughput from one run to the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThroughputDiff {
    /// Throughput after ÷ before, in the geometric mean over all strategies under all scenarios that both have, those that came
    /// to a standstill left out.
    pub factor: f64,
    /// The smallest of these.
    pub least: f64,
    /// The largest.
    pub most: f64,
    /// The loss of absolute throughput that is let pass, as a share; null if none is judged.
    pub gate: Option<f64>,
    /// Every strategy under every scenario that both have.
    pub changes: Vec<ThroughputChange>,
}

/// How the absolute throughput of one strategy under one scenario changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThroughputChange {
    /// The scenario.
    pub scenario: String,
    /// The strategy.
    pub strategy: String,
    /// Operations a second of the run before.
    pub before: Throughput,
    /// The same of the run after.
    pub after: Throughput,
    /// After ÷ before; null where one of the two has no interval.
    pub change: Option<Estimate>,
    /// What follows; null if absolute throughput is not judged.
    pub outcome: Option<Outcome>,
}

/// A ratio with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The ratio.
    pub ratio: f64,
    /// Lower and upper end of its interval.
    pub ci: [f64; 2],
}

/// What a change came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Outcome {
    /// The whole interval lies below what the gate lets pass.
    #[serde(rename = "regression")]
    Regression,
    /// The whole interval lies as far above 1.
    #[serde(rename = "improvement")]
    Improvement,
    /// The whole interval lies within the gate.
    #[serde(rename = "within the gate")]
    Within,
    /// The interval holds both what the gate lets pass and what it does not.
    #[serde(rename = "cannot tell")]
    CannotTell,
}

impl Outcome {
    /// The word, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Improvement => "improvement",
            Self::Within => "within the gate",
            Self::CannotTell => "cannot tell",
        }
    }
}

impl Diff {
    /// The strategies that lost more of their ratio than the gate lets pass.
    pub fn regressions(&self) -> impl Iterator<Item = &CellChange> {
        self.changes.iter().filter(|it| it.outcome == Outcome::Regression)
    }

    /// The strategies that lost more of their absolute throughput than the gate lets pass, if that is judged.
    pub fn throughput_regressions(&self) -> impl Iterator<Item = &ThroughputChange> {
        let changes = self.throughput.iter().flat_map(|it| &it.changes);
        changes.filter(|it| it.outcome == Some(Outcome::Regression))
    }

    /// Whether a gate lets the run after pass: it can be compared, nothing is missing, and nothing is a regression.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.refusals.is_empty()
            && self.missing.is_empty()
            && self.regressions().next().is_none()
            && self.throughput_regressions().next().is_none()
    }

    /// The diff as indented JSON, with a line break at its end.
    #[expect(
        clippy::missing_panics_doc,
        reason = "all keys are strings, and nothing else in a diff can fail"
    )]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a diff has nothing but string keys");
        json.push('\n');
        json
    }
}
