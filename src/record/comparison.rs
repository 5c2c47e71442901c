//! What follows from cells side by side: comparisons with their verdicts, ablations, and scaling.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{Latency, Point, Throughput};

/// One candidate against one baseline, by one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The scenario both ran under.
    pub scenario: String,
    /// The strategy that stands below the ratio.
    pub baseline: String,
    /// The strategy that stands above the ratio.
    pub candidate: String,
    /// What is compared.
    pub metric: Metric,
    /// Candidate ÷ baseline. For throughput above 1 is faster; for p99 and bytes below 1 is faster, or leaner.
    pub ratio: f64,
    /// Lower and upper end of the ratio's confidence interval.
    pub ci: [f64; 2],
    /// The interval's confidence, such as 0.95.
    pub confidence: f64,
    /// How far from 1 the ratio of a strategy to itself comes out on this machine, such as 0.012 for 1.2 %; null if
    /// that was not measured.
    pub noise_floor: Option<f64>,
    /// What follows from the interval.
    pub verdict: Verdict,
}

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Verdict {
    /// The whole interval is on the candidate's side of 1. For bytes: leaner.
    #[serde(rename = "faster")]
    Faster,
    /// The whole interval is on the baseline's side of 1. For bytes: fatter.
    #[serde(rename = "slower")]
    Slower,
    /// The whole interval lies within the margin around 1.
    #[serde(rename = "no difference")]
    NoDifference,
    /// The interval holds 1 and reaches past the margin: the run cannot tell.
    #[serde(rename = "no verdict")]
    NoVerdict,
}

/// What is compared. In JSON it is `throughput`, `p99:<operation>` or `bytes_per_session`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Metric {
    /// Operations a second: more is better.
    Throughput,
    /// The p99 latency of the operation named: less is better.
    P99(String),
    /// Bytes of overhead for one session: less is better.
    BytesPerSession,
}

/// The text names no metric.
#[derive(Debug, thiserror::Error)]
#[error("unknown metric {0:?}: it is \"throughput\", \"p99:<operation>\" or \"bytes_per_session\"")]
pub struct UnknownMetric(String);

/// One step on the way from one strategy to another: what changing this one factor gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ablation {
    /// The scenario.
    pub scenario: String,
    /// The strategy at the start of the whole way.
    pub from: String,
    /// The strategy at its end.
    pub to: String,
    /// The factor that changes in this step.
    pub factor: String,
    /// The factor's choice before the step.
    pub old: String,
    /// The factor's choice after it.
    pub new: String,
    /// Throughput after the step ÷ before it.
    pub ratio: f64,
    /// Lower and upper end of the ratio's confidence interval.
    pub ci: [f64; 2],
    /// The interval's confidence, such as 0.95.
    pub confidence: f64,
    /// What follows from the interval.
    pub verdict: Verdict,
}

/// One strategy under one scenario, while one setting varies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scaling {
    /// The scenario.
    pub scenario: String,
    /// The strategy.
    pub strategy: String,
    /// The field of `point` that varies along `points`.
    pub along: String,
    /// What was measured, in the order of that setting.
    pub points: Vec<ScalingPoint>,
    /// The scalability law fitted to the points; null if they are too few, or it does not fit.
    pub fit: Option<Fit>,
}

/// One point of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScalingPoint {
    /// The settings here.
    pub point: Point,
    /// Operations a second here.
    pub throughput: Throughput,
    /// Latency of every operation by its name, in nanoseconds.
    pub latency_ns: BTreeMap<String, Latency>,
}

/// Gunther's universal scalability law: `λn ÷ (1 + σ(n − 1) + κn(n − 1))` operations a second at size n.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fit {
    /// λ: operations a second at size 1.
    pub lambda: f64,
    /// σ: the share of the work that must queue, from 0 to 1.
    pub sigma: f64,
    /// κ: the cost of each pair that must agree.
    pub kappa: f64,
    /// The size beyond which throughput falls; null if it only levels off.
    pub peak: Option<f64>,
}

impl Verdict {
    /// The verdict's words, as they stand in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::NoDifference => "no difference",
            Self::NoVerdict => "no verdict",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
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
