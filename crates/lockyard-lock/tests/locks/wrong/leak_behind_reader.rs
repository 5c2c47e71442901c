//! Wrong: a waiter that is cancelled while readers are inside stays in the queue. When the last of them leaves, it is
//! let in, and never leaves.

use std::task::Waker;

use super::super::queue::{QueueState, Queued, Steps};
use super::super::right::FairSteps;

/// Its steps.
pub struct LeakBehindReaderSteps;

impl Steps for LeakBehindReaderSteps {
    const NAME: &'static str = "leak-behind-reader";

    fn cancel(state: &mut QueueState, ticket: u64, write: bool) -> Vec<Waker> {
        if state.readers > 0 && !state.granted.contains(&ticket) {
            return Vec::new();
        }
        FairSteps::cancel(state, ticket, write)
    }
}

/// Its family.
pub type LeakBehindReader = Queued<LeakBehindReaderSteps>;
