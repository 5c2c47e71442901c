//! A program in every order, and how it fails.

use tokio::lockyard::{Explore, FailureKind, Proof};

use crate::Program;

/// What came of a search.
#[derive(Debug)]
pub struct Explored {
    /// Of which kind the failure is, if there is one.
    pub kind: Option<FailureKind>,
    /// The failure, drawn.
    pub failure: Option<String>,
    /// Schedules that were run, up to the failure.
    pub schedules: u64,
    /// What it is worth that there was none.
    pub proof: Proof,
}

impl Explored {
    /// Whether every schedule was run, and none failed.
    pub fn is_exhausted(&self) -> bool {
        self.kind.is_none() && matches!(self.proof, Proof::Exhaustive { .. })
    }
}

/// Tries every order, within the default limits.
pub fn explore(program: Program) -> Explored {
    let exploration = Explore::new().report(program);
    Explored {
        kind: exploration.kind(),
        failure: exploration.failure().map(str::to_owned),
        schedules: exploration.schedules(),
        proof: exploration.proof(),
    }
}
