//! `quick-cache`: shards behind read-write locks, where a hit takes a read lock and counts itself.
//!
//! Its shards are LRU-like by a variant of S3-FIFO: what was asked for once soon goes, what was asked for twice stays.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use quick_cache::sync::Cache as Shards;
use quick_cache::{Lifecycle, OptionsBuilder, UnitWeighter};

use super::Hasher;
use crate::backend::chat::ContextId;
use crate::backend::session::{Cache, CacheStats};

/// A [`quick_cache::sync::Cache`] that counts what it drops.
pub struct QuickCache<V: Send + Sync + 'static> {
    shards: Shards<ContextId, Arc<V>, UnitWeighter, Hasher, Collect>,
    /// Statistics only: nothing is ordered by it.
    evictions: AtomicU64,
}

/// The most shards there are.
const MOST_SHARDS: usize = 8;
/// A shard smaller than this keeps too little to know what is worth keeping; `quick_cache` makes none.
const SMALLEST_SHARD: usize = 32;

/// Hands what a shard drops to the caller that made it drop it, so that it ends outside the shard's lock.
#[derive(Clone)]
struct Collect;

impl<V> Lifecycle<ContextId, Arc<V>> for Collect {
    type RequestState = Vec<(ContextId, Arc<V>)>;

    fn on_evict(&self, dropped: &mut Self::RequestState, id: ContextId, value: Arc<V>) {
        dropped.push((id, value));
    }
}

impl<V: Send + Sync + 'static> Cache<V> for QuickCache<V> {
    fn new(capacity: NonZeroUsize) -> Self {
        let capacity = capacity.get();
        let shards = 1 << (capacity / SMALLEST_SHARD).clamp(1, MOST_SHARDS).ilog2();
        // Shares are rounded up, which would let the sum exceed the capacity.
        let room = capacity - capacity % shards;
        let options = OptionsBuilder::new()
            .shards(shards)
            .estimated_items_capacity(room)
            .weight_capacity(room as u64)
            .build()
            .expect("both capacities are given");
        Self {
            shards: Shards::with_options(options, UnitWeighter, Hasher::default(), Collect),
            evictions: AtomicU64::new(0),
        }
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        self.shards.get(&id)
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        let mut dropped = Vec::new();
        self.shards.insert_with_lifecycle(id, value, &mut dropped);
        // A value that made way for a newer one of the same session is dropped, too, but was not evicted.
        let evicted = dropped.iter().filter(|(other, _)| *other != id).count();
        if evicted > 0 {
            self.evictions.fetch_add(evicted as u64, Relaxed);
        }
    }

    async fn remove(&self, id: ContextId) {
        let _removed = self.shards.remove(&id);
    }

    async fn stats(&self) -> CacheStats {
        CacheStats { len: self.shards.len(), evictions: self.evictions.load(Relaxed), refused: 0 }
    }
}
