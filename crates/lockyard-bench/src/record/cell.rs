//! One cell: a strategy under a scenario, and all that was measured of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::locks::LockUse;

/// One strategy under one scenario, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// The scenario's name.
    pub scenario: String,
    /// The strategy, as it was given: a preset's name or all its factors.
    pub strategy: String,
    /// The choice for every factor; null where it cannot be known, as of a server measured from outside.
    pub factors: Option<Factors>,
    /// The settings of this cell.
    pub point: Point,
    /// How requests arrive, and with that, when the clock of a latency starts.
    pub arrival: Arrival,
    /// Measured time, in seconds: the timed rounds together, without warm-up.
    pub seconds: f64,
    /// Timed rounds.
    pub rounds: u32,
    /// Operations answered in the measured time, refusals and errors not among them.
    pub operations: u64,
    /// Operations that failed.
    pub errors: u64,
    /// Operations refused as they should be, such as a second turn on a busy session. No errors.
    pub refused: u64,
    /// Session look-ups that the cache answered, from 0 to 1; null if not counted.
    pub hit_ratio: Option<f64>,
    /// Sessions that the cache let go to make room; null if not counted.
    pub evictions: Option<u64>,
    /// Operations whose outcome nobody knows, because their clients went away or their connection was lost. No errors.
    #[serde(default)]
    pub unanswered: u64,
    /// Operations a second.
    pub throughput: Throughput,
    /// Latency of every operation by its name, in nanoseconds.
    pub latency_ns: BTreeMap<String, Latency>,
    /// The cell over time; null if not kept.
    pub timeline: Option<Vec<Slice>>,
    /// Time from asking for a lock to having it, in nanoseconds, by lock class; null if not tracked.
    pub wait_ns: Option<BTreeMap<String, LockTime>>,
    /// Time from having a lock to releasing it, in nanoseconds, by lock class; null if not tracked.
    pub hold_ns: Option<BTreeMap<String, LockTime>>,
    /// The same in parts, as histograms, by lock class and endpoint; null if not tracked. A tracked cell was measured with
    /// tracked locks, which cost something.
    #[serde(default)]
    pub lock_uses: Option<Vec<LockUse>>,
    /// Memory; null if not measured.
    pub memory: Option<Memory>,
    /// How evenly the tasks were served; null if not measured.
    pub fairness: Option<Fairness>,
    /// How near the cell comes to what the machine allows; null without calibrated limits.
    pub of_limit: Option<OfLimit>,
    /// What the live checks saw; null if none was on.
    pub verification: Option<Verification>,
    /// What there is to say about this cell. A stuck or interrupted cell says so here.
    pub findings: Vec<Finding>,
    /// Operations whose answers no order explains, drawn; each has a finding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
}

/// The choice a strategy makes for every factor, in the words of the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Factors {
    /// The lock around one session, such as `tokio-rwlock`.
    pub session: String,
    /// The cache of sessions, such as `mutex-lru(tokio-mutex)`.
    pub cache: String,
    /// `borrowed` or `cloned`: how an answer is made from a session.
    pub dto: String,
    /// `after-unlock` or `under-lock`: when a changed session is stored.
    pub save: String,
    /// `locked` or `published`: how a session's state is read.
    pub state: String,
}

/// The settings of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// Worker threads of the runtime.
    pub workers: u32,
    /// Concurrent tasks that send requests.
    pub tasks: u32,
    /// Tasks that only read; null where every task both reads and writes.
    pub readers: Option<u32>,
    /// Tasks that only write; null where every task both reads and writes.
    pub writers: Option<u32>,
    /// The store's delay for one save, in milliseconds; null if the store has its own speed.
    pub save_ms: Option<u64>,
}

/// How requests arrive. It decides what a latency includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Arrival {
    /// The next request follows the last answer. Latency counts from the actual start of a request, so what a
    /// stall would have done to requests that were never sent is not in it.
    #[serde(rename = "closed loop")]
    Closed,
    /// Requests have fixed intended times. Latency counts from the intended start, waiting in the queue included.
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

/// The latency of one operation, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// How many were measured.
    pub count: u64,
    /// Half were answered within this, in nanoseconds.
    pub p50: u64,
    /// 90 % were answered within this, in nanoseconds.
    pub p90: u64,
    /// 99 % were answered within this, in nanoseconds.
    pub p99: u64,
    /// 99.9 % were answered within this, in nanoseconds.
    pub p99_9: u64,
    /// The slowest answer, in nanoseconds.
    pub max: u64,
}

/// A slice of a cell's measured time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slice {
    /// Where the slice begins in the cell's measured time, in seconds.
    pub at_s: f64,
    /// Operations answered in it.
    pub operations: u64,
    /// p99 over all operations in it, in nanoseconds; null if there were none.
    pub p99_ns: Option<u64>,
}

/// How long a class of locks was waited for or held, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LockTime {
    /// How many acquisitions were measured.
    pub count: u64,
    /// Half took at most this, in nanoseconds.
    pub p50: u64,
    /// 99 % took at most this, in nanoseconds.
    pub p99: u64,
    /// The longest, in nanoseconds.
    pub max: u64,
}

/// Memory of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// Bytes that locks and cache add to one live session, above a plain map of the same sessions, at 1,000 sessions;
    /// null if not measured.
    pub bytes_per_session: Option<f64>,
    /// The same at 100,000 sessions; null if not measured.
    #[serde(default)]
    pub bytes_per_session_at_100k: Option<f64>,
    /// The most bytes a session that were held at once above that plain map while 1,000 sessions were loaded; null if
    /// not measured.
    #[serde(default)]
    pub peak_bytes_per_session: Option<f64>,
    /// Heap allocations for one operation, on average; null if not measured.
    pub allocations_per_operation: Option<f64>,
}

/// How evenly tasks were served.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fairness {
    /// Jain's index over the operations of the tasks: 1 when all got the same, 1 ÷ tasks when one got all.
    pub jain: f64,
    /// The longest that any task waited for an answer, in nanoseconds; null if no latency was kept.
    pub max_wait_ns: Option<u64>,
    /// Operations that the tasks have done, the one that did least, the middle one and the one that did most; null if
    /// not counted.
    #[serde(default)]
    pub operations_per_task: Option<PerTask>,
}

/// A count by task: its spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PerTask {
    /// The least.
    pub min: u64,
    /// The one in the middle.
    pub median: u64,
    /// The most.
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

/// What the live checks of a cell saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Operations whose history was checked; null if no history was kept.
    pub operations_checked: Option<u64>,
    /// Whether some order of the operations explains all answers; null if not checked, or not decided in time.
    pub linearizable: Option<bool>,
    /// Cycles of tasks that wait for each other; null if not tracked.
    pub deadlocks: Option<u64>,
    /// Pairs of lock classes taken in both orders; null if not tracked.
    pub order_inversions: Option<u64>,
    /// Tasks that waited past the limit while others were served; null if not tracked.
    pub starvations: Option<u64>,
}

/// Something to say about a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What kind of thing it is, in one or two words, such as `deadlock`.
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// What happened, in a sentence.
    pub message: String,
    /// Where in the source, as `file:line:column`. An error always has at least one place.
    pub places: Vec<String>,
    /// The tasks that took part.
    pub tasks: Vec<String>,
}

/// The few operations that show why a history has no order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// The session they were asked of.
    pub key: String,
    /// In the order of their calls.
    pub operations: Vec<Bar>,
    /// The place among them of the one whose answer cannot be.
    pub impossible: usize,
    /// What it could have answered instead.
    pub expected: Vec<String>,
    /// The same drawn as text: a lane for each process.
    pub text: String,
}

/// One operation of a violation, from its call to its return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bar {
    /// The client that asked, by its number.
    pub process: u64,
    /// What it asked for.
    pub f: String,
    /// What was asked, and answered.
    pub what: String,
    /// The moment of the call. Moments order the events of the history, and measure nothing.
    pub call: usize,
    /// The moment of the return; null if the outcome is unknown.
    pub ret: Option<usize>,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The code is wrong: the speed of this cell does not count.
    Error,
    /// The numbers of this cell want care.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// The word, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl Arrival {
    /// What the clock of a latency starts at, in words.
    pub fn latency_clock(self) -> &'static str {
        match self {
            Self::Closed => "closed loop: from the actual start",
            Self::Open => "open loop: from the intended start",
        }
    }
}
