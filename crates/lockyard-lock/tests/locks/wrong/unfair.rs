//! Wrong: it promises FIFO order, and a reader that comes to other readers overtakes the writer that waits for them.

use super::super::queue::{QueueState, Queued, Steps};

/// Its steps.
pub struct UnfairSteps;

impl Steps for UnfairSteps {
    const NAME: &'static str = "unfair";

    fn admits(state: &QueueState, write: bool) -> bool {
        // Whoever waits is not looked at.
        state.has_room(write)
    }
}

/// Its family.
pub type UnfairRwLock = Queued<UnfairSteps>;
