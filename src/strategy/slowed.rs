//! `after`, with more work in the manager's hit path than it needs: a known difference, to see whether it is detected.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Instant;

use crate::backend::chat::ContextId;
use crate::backend::session::{AfterUnlock, Cache, CacheStats, Locked, MutexLru};
use lockyard_lock::{TokioMutex, TokioRwLock};

use super::cache::CacheFamily;
use super::combinations::WithTypes;
use super::named::Strategy;

/// The strategy that is slowed.
///
/// # Panics
/// If there is no preset `after`; there is.
pub fn preset() -> Strategy {
    Strategy::parse("after").expect("a preset")
}

/// How often a hit spins. A static, because a cache is made from its capacity alone.
static SPINS: AtomicU32 = AtomicU32::new(0);

/// Has every hit take so many nanoseconds more.
pub fn plant(extra_ns: f64) {
    SPINS.store((extra_ns / spin_ns()).round() as u32, Relaxed);
}

fn spin(times: u32) {
    for nth in 0..times {
        black_box(nth);
    }
}

/// How long one spin takes: the fastest of some tries, for nothing makes it faster than it is.
fn spin_ns() -> f64 {
    const TIMES: u32 = 1_000_000;
    let tries = (0..20).map(|_| {
        let start = Instant::now();
        spin(TIMES);
        start.elapsed()
    });
    tries.min().unwrap_or_default().as_nanos() as f64 / f64::from(TIMES)
}

/// Hands the types of `after`, slowed, to some work.
pub fn with_types<W: WithTypes>(work: W) -> W::Output {
    work.with::<TokioRwLock, Slowed, AfterUnlock, Locked>()
}

/// The caches of `after`, slowed.
struct Slowed;

impl CacheFamily for Slowed {
    type Cache<V: Send + Sync + 'static> = SlowedLru<V>;
}

struct SlowedLru<V: Send + Sync + 'static>(MutexLru<TokioMutex, V>);

impl<V: Send + Sync + 'static> Cache<V> for SlowedLru<V> {
    fn new(capacity: NonZeroUsize) -> Self {
        Self(MutexLru::new(capacity))
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        let found = self.0.get(id).await;
        spin(SPINS.load(Relaxed));
        found
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        self.0.insert(id, value).await;
    }

    async fn remove(&self, id: ContextId) {
        self.0.remove(id).await;
    }

    async fn stats(&self) -> CacheStats {
        self.0.stats().await
    }
}
