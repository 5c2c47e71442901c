//! `mutex-lru`: the plain cache, which most would write first and which the others are measured against.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;

use crate::backend::chat::ContextId;
use lockyard_lock::{LockFamily, LockOf, SharedLock};

use super::{CACHE, Cache, CacheStats};

/// An exact LRU behind one lock of any family.
///
/// A hit renews recency, which is a change: every hit takes the lock exclusively, once. (With `peek` for `get` it
/// could be shared, and the LRU would be a FIFO.)
pub struct MutexLru<F: LockFamily, V: Send + Sync + 'static>(LockOf<F, Lru<Arc<V>>>);

/// What the lock guards. `Clone` is asked for by families that publish copies; `H` is a handle, so a copy
/// shares the values.
#[derive(Clone)]
struct Lru<H> {
    entries: LruCache<ContextId, H>,
    evictions: u64,
}

impl<F: LockFamily, V: Send + Sync + 'static> Cache<V> for MutexLru<F, V> {
    fn new(capacity: NonZeroUsize) -> Self {
        Self(SharedLock::new(&CACHE, Lru { entries: LruCache::new(capacity), evictions: 0 }))
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        self.0.write().await.entries.get(&id).cloned()
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        // The value that had to go may be the last handle to a whole session: let it end outside the lock.
        let _displaced = {
            let mut lru = self.0.write().await;
            let displaced = lru.entries.push(id, value);
            // `push` hands back a value it replaced as well; only one of another id was evicted.
            lru.evictions += u64::from(displaced.as_ref().is_some_and(|(other, _)| *other != id));
            displaced
        };
    }

    async fn remove(&self, id: ContextId) {
        let _removed = { self.0.write().await.entries.pop(&id) };
    }

    async fn stats(&self) -> CacheStats {
        let lru = self.0.read().await;
        CacheStats { len: lru.entries.len(), evictions: lru.evictions, refused: 0 }
    }
}
