//! What shall be measured of two builds, and what one turn of it is.

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
    /// How many rounds each subject gets under each workload. Fewer than three have no interval.
    pub rounds: u32,
    /// Decides the order of turns; round n has this seed plus n.
    pub seed: u64,
    /// How conclusions are drawn. A reference has no say: all is held against the other build.
    pub terms: Terms,
}

impl AgainstPlan {
    /// `program`, as it is named, against this one: these subjects under these workloads, in twenty rounds.
    pub fn new(program: impl Into<String>, subjects: Vec<String>, workloads: Vec<String>) -> Self {
        Self {
            command: String::new(),
            build: Build::default(),
            program: program.into(),
            subjects,
            workloads,
            rounds: 20,
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

    /// How many rounds each subject gets under each workload. Fewer than three have no interval.
    pub fn rounds(self, rounds: u32) -> Self {
        Self { rounds, ..self }
    }

    /// Decides the order of turns; round n has this seed plus n.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How conclusions are drawn. A reference has no say: all is held against the other build.
    pub fn terms(self, terms: Terms) -> Self {
        Self { terms, ..self }
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
