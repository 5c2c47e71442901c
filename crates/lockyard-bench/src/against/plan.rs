//! What shall be measured of two builds, and what one pair of processes is asked.

use crate::environment::Build;
use crate::plan::Terms;

/// What shall be measured of two builds.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "nothing is measured until it is run"]
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
    /// How many pairs of processes each subject gets under each workload. Fewer than three have no interval.
    pub pairs: u32,
    /// Decides the order of turns; pair n has this seed plus n.
    pub seed: u64,
    /// How conclusions are drawn. A reference has no say: all is held against the other build.
    pub terms: Terms,
}

impl AgainstPlan {
    /// `program`, as it is named, against this one: these subjects under these workloads, in ten pairs of
    /// processes.
    pub fn new(program: impl Into<String>, subjects: Vec<String>, workloads: Vec<String>) -> Self {
        Self {
            command: String::new(),
            build: Build::default(),
            program: program.into(),
            subjects,
            workloads,
            pairs: 10,
            seed: 42,
            terms: Terms::default(),
        }
    }

    /// The command, as it shall stand in the record.
    pub fn command(self, command: impl Into<String>) -> Self {
        Self { command: command.into(), ..self }
    }

    /// What this program was built from.
    pub fn build(self, build: Build) -> Self {
        Self { build, ..self }
    }

    /// How many pairs of processes each subject gets under each workload. Fewer than three have no interval.
    pub fn pairs(self, pairs: u32) -> Self {
        Self { pairs, ..self }
    }

    /// Decides the order of turns; pair n has this seed plus n.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How conclusions are drawn. A reference has no say: all is held against the other build.
    pub fn terms(self, terms: Terms) -> Self {
        Self { terms, ..self }
    }
}

/// What one process of each build has to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairRun {
    /// The place of the subject in the plan.
    pub subject: usize,
    /// The place of the workload in the plan.
    pub workload: usize,
    /// What both processes shall draw their questions from.
    pub seed: u64,
    /// Whether the other build is set up first, and has the first turn.
    pub other_first: bool,
}

impl AgainstPlan {
    /// What a subject of the other build is called.
    pub(super) fn other(&self, subject: usize) -> String {
        format!("{}@other", self.subjects[subject])
    }

    /// The seed of a pair, counted from 0.
    pub(super) fn seed_of(&self, nth: u32) -> u64 {
        self.seed.wrapping_add(nth.into())
    }
}
