//! A cache that notes by a stamp when a session was last used takes its lock exclusively to set the stamp: every hit
//! waits for every other, and the read-write lock is a mutex. Fixed: the stamp is an atomic, set under the
//! shared lock.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::backend::chat::ContextId;
use crate::backend::session::{CACHE, Cache, CacheStats};
use lockyard_explore::Violated;
use lockyard_lock::{LockFamily, LockOf, SharedLock};

use crate::checks::pitfalls::counting_locks::{CountingLocks, taken};
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::{Detection, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "write-lock-on-hit",
    class: "contention",
    about: "a hit locks the cache exclusively, only to update recency",
    met: "the change this project began with; memcached's hits, until A. Wiggins and J. Langston, \"Enhancing the \
          scalability of memcached\", 2012",
    trials: &[Trial::Contract(|variant| {
        let played = match variant {
            Variant::Wrong => hits_share::<Stamped<CountingLocks, u32, true>>(),
            Variant::Right => hits_share::<Stamped<CountingLocks, u32, false>>(),
        };
        Detection::unless("exclusive hits", played)
    })],
};

/// The entry with the oldest stamp is evicted.
struct Stamped<F: LockFamily, V: Send + Sync + 'static, const EXCLUSIVE: bool> {
    values: LockOf<F, BTreeMap<ContextId, Used<V>>>,
    capacity: usize,
    now: AtomicU64,
}

struct Used<V> {
    value: Arc<V>,
    last: Arc<AtomicU64>,
}

impl<V> Clone for Used<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), last: self.last.clone() }
    }
}

impl<F: LockFamily, V: Send + Sync + 'static, const EXCLUSIVE: bool> Stamped<F, V, EXCLUSIVE> {
    fn tick(&self) -> u64 {
        self.now.fetch_add(1, Relaxed)
    }

    fn hit(&self, values: &BTreeMap<ContextId, Used<V>>, id: ContextId) -> Option<Arc<V>> {
        let used = values.get(&id)?;
        used.last.store(self.tick(), Relaxed);
        Some(used.value.clone())
    }
}

impl<F: LockFamily, V: Send + Sync + 'static, const EXCLUSIVE: bool> Cache<V> for Stamped<F, V, EXCLUSIVE> {
    fn new(capacity: NonZeroUsize) -> Self {
        let values = SharedLock::new(&CACHE, BTreeMap::new());
        Self { values, capacity: capacity.get(), now: AtomicU64::new(0) }
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        if EXCLUSIVE {
            return self.hit(&*self.values.write().await, id);
        }
        self.hit(&*self.values.read().await, id)
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        let used = Used { value, last: Arc::new(AtomicU64::new(self.tick())) };
        let _displaced = {
            let mut values = self.values.write().await;
            values.insert(id, used);
            let over = values.len() > self.capacity;
            let oldest = values.iter().filter(|_| over).min_by_key(|(_, used)| used.last.load(Relaxed));
            oldest.map(|(id, _)| *id).and_then(|oldest| values.remove(&oldest))
        };
    }

    async fn remove(&self, id: ContextId) {
        let _removed = { self.values.write().await.remove(&id) };
    }

    async fn stats(&self) -> CacheStats {
        CacheStats { len: self.values.read().await.len(), ..CacheStats::default() }
    }
}

/// Hits renew recency, and none of them keeps another out.
fn hits_share<C: Cache<u32>>() -> Result<(), Violated> {
    let check = async {
        let cache = C::new(NonZeroUsize::new(2).expect("two are some"));
        for key in [1, 2] {
            cache.insert(id(key), Arc::new(key)).await;
        }
        let _inserted = taken(&CACHE);
        let _used = (cache.get(id(1)).await, cache.get(id(2)).await, cache.get(id(1)).await);
        let hits = taken(&CACHE);
        cache.insert(id(3), Arc::new(3)).await;
        if cache.get(id(1)).await.is_none() {
            return Err("the most recently used session was evicted".to_owned());
        }
        match hits.writes {
            0 => Ok(()),
            writes => Err(format!("{writes} of 3 hits locked the cache exclusively")),
        }
    };
    PitfallProgram::new().finally(check).play()
}
