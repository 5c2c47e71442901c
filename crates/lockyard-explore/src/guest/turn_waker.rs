//! How something real wakes a [`Turn`](super::Turn): by a waker of the turn's own, which is kept for the next one.
//!
//! A turn asks for a waker each time that it polls, millions of times in a search. So they are kept, and one is taken again
//! once nobody else has a copy: what an earlier run has left with a copy can wake nothing of this one.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::task::{Wake, Waker};

use crate::footprint::Object;

thread_local! {
    /// What those wait for that were woken since this was taken last.
    static WOKEN: Cell<Object> = const { Cell::new(Object::NONE) };
}

/// Whether a turn was woken. It carries no data, so no order is needed: what it announces, the poll finds by itself.
struct TurnFlag {
    woken: AtomicBool,
    /// What the turn waits for, by its number in the run.
    object: AtomicU32,
}

impl TurnFlag {
    fn set(&self) {
        self.woken.store(true, Relaxed);
        let object = Object::nth(self.object.load(Relaxed));
        // Of a thread that ends nothing is explored any more.
        let _ = WOKEN.try_with(|woken| woken.set(woken.get().and(object)));
    }
}

impl Wake for TurnFlag {
    fn wake(self: Arc<Self>) {
        self.set();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.set();
    }
}

/// The waker of one turn.
pub(crate) struct TurnWaker {
    flag: Arc<TurnFlag>,
    waker: Waker,
}

impl TurnWaker {
    fn new() -> Self {
        let flag = Arc::new(TurnFlag { woken: AtomicBool::new(false), object: AtomicU32::new(0) });
        Self { waker: Waker::from(flag.clone()), flag }
    }

    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.flag.woken.load(Relaxed)
    }

    /// Before a poll.
    pub(crate) fn lower(&self) {
        self.flag.woken.store(false, Relaxed);
    }

    /// Whether somebody else has a copy.
    fn is_shared(&self) -> bool {
        Arc::strong_count(&self.flag) > 2
    }
}

impl std::fmt::Debug for TurnWaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnWaker").field("woken", &self.is_woken()).finish_non_exhaustive()
    }
}

/// More than these are not kept: some were left with those who will never give them back.
const MOST_KEPT: usize = 1_024;

/// Wakers that wait for a turn.
#[derive(Default)]
pub(crate) struct TurnWakers(Vec<TurnWaker>);

impl TurnWakers {
    /// One that nobody else has, for a turn that waits for this object.
    pub(crate) fn take(&mut self, object: u32) -> TurnWaker {
        let free = self.0.iter().rposition(|waker| !waker.is_shared());
        let waker = free.map_or_else(TurnWaker::new, |at| self.0.swap_remove(at));
        waker.lower();
        waker.flag.object.store(object, Relaxed);
        waker
    }

    /// Keeps one that is not needed any more.
    pub(crate) fn keep(&mut self, waker: TurnWaker) {
        if self.0.len() < MOST_KEPT {
            self.0.push(waker);
        }
    }
}

/// What those wait for that were woken since this was asked last.
pub(crate) fn take_woken() -> Object {
    WOKEN.replace(Object::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waker_that_somebody_has_kept_is_not_given_to_another() {
        let mut wakers = TurnWakers::default();
        let first = wakers.take(0);
        let kept = first.waker().clone();
        wakers.keep(first);
        let second = wakers.take(1);
        kept.wake();
        assert!(!second.is_woken());
        wakers.keep(second);
        let again = wakers.take(2);
        let third = wakers.take(3);
        assert!(wakers.0.is_empty(), "both were kept: {again:?}, {third:?}");
        assert!(!again.is_woken() && !third.is_woken());
    }

    #[test]
    fn what_was_woken_is_known_by_its_object() {
        let mut wakers = TurnWakers::default();
        let _before = take_woken();
        let waker = wakers.take(3);
        waker.waker().wake_by_ref();
        assert!(waker.is_woken());
        assert_eq!(take_woken(), Object::nth(3));
        assert_eq!(take_woken(), Object::NONE);
    }
}
