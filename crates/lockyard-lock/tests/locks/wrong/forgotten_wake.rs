//! Wrong: readers that are let in together are not all woken, but only the first of them.

use std::task::Waker;

use super::super::queue::{QueueState, Queued, Steps};
use super::super::right::FairSteps;

/// Its steps.
pub struct ForgottenWakeSteps;

impl Steps for ForgottenWakeSteps {
    const NAME: &'static str = "forgotten-wake";

    fn hand_over(state: &mut QueueState) -> Vec<Waker> {
        let mut woken = FairSteps::hand_over(state);
        woken.truncate(1);
        woken
    }
}

/// Its family.
pub type ForgottenWake = Queued<ForgottenWakeSteps>;
