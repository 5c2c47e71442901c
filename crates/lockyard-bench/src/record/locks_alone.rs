//! Locks measured alone: at which point a cell was, what of a lock is in no cell, and what others have published about such
//! locks beside what was seen here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell::LockTime;
use super::point::Point;
use super::simulated::{GrantOrder, SimulationRecord};

/// The settings of a point by which it is known as one of a lock alone.
const HOLD: &str = "hold_ns";
const THINK: &str = "think_ns";
const READS: &str = "reads_percent";

/// What a run of locks alone has measured besides its cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LockRecord {
    /// Iterations of the calibrated work in a nanosecond: hold and think times are so many of them.
    pub iterations_per_ns: f64,
    /// Every lock, in the order of the run.
    pub locks: Vec<LockSummary>,
    /// What others have published about such locks, and what was seen here.
    pub known_curves: Vec<KnownCurve>,
    /// What a model says of more cores than there were; null if it was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulation: Option<SimulationRecord>,
}

/// One lock: what it is, and what it costs besides throughput and waiting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LockSummary {
    /// The lock, as cells name it.
    pub name: String,
    /// Who is next, as the lock's family declares it.
    pub order: GrantOrder,
    /// Whether several readers may be inside at once.
    pub shared_reads: bool,
    /// Whether a writer changes a copy, so that readers never wait.
    pub copy_on_write: bool,
    /// Whether waiting blocks the thread; else it yields the task.
    pub blocks: bool,
    /// Bytes that a lock around nothing takes where it stands.
    pub inline_bytes: u64,
    /// Bytes that such a lock keeps on the heap besides; null where allocations are not counted.
    pub heap_bytes: Option<u64>,
    /// From the release of a lock to the next holder's having it, where that one was waiting already; null if it was not
    /// measured, or nobody was ever waiting.
    pub handover_ns: Option<LockTime>,
    /// The same of two tasks alone on two workers; null with a single core, and if it was not measured.
    pub handover_of_two_ns: Option<LockTime>,
    /// What it takes to drop the future of a waiter that is queued; null where a waiter cannot be cancelled because it
    /// blocks its thread, and if it was not measured.
    pub cancel_ns: Option<LockTime>,
}

/// A published result, and what this run has to say to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownCurve {
    /// What is claimed.
    pub claim: String,
    /// Where.
    pub source: String,
    /// What was seen here, or what it would take to see it.
    pub seen: String,
    /// On how many cores.
    pub cores: u32,
    /// Whether the two agree.
    pub verdict: Agreement,
}

/// Whether what was seen agrees with a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Agreement {
    /// It does.
    #[serde(rename = "agrees")]
    Agrees,
    /// It does not.
    #[serde(rename = "disagrees")]
    Disagrees,
    /// This machine, these points or these intervals cannot say.
    #[serde(rename = "not testable here")]
    NotTestable,
}

impl Agreement {
    /// As it stands in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Disagrees => "disagrees",
            Self::NotTestable => "not testable here",
        }
    }
}

/// What a lock was asked at one point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockPoint {
    /// How long a task works while it has the lock.
    pub hold_ns: u64,
    /// How long it works before it asks again.
    pub think_ns: u64,
    /// Tasks.
    pub tasks: u32,
    /// Of a hundred acquisitions so many only read.
    pub reads_percent: u32,
    /// Worker threads.
    pub workers: u32,
}

impl LockPoint {
    /// That of a cell; `None` if it is not one of a lock alone.
    pub fn of(point: &Point) -> Option<Self> {
        let setting = |name: &str| point.settings.get(name)?.parse().ok();
        Some(Self {
            hold_ns: setting(HOLD)?,
            think_ns: setting(THINK)?,
            tasks: point.tasks,
            reads_percent: u32::try_from(setting(READS)?).ok()?,
            workers: point.workers,
        })
    }

    /// As it stands in a cell.
    #[must_use]
    pub fn to_point(self) -> Point {
        let numbers = [(HOLD, self.hold_ns), (THINK, self.think_ns), (READS, u64::from(self.reads_percent))];
        let settings: BTreeMap<_, _> =
            numbers.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect();
        Point { workers: self.workers, tasks: self.tasks, settings, ..Point::default() }
    }

    /// What a cell's scenario is called there: the options that measure it again.
    #[must_use]
    pub fn name(self) -> String {
        let Self { hold_ns, think_ns, tasks, reads_percent, workers } = self;
        let think = if think_ns > 0 { format!(" think={}", duration(think_ns)) } else { String::new() };
        format!("hold={}{think} reads={reads_percent}% tasks={tasks} workers={workers}", duration(hold_ns))
    }
}

/// A time as it is written on a command line: `0`, `500ns`, `10us`.
fn duration(ns: u64) -> String {
    match ns {
        0 => "0".to_owned(),
        ns if ns.is_multiple_of(1_000_000) => format!("{}ms", ns / 1_000_000),
        ns if ns.is_multiple_of(1_000) => format!("{}us", ns / 1_000),
        ns => format!("{ns}ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: LockPoint =
        LockPoint { hold_ns: 1_500, think_ns: 10_000, tasks: 8, reads_percent: 90, workers: 2 };

    #[test]
    fn a_point_is_read_from_its_cell_and_no_other_cell_has_one() {
        assert_eq!(LockPoint::of(&POINT.to_point()), Some(POINT));
        assert_eq!(LockPoint::of(&Point { workers: 2, tasks: 8, ..Point::default() }), None);
    }

    #[test]
    fn a_point_is_named_by_the_options_that_measure_it() {
        assert_eq!(POINT.name(), "hold=1500ns think=10us reads=90% tasks=8 workers=2");
        let at_once = LockPoint { hold_ns: 0, think_ns: 0, ..POINT };
        assert_eq!(at_once.name(), "hold=0 reads=90% tasks=8 workers=2");
        assert_eq!([1_000_000, 100_000].map(duration), ["1ms", "100us"]);
    }
}
