//! How long operations took, as percentiles, each with the samples and the interval that it rests on.
//!
//! A percentile of too few samples is none: the largest of fifty is no p99. So it is null below as many samples as have,
//! on average, one above it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The latency of one operation, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// How many were measured: all percentiles rest on these.
    pub count: u64,
    /// Half were answered within this, in nanoseconds.
    pub p50: u64,
    /// 90 % were answered within this, in nanoseconds; null of fewer than 10.
    pub p90: Option<u64>,
    /// 99 % were answered within this, in nanoseconds; null of fewer than 100.
    pub p99: Option<u64>,
    /// 99.9 % were answered within this, in nanoseconds; null of fewer than 1,000.
    pub p99_9: Option<u64>,
    /// The slowest answer, in nanoseconds.
    pub max: u64,
    /// Lower and upper end of the confidence interval of `p50`, in nanoseconds, by sectioning; null where fewer than five
    /// sections of the run have samples enough.
    #[serde(default)]
    pub p50_ci: Option<[u64; 2]>,
    /// The same of `p90`.
    #[serde(default)]
    pub p90_ci: Option<[u64; 2]>,
    /// The same of `p99`.
    #[serde(default)]
    pub p99_ci: Option<[u64; 2]>,
}

/// A percentile that is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Percentile {
    /// The median.
    P50,
    /// 90 %.
    P90,
    /// 99 %.
    P99,
    /// 99.9 %.
    P99_9,
}

/// How long an operation took, as a curve: at each quarter of a nine the latency that so many samples do not exceed, in
/// nanoseconds. Value `k` is at the share 1 − 10^(−k/4) of samples: 0, 43.8 %, 68.4 %, 82.2 %, 90 %, …, 99 %, and so on, as far as
/// there is a sample beyond on average.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LatencyCurve(pub Vec<u64>);

impl LatencyCurve {
    /// Of so many samples; `at` tells the latency that a share of them does not exceed.
    ///
    /// ```
    /// use lockyard_bench::record::LatencyCurve;
    ///
    /// let curve = LatencyCurve::of(1_000, |share| (share * 1e6) as u64);
    /// let points: Vec<_> = curve.points().collect();
    /// assert_eq!(points.len(), 13, "three nines, and the least");
    /// assert_eq!((points[4], points[12].0), ((1.0, 900_000), 3.0));
    /// ```
    pub fn of(count: u64, at: impl Fn(f64) -> u64) -> Self {
        let beyond = |nth: u32| 10_f64.powf(-f64::from(nth) / 4.0);
        // A thousandth of slack, for a thousandth of 1,000 samples may come out a little below one.
        let steps = (0..).map(beyond).take_while(|beyond| beyond * count as f64 >= 0.999);
        Self(steps.map(|beyond| at(1.0 - beyond)).collect())
    }

    /// Each point: at how many nines of the samples, and the latency in nanoseconds.
    pub fn points(&self) -> impl Iterator<Item = (f64, u64)> {
        self.0.iter().enumerate().map(|(nth, nanos)| (nth as f64 / 4.0, *nanos))
    }
}

impl Percentile {
    /// Every one that is reported, rising.
    pub const ALL: [Self; 4] = [Self::P50, Self::P90, Self::P99, Self::P99_9];

    /// What it is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
            Self::P99_9 => "p99.9",
        }
    }

    /// The share of samples that do not exceed it, in thousandths: whole, so that ranks are exact.
    pub fn per_mille(self) -> u64 {
        match self {
            Self::P50 => 500,
            Self::P90 => 900,
            Self::P99 => 990,
            Self::P99_9 => 999,
        }
    }

    /// The fewest samples of which it is reported: as many as have one above it on average. Of the median it is one.
    ///
    /// ```
    /// use lockyard_bench::record::Percentile;
    ///
    /// assert_eq!(Percentile::ALL.map(Percentile::min_samples), [1, 10, 100, 1_000]);
    /// ```
    pub fn min_samples(self) -> u64 {
        match self {
            Self::P50 => 1,
            Self::P90 => 10,
            Self::P99 => 100,
            Self::P99_9 => 1_000,
        }
    }

    /// A value of so many samples, or nothing where these are too few for this percentile.
    pub fn of_samples<T>(self, count: u64, value: impl FnOnce() -> T) -> Option<T> {
        (count >= self.min_samples()).then(value)
    }
}

impl Latency {
    /// This percentile, in nanoseconds; `None` of too few samples.
    pub fn percentile(&self, which: Percentile) -> Option<u64> {
        match which {
            Percentile::P50 => Some(self.p50),
            Percentile::P90 => self.p90,
            Percentile::P99 => self.p99,
            Percentile::P99_9 => self.p99_9,
        }
    }

    /// The interval of this percentile, in nanoseconds; `None` where there is none.
    pub fn interval(&self, which: Percentile) -> Option<[u64; 2]> {
        match which {
            Percentile::P50 => self.p50_ci,
            Percentile::P90 => self.p90_ci,
            Percentile::P99 => self.p99_ci,
            Percentile::P99_9 => None,
        }
    }

    /// Where the interval of this percentile is kept; `None` of one that has none.
    pub(crate) fn interval_mut(&mut self, which: Percentile) -> Option<&mut Option<[u64; 2]>> {
        match which {
            Percentile::P50 => Some(&mut self.p50_ci),
            Percentile::P90 => Some(&mut self.p90_ci),
            Percentile::P99 => Some(&mut self.p99_ci),
            Percentile::P99_9 => None,
        }
    }
}
