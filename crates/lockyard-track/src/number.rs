//! Numbers for strands, locks, waits and holds.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The next number; each is given once.
pub(super) fn number() -> u64 {
    // No model checker need see it: nothing is ordered by it but the numbers themselves.
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Relaxed)
}
