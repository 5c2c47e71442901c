//! What follows from cells side by side: comparisons with their verdicts, and ablations.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::stats::Verdict;

/// One candidate against one baseline, by one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The scenario both ran under.
    pub scenario: String,
    /// The denominator of the ratio.
    pub baseline: String,
    /// The numerator of the ratio.
    pub candidate: String,
    /// What is compared.
    pub metric: Metric,
    /// Candidate ÷ baseline. For throughput above 1 is faster; for p99 and bytes below 1 is faster, or leaner.
    pub ratio: f64,
    /// Lower and upper end of the ratio's confidence interval.
    pub ci: [f64; 2],
    /// The interval's confidence, such as 0.95.
    pub confidence: f64,
    /// The degrees of freedom of the interval; null where the ratio is counted and not estimated, and in records that do not
    /// say them.
    #[serde(default)]
    pub degrees_of_freedom: Option<u32>,
    /// How far from 1 the ratio of a strategy to itself comes out on this machine, such as 0.012 for 1.2 %; null if
    /// that was not measured.
    pub noise_floor: Option<f64>,
    /// What follows from the interval.
    pub verdict: Verdict,
}

/// What is compared. In JSON it is `throughput`, `p99:<operation>` or `bytes_per_session`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Metric {
    /// Operations a second: more is better.
    Throughput,
    /// The p99 latency of the operation named: less is better.
    P99(String),
    /// Bytes of overhead for one item that the system holds: less is better.
    BytesPerSession,
}

/// The text names no metric.
#[derive(Debug, thiserror::Error)]
#[error("unknown metric {0:?}: it is \"throughput\", \"p99:<operation>\" or \"bytes_per_session\"")]
pub struct UnknownMetric(String);

/// The effect of one change between two strategies, or the interaction of two.
///
/// The factors in which two strategies differ span a factorial: every combination of old and new choices, measured in the
/// same rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ablation {
    /// The scenario.
    pub scenario: String,
    /// The strategy at the start of the whole way.
    pub from: String,
    /// The strategy at its end.
    pub to: String,
    /// Whether this is a main effect or an interaction.
    #[serde(default)]
    pub kind: EffectKind,
    /// The factor that changes.
    pub factor: String,
    /// The factor's choice before the change.
    pub old: String,
    /// The factor's choice after it.
    pub new: String,
    /// Of an interaction: the change it is with; null for a main effect.
    #[serde(default)]
    pub with: Option<Change>,
    /// Of a main effect: throughput after the change ÷ before it, on average over all choices of the other factors. Of an
    /// interaction: that ratio where `with` had been made ÷ that ratio where it had not.
    pub ratio: f64,
    /// Lower and upper end of the ratio's confidence interval.
    pub ci: [f64; 2],
    /// The interval's confidence, such as 0.95.
    pub confidence: f64,
    /// What follows from the interval.
    pub verdict: Verdict,
}

/// What an ablation measures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum EffectKind {
    /// The effect of one change.
    #[default]
    #[serde(rename = "main effect")]
    Main,
    /// The effect of one change with the other, divided by its effect without.
    #[serde(rename = "interaction")]
    Interaction,
}

/// One factor going from one choice to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The factor.
    pub factor: String,
    /// Its choice before.
    pub old: String,
    /// Its choice after.
    pub new: String,
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throughput => f.write_str("throughput"),
            Self::P99(operation) => write!(f, "p99:{operation}"),
            Self::BytesPerSession => f.write_str("bytes_per_session"),
        }
    }
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(text: &str) -> Result<Self, UnknownMetric> {
        match (text, text.strip_prefix("p99:")) {
            ("throughput", _) => Ok(Self::Throughput),
            ("bytes_per_session", _) => Ok(Self::BytesPerSession),
            (_, Some(operation)) if !operation.is_empty() => Ok(Self::P99(operation.to_owned())),
            _ => Err(UnknownMetric(text.to_owned())),
        }
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.to_string()
    }
}

impl TryFrom<String> for Metric {
    type Error = UnknownMetric;

    fn try_from(text: String) -> Result<Self, UnknownMetric> {
        text.parse()
    }
}

impl JsonSchema for Metric {
    fn schema_name() -> Cow<'static, str> {
        "Metric".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(throughput|p99:.+|bytes_per_session)$",
            "description": "What is compared: throughput, p99:<operation> or bytes_per_session.",
        })
    }
}
