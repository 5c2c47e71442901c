//! Wrong: a waiter that is cancelled while a writer is inside stays in the queue. When the writer leaves, it is let
//! in, and never leaves.

use std::task::Waker;

use super::super::queue::{QueueState, Queued, Steps};
use super::super::right::FairSteps;

/// Its steps.
pub struct LeakBehindWriterSteps;

impl Steps for LeakBehindWriterSteps {
    const NAME: &'static str = "leak-behind-writer";

    fn cancel(state: &mut QueueState, ticket: u64, write: bool) -> Vec<Waker> {
        if state.writing && !state.granted.contains(&ticket) {
            return Vec::new();
        }
        FairSteps::cancel(state, ticket, write)
    }
}

/// Its family.
pub type LeakBehindWriter = Queued<LeakBehindWriterSteps>;
