//! `after`, with more work in the manager's hit path than it needs: a known difference, to see whether it is detected.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lockyard_bench::Slowdown;
use lockyard_lock::{TokioMutex, TokioRwLock};

use crate::backend::chat::ContextId;
use crate::backend::session::{AfterUnlock, Cache, CacheStats, Locked, MutexLru};
use crate::strategy::{CacheFamily, Strategy, WithTypes};

/// The strategy that is slowed.
///
/// # Panics
/// If there is no preset `after`; there is.
pub(super) fn preset() -> Strategy {
    Strategy::parse("after").expect("a preset")
}

thread_local! {
    /// The work in the hit path of the caches that this thread makes: a cache is made from its capacity alone.
    static PLANTED: RefCell<Slowdown> = RefCell::default();
}

/// Makes something with this work in the hit path of its cache.
pub(super) fn make_with<T>(work: &Slowdown, make: impl FnOnce() -> T) -> T {
    PLANTED.set(work.clone());
    let made = make();
    PLANTED.take();
    made
}

/// Hands the types of `after`, slowed, to some work.
pub(super) fn with_types<W: WithTypes>(work: W) -> W::Output {
    work.with::<TokioRwLock, Slowed, AfterUnlock, Locked>()
}

/// The caches of `after`, slowed.
struct Slowed;

impl CacheFamily for Slowed {
    type Cache<V: Send + Sync + 'static> = SlowedLru<V>;
}

struct SlowedLru<V: Send + Sync + 'static> {
    lru: MutexLru<TokioMutex, V>,
    work: Slowdown,
}

impl<V: Send + Sync + 'static> Cache<V> for SlowedLru<V> {
    fn new(capacity: NonZeroUsize) -> Self {
        Self { lru: MutexLru::new(capacity), work: PLANTED.with_borrow(Slowdown::clone) }
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        let found = self.lru.get(id).await;
        self.work.work();
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
