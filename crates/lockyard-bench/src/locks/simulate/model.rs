//! What is simulated: a lock with its costs, and what it is asked.

use crate::record::{GrantOrder, LockCosts, LockPoint, Waiting};

/// A lock as the simulation knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LockModel {
    /// Who is next.
    pub order: GrantOrder,
    /// What one does who has to wait.
    pub waiting: Waiting,
    /// Whether several readers may be inside at once.
    pub shared_reads: bool,
    /// What it costs.
    pub costs: LockCosts,
}

/// What a lock is asked: each task acquires it, holds it, releases it and thinks, again and again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimulatedLoad {
    /// Cores, each with one worker thread.
    pub cores: u32,
    /// Tasks.
    pub tasks: u32,
    /// How long a task holds the lock, in nanoseconds.
    pub hold_ns: f64,
    /// How long it works before it asks again, in nanoseconds.
    pub think_ns: f64,
    /// The share of acquisitions that only read, from 0 to 1.
    pub reads: f64,
    /// How hold and think times vary.
    pub times: VariedTimes,
    /// How long a task works, hold and think times together, before others have a turn on its worker.
    pub turn_ns: f64,
}

/// How a time varies around its mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum VariedTimes {
    /// Not at all.
    Fixed,
    /// Anything from so much less to so much more, each as likely: 0.1 is ± 10 %.
    Uniform(f64),
    /// With the exponential distribution, for which queueing theory has closed formulas.
    Exponential,
}

/// Times of work that is calibrated: it varies little.
const CALIBRATED_WORK: VariedTimes = VariedTimes::Uniform(0.05);

/// As in the program that is simulated.
const TURN_NS: f64 = 50_000.0;

impl SimulatedLoad {
    /// That of a measured point: with a core for each of its workers.
    #[must_use]
    pub fn of(point: LockPoint) -> Self {
        Self {
            cores: point.workers,
            tasks: point.tasks,
            hold_ns: point.hold_ns as f64,
            think_ns: point.think_ns as f64,
            reads: f64::from(point.reads_percent) / 100.0,
            times: CALIBRATED_WORK,
            turn_ns: TURN_NS,
        }
    }

    /// Threads with a core each.
    #[must_use]
    pub fn threads(threads: u32, hold_ns: f64, think_ns: f64, reads: f64) -> Self {
        let (times, turn_ns) = (CALIBRATED_WORK, TURN_NS);
        Self { cores: threads, tasks: threads, hold_ns, think_ns, reads, times, turn_ns }
    }

    /// Accesses after which a task lets others run.
    pub(super) fn turn(&self) -> u64 {
        ((self.turn_ns / (self.hold_ns + self.think_ns).max(1.0)) as u64).max(1)
    }
}
