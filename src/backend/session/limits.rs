//! How much all sessions together may take: in memory, and by their number.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::backend::chat::ContextLimits;

/// What sessions may take. By default as much as there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// What one session may hold.
    pub context: ContextLimits,
    /// How many sessions there may be, stored ones included.
    pub sessions: usize,
    /// How many bytes of memory live sessions may take, and those that the store keeps in memory.
    pub live_bytes: usize,
    /// How many bytes of messages one answer may carry; one message is given in any case.
    pub page_bytes: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            context: ContextLimits::default(),
            sessions: usize::MAX,
            live_bytes: usize::MAX,
            page_bytes: usize::MAX,
        }
    }
}

impl SessionLimits {
    /// From here on, sessions are evicted: those that come meanwhile find room.
    pub(in crate::backend) fn eviction_bytes(&self) -> usize {
        self.live_bytes - self.live_bytes / 8
    }
}

/// How many sessions there are, once that was asked for.
pub(super) struct SessionCount(AtomicUsize);

impl SessionCount {
    const UNKNOWN: usize = usize::MAX;

    pub(super) const fn new() -> Self {
        Self(AtomicUsize::new(Self::UNKNOWN))
    }

    pub(super) fn known(&self) -> Option<usize> {
        Some(self.0.load(Relaxed)).filter(|count| *count != Self::UNKNOWN)
    }

    pub(super) fn set(&self, count: usize) {
        self.0.store(count, Relaxed);
    }

    /// One more, or one less. A count that is not known stays so.
    pub(super) fn change(&self, by: isize) {
        let changed = |count: usize| (count != Self::UNKNOWN).then(|| count.saturating_add_signed(by));
        let _ = self.0.fetch_update(Relaxed, Relaxed, changed);
    }
}
