//! What each strategy of a record is, in words and by its factors: a name alone says nothing to a reader who did not choose it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::factors::Factors;
use super::servers::ServerGroup;

/// What one strategy of a record is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StrategySummary {
    /// The strategy, as cells name it.
    pub name: String,
    /// What it is, in a sentence or less; null if nothing is said.
    pub about: Option<String>,
    /// The choice for every factor, by the factor's name; null where it cannot be known.
    pub factors: Option<Factors>,
    /// The strategy from which it differs in nothing but the lock, so that the ratio of the two is the effect of that; null if none
    /// is named. Comparisons have that ratio where both were measured.
    pub compared_with: Option<String>,
    /// The servers that were asked; null of a strategy in this process, and in records that do not say.
    #[serde(default)]
    pub servers: Option<ServerGroup>,
    /// True of a combination of factors that was measured for an ablation alone: rankings leave it out.
    pub ablation_only: bool,
}
