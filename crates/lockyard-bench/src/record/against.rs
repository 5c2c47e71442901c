//! What another build of the program was, and how rounds of both came about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment::Environment;

/// The other build that a run was measured against, round by round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Against {
    /// The other program, as it was named on the command line.
    pub program: String,
    /// What the other program says of itself: its version, commit and compiler.
    pub environment: Environment,
    /// Every pair of processes, in the order in which they were measured. The comparisons follow from these.
    pub rounds: Vec<AgainstRound>,
}

/// One process of this program and one of the other, in turns round by round, or one right after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgainstRound {
    /// The scenario.
    pub scenario: String,
    /// The strategy.
    pub strategy: String,
    /// The seed that both processes were given.
    pub seed: u64,
    /// Whether the other program had the first turn.
    pub other_first: bool,
    /// Throughput of this program, in operations a second.
    pub ops_per_s: f64,
    /// Throughput of the other program, in operations a second.
    pub other_ops_per_s: f64,
    /// How many rounds the two took in turns; null where one ran to its end before the other began.
    #[serde(default)]
    pub turns: Option<u32>,
    /// This program ÷ the other one over these rounds; null without them: then it is the ratio of the throughputs.
    #[serde(default)]
    pub ratio: Option<f64>,
}

impl AgainstRound {
    /// Throughput of this program ÷ that of the other one, as near as it was measured.
    #[must_use]
    pub fn best_ratio(&self) -> f64 {
        self.ratio.unwrap_or(self.ops_per_s / self.other_ops_per_s)
    }
}
