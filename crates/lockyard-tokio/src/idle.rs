//! What is looked at when a thread of a runtime has nothing to do: the trackers that are at work.

#[cfg(feature = "track")]
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
#[cfg(feature = "track")]
use std::sync::{Mutex, PoisonError};

#[cfg(feature = "track")]
use lockyard_track::Tracker;

#[cfg(feature = "track")]
static AT_WORK: Mutex<Vec<Tracker>> = Mutex::new(Vec::new());

/// How many there are: most programs have none, and their threads should not meet at a lock.
#[cfg(feature = "track")]
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A tracker is looked after from now on.
#[cfg(feature = "track")]
pub(crate) fn add(tracker: Tracker) {
    let mut all = AT_WORK.lock().unwrap_or_else(PoisonError::into_inner);
    all.push(tracker);
    COUNT.store(all.len(), Relaxed);
}

/// And no more.
#[cfg(feature = "track")]
pub(crate) fn remove(tracker: &Tracker) {
    let mut all = AT_WORK.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|it| it != tracker);
    COUNT.store(all.len(), Relaxed);
}

/// Looks for deadlocks.
pub(crate) fn look() {
    #[cfg(feature = "track")]
    if COUNT.load(Relaxed) > 0 {
        // Of a copy: a look takes its time, and other threads may run out of work meanwhile.
        let all = AT_WORK.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.iter().for_each(Tracker::idle);
    }
}
