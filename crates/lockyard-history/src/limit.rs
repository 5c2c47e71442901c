//! How long a search may take: by the clock, or by steps, where an answer must be the same on every machine.

use std::time::Instant;

/// So many steps pass between looks at the clock.
const STEPS_PER_LOOK: u64 = 1024;

/// How long a search may take. Several may share one, each taking its own away.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Where it depends on the clock.
    deadline: Option<Instant>,
    /// How many steps are left.
    steps: u64,
}

impl Limit {
    /// Until this moment.
    pub fn until(deadline: Instant) -> Self {
        Self { deadline: Some(deadline), steps: u64::MAX }
    }

    /// For so many steps, on every machine the same. A step is one question to the specification, or as much work, so that
    /// it is bounded also where each move of a search has thousands of operations to choose from.
    pub fn steps(steps: u64) -> Self {
        Self { deadline: None, steps }
    }

    /// How many steps are left.
    pub(super) fn left(&self) -> u64 {
        self.steps
    }

    /// Takes so many steps away. False if there are none left, or the time is up: the clock is looked at now and then, and
    /// if the caller says so.
    #[inline]
    pub(super) fn take_steps(&mut self, steps: u64, look: bool) -> bool {
        if self.steps == 0 {
            return false;
        }
        let left = self.steps.saturating_sub(steps);
        // By the multiple that was crossed and not by the remainder: steps are taken off many at a time, and a
        // remainder could be passed over again and again.
        let looks = look || self.steps / STEPS_PER_LOOK != left / STEPS_PER_LOOK;
        if looks && self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return false;
        }
        self.steps = left;
        true
    }
}
