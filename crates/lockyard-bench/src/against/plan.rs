//! What shall be measured of two builds, and what one turn of it is.

use crate::environment::Build;
use crate::plan::Terms;

/// What shall be measured of two builds.
#[derive(Clone, Debug)]
pub struct AgainstPlan {
    /// The command, as it shall stand in the record.
    pub command: String,
    /// What this program was built from.
    pub build: Build,
    /// The other program, as it was named.
    pub program: String,
    /// What is measured in both, by the names in their records.
    pub subjects: Vec<String>,
    /// What is asked of them, likewise.
    pub workloads: Vec<String>,
    /// How many rounds each subject gets under each workload. Fewer than three have no interval.
    pub rounds: u32,
    /// Decides the order of turns; round n has this seed plus n.
    pub seed: u64,
    /// How conclusions are drawn. A reference has no say: all is held against the other build.
    pub terms: Terms,
}

/// Nothing yet, in twenty rounds.
impl Default for AgainstPlan {
    fn default() -> Self {
        Self {
            command: String::new(),
            build: Build::default(),
            program: String::new(),
            subjects: Vec::new(),
            workloads: Vec::new(),
            rounds: 20,
            seed: 42,
            terms: Terms::default(),
        }
    }
}

/// One of the two builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// This program.
    This,
    /// The one it is held against.
    Other,
}

/// What one process has to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessRun {
    /// Whose turn it is.
    pub which: Which,
    /// The place of the subject in the plan.
    pub subject: usize,
    /// The place of the workload in the plan.
    pub workload: usize,
    /// What the process shall draw its questions from: both of a round are given the same.
    pub seed: u64,
}

impl AgainstPlan {
    /// What a subject of the other build is called.
    pub(super) fn other(&self, subject: usize) -> String {
        format!("{}@other", self.subjects[subject])
    }

    /// The seed of a round, counted from 0.
    pub(super) fn seed_of(&self, nth: u32) -> u64 {
        self.seed.wrapping_add(nth.into())
    }
}
