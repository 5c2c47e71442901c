//! How long a search may take: by the clock, by steps, where an answer must be the same on every machine, or until
//! somebody says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// So many steps pass between looks at the clock.
const STEPS_PER_LOOK: u64 = 1024;

/// How long a search may take. Several may share one, each taking its own away.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Where it depends on the clock.
    deadline: Option<Instant>,
    /// How many steps are left.
    steps: u64,
    /// Where it can be stopped.
    stopped: Option<Arc<AtomicBool>>,
}

impl Limit {
    /// Until this moment.
    pub fn until(deadline: Instant) -> Self {
        Self { deadline: Some(deadline), steps: u64::MAX, stopped: None }
    }

    /// For so long from now on.
    pub fn time(time: Duration) -> Self {
        Self { deadline: Instant::now().checked_add(time), steps: u64::MAX, stopped: None }
    }

    /// For so many steps, on every machine the same. A step is one question to the specification, or as much work, so that
    /// it is bounded also where each move of a search has thousands of operations to choose from.
    pub fn steps(steps: u64) -> Self {
        Self { deadline: None, steps, stopped: None }
    }

    /// And no longer than until this is true.
    #[must_use]
    pub fn or_when(self, stopped: &Arc<AtomicBool>) -> Self {
        Self { stopped: Some(stopped.clone()), ..self }
    }

    /// As long, but for so many steps at most.
    pub(crate) fn at_most(&self, steps: u64) -> Self {
        Self { steps: self.steps.min(steps), ..self.clone() }
    }

    /// How many steps are left.
    pub(crate) fn left(&self) -> u64 {
        self.steps
    }

    /// Whether nothing is left of it, by the clock as by steps.
    pub fn is_over(&self) -> bool {
        // Relaxed: nothing is read because of it that another thread wrote.
        self.steps == 0
            || self.stopped.as_ref().is_some_and(|stopped| stopped.load(Ordering::Relaxed))
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Takes so many steps away. False if there are none left, or the time is up: the clock is looked at now and then, and
    /// if the caller says so.
    #[inline]
    pub(crate) fn take_steps(&mut self, steps: u64, look: bool) -> bool {
        if self.steps == 0 {
            return false;
        }
        let left = self.steps.saturating_sub(steps);
        // By the multiple that was crossed and not by the remainder: steps are taken off many at a time, and a
        // remainder could be passed over again and again.
        let looks = look || self.steps / STEPS_PER_LOOK != left / STEPS_PER_LOOK;
        if looks && self.is_over() {
            return false;
        }
        self.steps = left;
        true
    }
}
