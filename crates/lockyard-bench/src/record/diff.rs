//! Two records side by side: what changed from one run to another, and whether a gate lets it pass.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What changed from one run to another.
///
/// Two runs are not paired, and machines drift between them. So what is compared is never a rate of one run with a rate of
/// the other, but each strategy's ratio to the reference, which was measured in the same rounds as the strategy.
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
    /// What only one of the two has, and is therefore not judged.
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
    /// The strategies that lost more than the gate lets pass.
    pub fn regressions(&self) -> impl Iterator<Item = &CellChange> {
        self.changes.iter().filter(|it| it.outcome == Outcome::Regression)
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
