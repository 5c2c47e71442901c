//! Wrong: a waiter that was woken and is cancelled before it has looked does not pass the wake-up on. The others
//! sleep beside a free lock.

use super::super::barging::{Barging, Flag, Steps};

/// Its steps.
pub struct LostHandOverSteps;

impl Steps for LostHandOverSteps {
    const NAME: &'static str = "lost-hand-over";

    fn cancel(flag: &Flag, number: u64) {
        flag.forget(number);
    }
}

/// Its family.
pub type LostHandOver = Barging<LostHandOverSteps>;
