//! `after`, with more work in the manager's hit path than it needs: a known difference, to see whether it is detected.

use std::cell::Cell;
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

thread_local! {
    /// How often a hit of the caches that this thread makes will spin: a cache is made from its capacity alone.
    static SPINS: Cell<u32> = const { Cell::new(0) };
}

/// Work in the hit path of whatever is made with it, none at first. Clones are the same work.
#[derive(Clone, Debug, Default)]
pub struct Slowdown(Arc<AtomicU32>);

impl Slowdown {
    /// Has every hit of what is made from now on take so many nanoseconds more.
    pub fn set_ns(&self, extra_ns: f64) {
        self.0.store((extra_ns / spin_ns()).round() as u32, Relaxed);
    }

    /// Makes something with this work in it.
    pub fn make<T>(&self, make: impl FnOnce() -> T) -> T {
        SPINS.set(self.0.load(Relaxed));
        let made = make();
        SPINS.set(0);
        made
    }
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

struct SlowedLru<V: Send + Sync + 'static> {
    lru: MutexLru<TokioMutex, V>,
    spins: u32,
}

impl<V: Send + Sync + 'static> Cache<V> for SlowedLru<V> {
    fn new(capacity: NonZeroUsize) -> Self {
        Self { lru: MutexLru::new(capacity), spins: SPINS.get() }
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        let found = self.lru.get(id).await;
        spin(self.spins);
        found
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        self.lru.insert(id, value).await;
    }

    async fn remove(&self, id: ContextId) {
        self.lru.remove(id).await;
    }

    async fn stats(&self) -> CacheStats {
        self.lru.stats().await
    }
}
