//! `moka`: a concurrent map with logs of reads and writes, replayed now and then to decide what stays.
//!
//! Its policy is `TinyLFU`: a newcomer displaces a session only if it is asked for more often. Two things follow that
//! other caches do not have. Between two replays it exceeds its capacity; and it may turn away what was just put in.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use moka::notification::RemovalCause;
use moka::sync::Cache as Map;

use super::Hasher;
use crate::backend::chat::ContextId;
use crate::backend::session::{Cache, CacheStats};

/// A [`moka::sync::Cache`] that keeps to its capacity and counts what it turned away.
///
/// Each insertion replays the logs, for two reasons: the bound of the session manager shall hold, and whether the
/// newcomer was taken in is known only then. An insertion follows a miss, which has paid for a load already.
///
/// The map frees what it dropped by epochs, so a session may outlive its eviction by some operations on the cache.
pub struct Moka<V: Send + Sync + 'static> {
    map: Map<ContextId, Arc<V>, Hasher>,
    dropped: Arc<AtomicU64>,
    refused: AtomicU64,
}

impl<V: Send + Sync + 'static> Cache<V> for Moka<V> {
    fn new(capacity: NonZeroUsize) -> Self {
        let dropped = Arc::new(AtomicU64::new(0));
        let count = dropped.clone();
        let map = Map::builder()
            .max_capacity(capacity.get() as u64)
            .eviction_listener(move |_, _, cause| {
                if cause == RemovalCause::Size {
                    count.fetch_add(1, Relaxed);
                }
            })
            .build_with_hasher(Hasher::default());
        Self { map, dropped, refused: AtomicU64::new(0) }
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        self.map.get(&id)
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        self.map.insert(id, value);
        self.map.run_pending_tasks();
        // Another caller's removal in between would be counted, too. The count is a statistic; nothing is ordered
        // by it.
        if !self.map.contains_key(&id) {
            self.refused.fetch_add(1, Relaxed);
        }
    }

    async fn remove(&self, id: ContextId) {
        self.map.invalidate(&id);
    }

    async fn stats(&self) -> CacheStats {
        self.map.run_pending_tasks();
        CacheStats {
            len: self.map.entry_count() as usize,
            evictions: self.dropped.load(Relaxed),
            refused: self.refused.load(Relaxed),
        }
    }
}
