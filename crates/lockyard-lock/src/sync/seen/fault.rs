//! What a mutant lacks.

use std::cell::Cell;
use std::sync::atomic::Ordering;

/// Something that is missing from every primitive at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing orders memory: each access is `Relaxed`.
    Relaxed,
    /// What is one step is two: looking, and doing what was decided by the look.
    TwoSteps,
    /// Mutexes let in every caller. One that finds another inside panics.
    NoExclusion,
}

thread_local! {
    // All threads of an execution are one for the system.
    static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// Runs a model in which `fault` is planted.
pub fn planted<R>(fault: Fault, model: impl FnOnce() -> R) -> R {
    /// Takes it out again, whether the model fails or not.
    struct Planted;

    impl Drop for Planted {
        fn drop(&mut self) {
            PLANTED.set(None);
        }
    }

    PLANTED.set(Some(fault));
    let _planted = Planted;
    model()
}

/// Whether this fault is planted now.
pub(super) fn is(fault: Fault) -> bool {
    PLANTED.get() == Some(fault)
}

/// The ordering, as it comes out.
pub(super) fn ordering(asked: Ordering) -> Ordering {
    if is(Fault::Relaxed) { Ordering::Relaxed } else { asked }
}
