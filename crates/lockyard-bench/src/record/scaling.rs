//! Sweeps: one strategy under one scenario while one setting varies, and the law fitted to what was measured.

use std::collections::BTreeMap;

use lockyard_evidence::Finding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell::Throughput;
use super::latency::Latency;
use super::point::Point;

/// One strategy under one scenario, while one setting varies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scaling {
    /// The scenario.
    pub scenario: String,
    /// The strategy.
    pub strategy: String,
    /// The setting of `point` that varies along `points`.
    pub along: String,
    /// What was measured, in the order of that setting.
    pub points: Vec<ScalingPoint>,
    /// The scalability law fitted to the points; null if they are too few, or it does not fit.
    pub fit: Option<Fit>,
    /// Why there is no fit, and so nothing past what was measured; null where there is one.
    #[serde(default)]
    pub note: Option<String>,
}

/// One point of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScalingPoint {
    /// The settings here.
    pub point: Point,
    /// Operations a second here.
    pub throughput: Throughput,
    /// Operations a second that only read, over all the measured time; null if none was asked for.
    #[serde(default)]
    pub reads_per_s: Option<f64>,
    /// Operations a second that change something, over all the measured time; null if none was asked for.
    #[serde(default)]
    pub writes_per_s: Option<f64>,
    /// Latency of every operation by its name, in nanoseconds.
    pub latency_ns: BTreeMap<String, Latency>,
    /// Findings at this point, as in a cell.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

/// Gunther's universal scalability law: `λn ÷ (1 + σ(n − 1) + κn(n − 1))` operations a second at size n.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fit {
    /// λ: operations a second at size 1.
    pub lambda: f64,
    /// Lower and upper end of λ's confidence interval; null in records from before it was computed.
    #[serde(default)]
    pub lambda_ci: Option<[f64; 2]>,
    /// σ: contention, the serial fraction, from 0 to 1.
    pub sigma: f64,
    /// Lower and upper end of σ's confidence interval; null in records from before it was computed.
    #[serde(default)]
    pub sigma_ci: Option<[f64; 2]>,
    /// κ: coherency, the cost of each pair.
    pub kappa: f64,
    /// Lower and upper end of κ's confidence interval; null in records from before it was computed.
    #[serde(default)]
    pub kappa_ci: Option<[f64; 2]>,
    /// The intervals' confidence, such as 0.99; null in records from before they were computed.
    #[serde(default)]
    pub confidence: Option<f64>,
    /// By how much the points miss the curve, as a fraction (the residual standard error of their logarithms); null in
    /// records from before it was computed.
    #[serde(default)]
    pub residual: Option<f64>,
    /// The size beyond which throughput falls; null if it only levels off, or if κ's interval is not clear of zero. It is
    /// an extrapolation where it lies past the largest size that was measured.
    pub peak: Option<f64>,
    /// What the law expects at twice the largest size that was measured; null if that is too uncertain.
    #[serde(default)]
    pub extrapolated: Option<Extrapolated>,
}

/// A rate that was not measured, by extrapolation of the law.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Extrapolated {
    /// The size.
    pub size: u32,
    /// Operations a second there.
    pub ops_per_s: f64,
    /// Lower and upper end of the interval in which a measurement is expected.
    pub ci: [f64; 2],
}

impl Fit {
    /// Operations a second at `size`, by the law.
    pub fn at(&self, size: f64) -> f64 {
        self.lambda * size / (1.0 + self.sigma * (size - 1.0) + self.kappa * size * (size - 1.0))
    }
}

impl Scaling {
    /// The size at a point: its value of the setting that varies.
    pub fn size(&self, point: &Point) -> Option<u64> {
        point.size(&self.along)
    }
}
