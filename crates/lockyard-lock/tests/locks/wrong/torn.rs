//! Wrong: the first reader that leaves lets in a writer, though others are still reading: they would see half of what
//! it writes.

use std::task::Waker;

use super::super::queue::{QueueState, Queued, Steps};

/// Its steps.
pub struct TornSteps;

impl Steps for TornSteps {
    const NAME: &'static str = "torn";

    fn leave(state: &mut QueueState, write: bool) -> Vec<Waker> {
        // The readers are counted as one.
        state.readers = 0;
        if write {
            state.writing = false;
        }
        Self::hand_over(state)
    }
}

/// Its family.
pub type TornRwLock = Queued<TornSteps>;
