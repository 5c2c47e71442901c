//! A cache of one's own in the whole program: kept to its contract, measured beside the built-in ones, and on the page.
//!
//! ```sh
//! cargo run --release --example own_cache -- compare --strategy tokio-mutex --strategy sampled-lru --quick
//! cargo run --release --example own_cache -- verify --quick --strategy sampled-lru
//! cargo test --test own_cache_contract
//! ```

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use lockyard::backend::chat::ContextId;
use lockyard::backend::session::{Cache, CacheStats};
use lockyard::strategy::{CacheFamily, NamedCache};
use parking_lot::RwLock;

/// The least recently used of a few that are drawn at random is evicted, as in Redis: so a hit takes a read lock and writes
/// when it was, where an exact list takes a lock alone and is rewritten.
pub struct SampledLru<V> {
    entries: RwLock<Entries<V>>,
    /// Counts uses: the time by which entries are older or newer.
    uses: AtomicU64,
    capacity: usize,
}

/// The entries in no order, so that one is drawn by its index; and where each is.
struct Entries<V> {
    all: Vec<Entry<V>>,
    places: HashMap<ContextId, usize>,
    evictions: u64,
}

struct Entry<V> {
    id: ContextId,
    value: Arc<V>,
    used: AtomicU64,
}

/// How many are drawn: five come close to the exact order, as Redis has measured.
const DRAWN: usize = 5;

impl<V> Entries<V> {
    /// Takes out the oldest of some that are drawn by this number.
    fn evict(&mut self, number: u64) -> Option<Arc<V>> {
        // Fibonacci hashing spreads consecutive numbers.
        let draw = |nth: u64| {
            let spread = (number.wrapping_mul(DRAWN as u64) + nth).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            (spread >> 32) as usize % self.all.len()
        };
        let oldest = (0..DRAWN as u64).map(draw).min_by_key(|at| self.all[*at].used.load(Relaxed))?;
        self.evictions += 1;
        let id = self.all[oldest].id;
        self.take(id)
    }

    fn take(&mut self, id: ContextId) -> Option<Arc<V>> {
        let at = self.places.remove(&id)?;
        let taken = self.all.swap_remove(at);
        if let Some(moved) = self.all.get(at) {
            self.places.insert(moved.id, at);
        }
        Some(taken.value)
    }
}

impl<V: Send + Sync + 'static> Cache<V> for SampledLru<V> {
    fn new(capacity: NonZeroUsize) -> Self {
        let entries = Entries { all: Vec::new(), places: HashMap::new(), evictions: 0 };
        Self { entries: RwLock::new(entries), uses: AtomicU64::new(0), capacity: capacity.get() }
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        let entries = self.entries.read();
        let entry = &entries.all[*entries.places.get(&id)?];
        entry.used.store(self.uses.fetch_add(1, Relaxed), Relaxed);
        Some(entry.value.clone())
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        let used = self.uses.fetch_add(1, Relaxed);
        // What is dropped ends after this block, outside the lock: that may be a long story.
        let _dropped = {
            let mut entries = self.entries.write();
            let replaced = entries.take(id);
            let is_full = entries.all.len() == self.capacity;
            let evicted = if is_full { entries.evict(used) } else { None };
            let at = entries.all.len();
            entries.all.push(Entry { id, value, used: AtomicU64::new(used) });
            entries.places.insert(id, at);
            (replaced, evicted)
        };
    }

    async fn remove(&self, id: ContextId) {
        let removed = self.entries.write().take(id);
        drop(removed);
    }

    async fn stats(&self) -> CacheStats {
        let entries = self.entries.read();
        CacheStats { len: entries.all.len(), evictions: entries.evictions, refused: 0 }
    }
}

/// The cache for any value, and its name on the command line.
struct Sampled;

impl CacheFamily for Sampled {
    type Cache<V: Send + Sync + 'static> = SampledLru<V>;
}

impl NamedCache for Sampled {
    const NAME: &'static str = "sampled-lru";
}

lockyard::main!(caches = [Sampled]);

#[cfg(test)]
mod contract {
    lockyard::cache_contract!(super::Sampled);
}
