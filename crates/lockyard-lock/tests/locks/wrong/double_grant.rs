//! Wrong: a waiter that is cancelled leaves as if it had been inside. So the next is let in beside the holder.

use std::task::Waker;

use super::super::queue::{QueueState, Queued, Steps};

/// Its steps.
pub struct DoubleGrantSteps;

impl Steps for DoubleGrantSteps {
    const NAME: &'static str = "double-grant";

    fn cancel(state: &mut QueueState, ticket: u64, write: bool) -> Vec<Waker> {
        state.take_grant(ticket);
        state.queue.retain(|waiter| waiter.ticket != ticket);
        Self::leave(state, write)
    }

    fn leave(state: &mut QueueState, write: bool) -> Vec<Waker> {
        if write {
            state.writing = false;
        } else {
            // Two may leave that entered once.
            state.readers = state.readers.saturating_sub(1);
        }
        Self::hand_over(state)
    }
}

/// Its family.
pub type DoubleGrant = Queued<DoubleGrantSteps>;
