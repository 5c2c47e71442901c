//! What a simulation of locks says of core counts that were not there to be measured: kept apart from everything measured, with
//! what it was calibrated from, and how far it was off wherever that can be told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell::{LockTime, Throughput};
use super::point::Point;

/// Locks simulated on more cores than were measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SimulationRecord {
    /// Decides who reads and how work varies.
    pub seed: u64,
    /// So many replications, each with random numbers of its own, stand behind each interval.
    pub replications: u32,
    /// Cores of the machine whose measurements calibrated it.
    pub calibrated_on_cores: u32,
    /// Every lock that was simulated, and with which costs.
    pub locks: Vec<SimulatedLock>,
    /// What the simulation says; nothing of it was measured.
    pub points: Vec<SimulatedPoint>,
    /// Contended points that were measured and not used for calibration.
    pub held_out: Vec<HeldOutPoint>,
    /// What was not simulated, and why.
    pub left_out: Vec<String>,
    /// How the simulation does on published curves, each calibrated by its own one- and two-thread points.
    pub validation: Vec<CurveValidation>,
}

/// What a lock costs in the simulation, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LockCosts {
    /// Acquiring for reading and releasing, where nobody else wants the lock.
    pub read_ns: f64,
    /// Acquiring for writing and releasing, where nobody else wants the lock.
    pub write_ns: f64,
    /// From a release to a waiting thread's or task's having the lock.
    pub handover_ns: f64,
    /// Moving a cache line from one core to another.
    pub transfer_ns: f64,
}

/// A lock as it was simulated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SimulatedLock {
    /// The lock, as cells name it.
    pub name: String,
    /// Who is next.
    pub order: GrantOrder,
    /// What one does who has to wait.
    pub waiting: Waiting,
    /// Its costs, all of one-thread measurements and a two-thread hand-over.
    pub costs: LockCosts,
}

/// Who gets a lock next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum GrantOrder {
    /// A release gives the lock to whoever waits longest, readers that stand together at once.
    #[serde(rename = "first come")]
    FirstCome,
    /// A release frees the lock and wakes a waiter; whoever asks first has it.
    #[serde(rename = "barging")]
    Barging,
    /// As barging, but readers wait while a writer waits.
    #[serde(rename = "writers first")]
    WritersFirst,
    /// As barging, but readers are let in wherever no writer is inside.
    #[serde(rename = "readers first")]
    ReadersFirst,
    /// Readers never wait and share no counter; writers barge.
    #[serde(rename = "snapshot")]
    Snapshot,
}

/// What one does who has to wait for a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Waiting {
    /// The task gives its worker to another task.
    #[serde(rename = "yields")]
    Yields,
    /// The thread keeps its core and leaves the lock's cache line alone until it is woken.
    #[serde(rename = "parks")]
    Parks,
    /// The thread reads the lock's cache line again and again, so each change of it costs more the more of them there are.
    #[serde(rename = "spins on the lock")]
    SpinsOnLock,
    /// The thread reads a cache line of its own, which only the one before it changes.
    #[serde(rename = "spins on its own line")]
    SpinsOnOwnLine,
}

/// One lock at one simulated point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SimulatedPoint {
    /// The lock.
    pub lock: String,
    /// The point, as cells have it: as many cores as it has workers.
    pub point: Point,
    /// Accesses a second. The interval holds what differs between replications, and nothing of what the model lacks.
    pub throughput: Throughput,
    /// From asking for the lock to having it, in nanoseconds.
    pub wait_ns: LockTime,
}

/// A measured point that the simulation did not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeldOutPoint {
    /// The lock.
    pub lock: String,
    /// The point.
    pub point: Point,
    /// What was measured.
    pub measured: Throughput,
    /// What the simulation says.
    pub simulated: Throughput,
    /// Simulated ÷ measured − 1: 0.1 says that the simulation promises a tenth more than there is.
    pub error: f64,
}

/// How the simulation did on a published curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurveValidation {
    /// The curve's name, which is also that of its file.
    pub curve: String,
    /// Repository, commit and file.
    pub source: String,
    /// What was run, in words.
    pub workload: String,
    /// Locks of which no cost reproduces even the two-thread point, within 5 %; what is predicted of them counts all the same.
    pub uncalibrated: Vec<String>,
    /// How many points were predicted: those beyond the two that calibrate, up to the machine's hardware threads.
    pub points: u32,
    /// Points that were off by more than 25 %.
    pub missed: Vec<MissedPoint>,
    /// How many times two locks stand beside each other at a number of threads.
    pub orders: u32,
    /// Where these are the wrong way round.
    pub missed_orders: Vec<MissedOrder>,
    /// What the simulation is not to be used for, by this curve; null where nothing was missed.
    pub not_to_be_used_for: Option<String>,
}

/// A point at which the simulation was off by more than 25 %.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MissedPoint {
    /// The lock, as its source calls it.
    pub lock: String,
    /// At how many threads.
    pub threads: u32,
    /// Throughput relative to that of one thread, as published.
    pub published: f64,
    /// The same as simulated.
    pub simulated: f64,
    /// Simulated ÷ published − 1.
    pub error: f64,
}

/// Two locks that the simulation puts the wrong way round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissedOrder {
    /// The lock that was faster in the published curve.
    pub faster: String,
    /// The one that was slower there.
    pub slower: String,
    /// At how many threads.
    pub threads: u32,
}

impl GrantOrder {
    /// As it stands in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstCome => "first come",
            Self::Barging => "barging",
            Self::WritersFirst => "writers first",
            Self::ReadersFirst => "readers first",
            Self::Snapshot => "snapshot",
        }
    }
}

impl Waiting {
    /// As it stands in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yields => "yields",
            Self::Parks => "parks",
            Self::SpinsOnLock => "spins on the lock",
            Self::SpinsOnOwnLine => "spins on its own line",
        }
    }
}

impl CurveValidation {
    /// Whether nothing was missed.
    pub fn holds(&self) -> bool {
        self.missed.is_empty() && self.missed_orders.is_empty()
    }
}
