//! How many sessions live, counted as they begin and end: to count them one by one would take as long as there are many.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How many sessions live. Clones are handles to the same count; nothing is ordered by it.
#[derive(Clone, Default)]
pub(super) struct LiveCount(Arc<AtomicUsize>);

impl LiveCount {
    /// One more, for as long as what is returned lives.
    pub(super) fn begin(&self) -> Alive {
        self.0.fetch_add(1, Relaxed);
        Alive(self.0.clone())
    }

    pub(super) fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

/// Stands in a session and ends with it.
pub(super) struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
