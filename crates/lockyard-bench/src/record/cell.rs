//! One cell: a strategy under a scenario, and all that was measured of it.

use std::collections::BTreeMap;

use lockyard_evidence::{Finding, Violation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::factors::Factors;
use super::latency::{Latency, LatencyCurve};
use super::locks::LockUse;
use super::point::Point;

/// One strategy under one scenario, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// The scenario's name.
    pub scenario: String,
    /// The strategy, as it was given: a preset's name or all its factors.
    pub strategy: String,
    /// The choice for every factor, by the factor's name; null where it cannot be known, as of a server measured from
    /// outside.
    pub factors: Option<Factors>,
    /// The settings of this cell.
    pub point: Point,
    /// How requests arrive, and with that, when the clock of a latency starts.
    pub arrival: Arrival,
    /// Measured time, in seconds: the timed rounds together, without warm-up.
    pub seconds: f64,
    /// The time that was asked for, in seconds: a run has a least number of rounds, and may end early once its intervals are
    /// tight. Null if that is not known.
    #[serde(default)]
    pub seconds_asked: Option<f64>,
    /// Timed rounds.
    pub rounds: u32,
    /// How often the strategy was set up anew for them, over all processes; null if that was not counted. Rounds of one
    /// set-up share its layout in memory.
    #[serde(default)]
    pub layouts: Option<u32>,
    /// Operations answered in the measured time, refusals and errors not among them.
    pub operations: u64,
    /// Operations that failed.
    pub errors: u64,
    /// Operations refused as they should be, such as a withdrawal from an account that holds too little. No errors.
    pub refused: u64,
    /// Look-ups that the system's cache answered, from 0 to 1; null if not counted.
    pub hit_ratio: Option<f64>,
    /// Items that the cache evicted; null if not counted.
    pub evictions: Option<u64>,
    /// What else the system counted in the measured time, by names of its own; null if it counts nothing.
    #[serde(default)]
    pub counters: Option<BTreeMap<String, f64>>,
    /// The share of the timed operations that only read, from 0 to 1; null if none was timed, and in records of schema 1.
    #[serde(default)]
    pub read_share: Option<f64>,
    /// Operations whose outcome is unknown, because they were cancelled or their connection was lost. No errors.
    #[serde(default)]
    pub unanswered: u64,
    /// Operations a second.
    pub throughput: Throughput,
    /// Operations a second that only read, over all the measured time; null if none was asked for.
    #[serde(default)]
    pub reads_per_s: Option<f64>,
    /// Operations a second that change something, over all the measured time; null if none was asked for.
    #[serde(default)]
    pub writes_per_s: Option<f64>,
    /// Latency of every operation by its name, in nanoseconds.
    pub latency_ns: BTreeMap<String, Latency>,
    /// The same as curves, by the operation's name; none in records that have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub latency_curves_ns: BTreeMap<String, LatencyCurve>,
    /// The cell over time; null if not kept.
    pub timeline: Option<Vec<Slice>>,
    /// Time from requesting a lock to acquiring it, in nanoseconds, by lock class; null if not tracked.
    pub wait_ns: Option<BTreeMap<String, LockTime>>,
    /// Time from acquiring a lock to releasing it, in nanoseconds, by lock class; null if not tracked.
    pub hold_ns: Option<BTreeMap<String, LockTime>>,
    /// The same in parts, as histograms, by lock class and operation; null if not tracked. Without
    /// `tracked_beside_s` the cell was measured with tracked locks, which have a cost.
    #[serde(default)]
    pub lock_uses: Option<Vec<LockUse>>,
    /// For how many seconds locks were tracked beside the measured time; null if they were tracked in it, or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked_beside_s: Option<f64>,
    /// Memory; null if not measured.
    pub memory: Option<Memory>,
    /// Fairness among the tasks; null if not measured.
    pub fairness: Option<Fairness>,
    /// The cell's throughput against the limit of the machine; null without calibrated limits.
    pub of_limit: Option<OfLimit>,
    /// Results of the runtime checks; null if none was on.
    pub verification: Option<Verification>,
    /// Findings in this cell. A stuck or interrupted cell has one here.
    pub findings: Vec<Finding>,
    /// Operations without a linearization, as diagrams; each has a finding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
}

/// How requests arrive. It decides what a latency includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Arrival {
    /// The next request follows the last answer. Latency counts from the actual start of a request, so what a
    /// stall would have done to requests that were never sent is not in it.
    #[serde(rename = "closed loop")]
    Closed,
    /// Requests have fixed intended times. Latency counts from the intended start, queueing delay included.
    #[serde(rename = "open loop")]
    Open,
}

/// Operations a second, with an interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Throughput {
    /// Operations a second.
    pub ops_per_s: f64,
    /// Lower and upper end of the confidence interval, in operations a second; `ops_per_s` lies within.
    pub ci: [f64; 2],
}

/// A slice of a cell's measured time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slice {
    /// Where the slice begins in the cell's measured time, in seconds.
    pub at_s: f64,
    /// Operations answered in it.
    pub operations: u64,
    /// p99 over all operations in it, in nanoseconds; null if fewer than 100 were timed.
    pub p99_ns: Option<u64>,
}

impl Slice {
    /// Begun to the millisecond. A slice is many times as long, and digits that say nothing were a tenth of a record.
    pub(crate) fn to_millis(self) -> Self {
        Self { at_s: (self.at_s * 1e3).round() / 1e3, ..self }
    }
}

/// How long a class of locks was waited for or held, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LockTime {
    /// How many acquisitions were measured.
    pub count: u64,
    /// Half took at most this, in nanoseconds.
    pub p50: u64,
    /// 99 % took at most this, in nanoseconds; null of fewer than 100.
    pub p99: Option<u64>,
    /// The longest, in nanoseconds.
    pub max: u64,
}

/// Memory of a cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// What the bytes are counted for, in the singular: a thing that the system holds; null if not measured.
    #[serde(default = "item_of_schema_1")]
    pub item: Option<String>,
    /// Bytes that locks and cache add to one such item, above a plain map of the same items, at 1,000 items; null if not
    /// measured. Named after the first item that was counted.
    pub bytes_per_session: Option<f64>,
    /// The same at 100,000 items; null if not measured.
    #[serde(default)]
    pub bytes_per_session_at_100k: Option<f64>,
    /// The most bytes an item that were held at once above that plain map while 1,000 items were loaded; null if not
    /// measured.
    #[serde(default)]
    pub peak_bytes_per_session: Option<f64>,
    /// Heap allocations for one operation, on average; null if not measured.
    pub allocations_per_operation: Option<f64>,
}

/// What was counted, before records said so.
#[expect(clippy::unnecessary_wraps, reason = "a default has the type of its field")]
fn item_of_schema_1() -> Option<String> {
    Some("session".to_owned())
}

/// Fairness among the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fairness {
    /// Jain's index over the operations of the tasks: 1 when all got the same, 1 ÷ tasks when one got all.
    pub jain: f64,
    /// The longest that any task waited for an answer, in nanoseconds; null if no latency was kept.
    pub max_wait_ns: Option<u64>,
    /// Operations per task: minimum, median and maximum; null if not counted.
    #[serde(default)]
    pub operations_per_task: Option<PerTask>,
}

/// A count by task: its spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PerTask {
    /// The minimum.
    pub min: u64,
    /// The median.
    pub median: u64,
    /// The maximum.
    pub max: u64,
}

/// A cell's throughput against what the machine allows for the same work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OfLimit {
    /// Which limit: `no-shared-write`, where readers need write nothing that others read; `shared-line`, where all
    /// operations meet at one key that is also written, so that each changes one shared line twice.
    pub limit: String,
    /// Throughput ÷ limit, both measured in the same rounds. May be above 1: a strategy need not take the way that the
    /// limit assumes.
    pub fraction: f64,
    /// Lower and upper end of the fraction's confidence interval; null in records that have none.
    #[serde(default)]
    pub ci: Option<[f64; 2]>,
}

/// Results of the runtime checks of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Operations whose history was checked; null if no history was kept.
    pub operations_checked: Option<u64>,
    /// Whether the history is linearizable; null if not checked, or not decided in time.
    pub linearizable: Option<bool>,
    /// Wait cycles; null if not tracked.
    pub deadlocks: Option<u64>,
    /// Pairs of lock classes taken in both orders; null if not tracked.
    pub order_inversions: Option<u64>,
    /// Tasks that waited past the limit while others were served; null if not tracked.
    pub starvations: Option<u64>,
}

impl Throughput {
    /// How far the interval reaches to the farther side, as a share of the estimate: 0.02 is ± 2 %. Infinite of a rate of zero
    /// whose interval is wider than nothing.
    pub fn spread(&self) -> f64 {
        let [low, high] = self.ci;
        let reach = (self.ops_per_s - low).max(high - self.ops_per_s);
        if reach > 0.0 { reach / self.ops_per_s } else { 0.0 }
    }

    /// Whether the interval is so wide that the estimate is no result: it cannot be a winner.
    pub fn is_imprecise(&self) -> bool {
        self.spread() > WIDEST_SPREAD
    }
}

/// An interval that reaches further than this share to either side says little more than the order of magnitude.
const WIDEST_SPREAD: f64 = 0.25;

impl Arrival {
    /// What the clock of a latency starts at, in words.
    pub fn latency_clock(self) -> &'static str {
        match self {
            Self::Closed => "closed loop: from the actual start",
            Self::Open => "open loop: from the intended start",
        }
    }
}
