//! `sharded-lru`: the plain cache several times over, so that hits of different sessions seldom meet at one lock.
//!
//! What is given up: recency is exact within a shard only, and a shard that is full evicts while another has room. The
//! hits of *one* session meet at one lock as before.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::backend::chat::ContextId;
use lockyard_lock::LockFamily;

use super::{Cache, CacheStats, MutexLru};

/// The most shards there are, a power of two. More would contend less and fill less evenly.
const MOST: usize = 8;

/// Exact LRUs side by side, each behind a lock of its own; the id decides which.
pub struct ShardedLru<F: LockFamily, V: Send + Sync + 'static> {
    /// A power of two of them.
    shards: Box<[Shard<MutexLru<F, V>>]>,
}

/// On cache lines of its own: neighbours that shared one would contend for it without sharing a lock.
#[repr(align(128))]
struct Shard<C>(C);

impl<F: LockFamily, V: Send + Sync + 'static> ShardedLru<F, V> {
    fn shard(&self, id: ContextId) -> &MutexLru<F, V> {
        // Fibonacci hashing: the upper half of the product depends on all bits of the factor. Ids of one millisecond
        // differ in their lower bits, ids of one source in either half, so the halves are folded first.
        let (high, low) = id.0.as_u64_pair();
        let hash = (high ^ low).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        &self.shards[hash as usize & (self.shards.len() - 1)].0
    }
}

impl<F: LockFamily, V: Send + Sync + 'static> Cache<V> for ShardedLru<F, V> {
    fn new(capacity: NonZeroUsize) -> Self {
        let count = 1 << capacity.ilog2().min(MOST.ilog2());
        let (each, rest) = (capacity.get() / count, capacity.get() % count);
        // No more shards than places, so none is without; together they have room for `capacity`, not for more.
        let room = |nth| NonZeroUsize::MIN.saturating_add(each - 1 + usize::from(nth < rest));
        Self { shards: (0..count).map(|nth| Shard(MutexLru::new(room(nth)))).collect() }
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        self.shard(id).get(id).await
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        self.shard(id).insert(id, value).await;
    }

    async fn remove(&self, id: ContextId) {
        self.shard(id).remove(id).await;
    }

    async fn stats(&self) -> CacheStats {
        let mut sum = CacheStats::default();
        for shard in &self.shards {
            let CacheStats { len, evictions, refused } = shard.0.stats().await;
            sum.len += len;
            sum.evictions += evictions;
            sum.refused += refused;
        }
        sum
    }
}
