//! A cache whose hits are to need no exclusive lock looks with `peek` where it should `get`: no use is noticed, and
//! the first to come is the first to go, however often it is asked for. Fixed: the cache as it was.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;

use crate::backend::chat::ContextId;
use crate::backend::session::{CACHE, Cache, CacheStats, MutexLru};
use lockyard_explore::Violated;
use lockyard_lock::{LockFamily, LockOf, SharedLock, TokioRwLock};

use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::{Detection, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "fifo-for-lru",
    class: "cache policy",
    about: "hits do not update recency, so the most used session is evicted in insertion order",
    met: "the change this project began with; the lru crate says of `peek` that it leaves the order alone",
    trials: &[Trial::Contract(|variant| {
        let played = match variant {
            Variant::Wrong => used_stays::<Peeking<TokioRwLock, u32>>(),
            Variant::Right => used_stays::<MutexLru<TokioRwLock, u32>>(),
        };
        Detection::unless("recency", played)
    })],
};

struct Peeking<F: LockFamily, V: Send + Sync + 'static>(LockOf<F, LruCache<ContextId, Arc<V>>>);

impl<F: LockFamily, V: Send + Sync + 'static> Cache<V> for Peeking<F, V> {
    fn new(capacity: NonZeroUsize) -> Self {
        Self(SharedLock::new(&CACHE, LruCache::new(capacity)))
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        self.0.read().await.peek(&id).cloned()
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        let _displaced = { self.0.write().await.push(id, value) };
    }

    async fn remove(&self, id: ContextId) {
        let _removed = { self.0.write().await.pop(&id) };
    }

    async fn stats(&self) -> CacheStats {
        CacheStats { len: self.0.read().await.len(), ..CacheStats::default() }
    }
}

/// Three come into a cache for two, and the first is asked for before the third comes.
fn used_stays<C: Cache<u32>>() -> Result<(), Violated> {
    let check = async {
        let cache = C::new(NonZeroUsize::new(2).expect("two are some"));
        for key in [1, 2] {
            cache.insert(id(key), Arc::new(key)).await;
        }
        let _used = cache.get(id(1)).await;
        cache.insert(id(3), Arc::new(3)).await;
        match cache.get(id(1)).await {
            Some(_) => Ok(()),
            None => Err("the most recently used session was evicted, and an unused one is kept".to_owned()),
        }
    };
    PitfallProgram::new().finally(check).play()
}
