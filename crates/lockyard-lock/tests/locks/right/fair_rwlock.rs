//! Right: the FIFO read-write lock, with each of its steps as it should be.

use super::super::queue::{Queued, Steps};

/// Its steps.
pub struct FairSteps;

impl Steps for FairSteps {
    const NAME: &'static str = "fair-rwlock";
}

/// Its family.
pub type FairRwLock = Queued<FairSteps>;
