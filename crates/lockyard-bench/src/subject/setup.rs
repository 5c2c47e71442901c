//! What a subject is set up from.

use crate::planned::PlannedSetup;
use crate::slices::Runtime;

/// What a subject is set up from: the workload that will be asked of it, the seed, and where it runs.
pub struct Setup<'a, W> {
    workload: &'a W,
    seed: u64,
    runtime: Runtime,
    filling: &'a dyn Fn(usize, usize),
    planned: Option<PlannedSetup<'a>>,
}

impl<'a, W> Setup<'a, W> {
    /// For what is set up outside a run, such as memory that is looked at by hand.
    #[must_use]
    pub fn new(workload: &'a W, seed: u64, runtime: Runtime) -> Self {
        Self { workload, seed, runtime, filling: &|_, _| (), planned: None }
    }

    pub(crate) fn telling(self, filling: &'a dyn Fn(usize, usize)) -> Self {
        Self { filling, ..self }
    }

    pub(crate) fn planned_as(self, planned: Option<PlannedSetup<'a>>) -> Self {
        Self { planned, ..self }
    }

    /// What several load machines do together, of which this machine has a part; nothing if it has all clients.
    #[must_use]
    pub fn planned(&self) -> Option<PlannedSetup<'a>> {
        self.planned
    }

    /// Notifies the observer of the run that so many things of so many are there: for subjects that take long to fill.
    pub fn filled(&self, done: usize, of: usize) {
        (self.filling)(done, of);
    }

    /// What will be asked.
    #[must_use]
    pub fn workload(&self) -> &'a W {
        self.workload
    }

    /// Decides whatever is drawn: the same for all that are compared.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Where the subject's tasks run, and where it may run work of its own.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}
