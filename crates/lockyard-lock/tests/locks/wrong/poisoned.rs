//! Wrong: a holder that panics does not leave. Whatever comes after it waits, or is refused, for good.

use std::task::Waker;
use std::thread;

use super::super::queue::{QueueState, Queued, Steps};
use super::super::right::FairSteps;

/// Its steps.
pub struct PoisonedSteps;

impl Steps for PoisonedSteps {
    const NAME: &'static str = "poisoned";

    fn leave(state: &mut QueueState, write: bool) -> Vec<Waker> {
        if thread::panicking() { Vec::new() } else { FairSteps::leave(state, write) }
    }
}

/// Its family.
pub type PoisonedRwLock = Queued<PoisonedSteps>;
