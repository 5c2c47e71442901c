//! Right: a read-write lock whose writers queue before all readers, as `Policy::WriterPreferring` says. It is not fair, and
//! promises no more.

use lockyard_lock::Policy;

use super::super::queue::{QueueState, Queued, Steps, Waiter};

/// Its steps.
pub struct WritersFirstSteps;

impl Steps for WritersFirstSteps {
    const NAME: &'static str = "writers-first";
    const POLICY: Policy = Policy::WriterPreferring;

    fn wait(state: &mut QueueState, waiter: Waiter) {
        let end = state.queue.len();
        let first_reader = state.queue.iter().position(|other| !other.write).unwrap_or(end);
        state.queue.insert(if waiter.write { first_reader } else { end }, waiter);
    }
}

/// Its family.
pub type WritersFirst = Queued<WritersFirstSteps>;
