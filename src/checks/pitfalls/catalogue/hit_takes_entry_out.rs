//! A cache whose only read by key is to remove: a hit takes the session out and puts it back as the most recently
//! used. A reader that looks in between misses a session that the cache holds, and loads it. Fixed: the session is
//! moved to the other end of the list under one lock, and never leaves it.

use std::cell::Cell;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;

use crate::backend::chat::ContextId;
use crate::backend::session::{CACHE, Cache, CacheStats};
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;
use lockyard_lock::{LockOf, SharedLock};

use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "hit-takes-entry-out",
    class: "atomicity",
    about: "a cache hit removes the session and inserts it again, and a concurrent reader misses it",
    met: "misses of a key that the cache holds, under concurrent reads alone: spiceai/spiceai issue 12987, \
          mended by its pull request 13158",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| tasks::<ModelEnv>(variant).explore(program),
        }),
        Trial::Contract(|variant| {
            Detection::unless("missed a cached session", tasks::<Host>(variant).play())
        }),
    ],
};

/// By recency, the most recently used last.
type Entries<V> = Vec<(ContextId, Arc<V>)>;

fn take<V>(entries: &mut Entries<V>, id: ContextId) -> Option<Arc<V>> {
    let at = entries.iter().position(|(other, _)| *other == id)?;
    Some(entries.remove(at).1)
}

/// What a hit does.
trait Hit: Send + Sync + 'static {
    fn hit<E: SessionEnv, V: Send + Sync + 'static>(
        entries: &LockOf<E::Locks, Entries<V>>,
        id: ContextId,
    ) -> impl Future<Output = Option<Arc<V>>> + Send;
}

struct RemoveAndInsert;

impl Hit for RemoveAndInsert {
    async fn hit<E: SessionEnv, V: Send + Sync + 'static>(
        entries: &LockOf<E::Locks, Entries<V>>,
        id: ContextId,
    ) -> Option<Arc<V>> {
        let value = { take(&mut *entries.write().await, id)? };
        E::yield_now().await;
        entries.write().await.push((id, value.clone()));
        Some(value)
    }
}

struct MoveInPlace;

impl Hit for MoveInPlace {
    async fn hit<E: SessionEnv, V: Send + Sync + 'static>(
        entries: &LockOf<E::Locks, Entries<V>>,
        id: ContextId,
    ) -> Option<Arc<V>> {
        let mut entries = entries.write().await;
        let value = take(&mut entries, id)?;
        entries.push((id, value.clone()));
        Some(value)
    }
}

struct Lru<E: SessionEnv, V: Send + Sync + 'static, H> {
    entries: LockOf<E::Locks, Entries<V>>,
    capacity: usize,
    _hit: PhantomData<fn() -> H>,
}

impl<E: SessionEnv, V: Send + Sync + 'static, H: Hit> Cache<V> for Lru<E, V, H> {
    fn new(capacity: NonZeroUsize) -> Self {
        let entries = SharedLock::new(&CACHE, Entries::new());
        Self { entries, capacity: capacity.get(), _hit: PhantomData }
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        H::hit::<E, V>(&self.entries, id).await
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        let _displaced = {
            let mut entries = self.entries.write().await;
            let replaced = take(&mut entries, id);
            entries.push((id, value));
            let oldest = (entries.len() > self.capacity).then(|| entries.remove(0));
            (replaced, oldest)
        };
    }

    async fn remove(&self, id: ContextId) {
        let _removed = { take(&mut *self.entries.write().await, id) };
    }

    async fn stats(&self) -> CacheStats {
        CacheStats { len: self.entries.read().await.len(), ..CacheStats::default() }
    }
}

fn tasks<E: SessionEnv>(variant: Variant) -> PitfallProgram {
    match variant {
        Variant::Wrong => readers::<E, Lru<E, &'static str, RemoveAndInsert>>(),
        Variant::Right => readers::<E, Lru<E, &'static str, MoveInPlace>>(),
    }
}

/// Readers of one session that is cached and that nothing evicts or removes.
fn readers<E: SessionEnv, C: Cache<&'static str>>() -> PitfallProgram {
    let cache = Rc::new(C::new(NonZeroUsize::MIN));
    E::first(cache.insert(id(0), Arc::new("session")));
    let (lookups, misses) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let program = ["one", "other"].into_iter().fold(PitfallProgram::new(), |program, name| {
        let (cache, lookups, misses) = (cache.clone(), lookups.clone(), misses.clone());
        program.part(name, async move {
            lookups.set(lookups.get() + 1);
            if cache.get(id(0)).await.is_none() {
                misses.set(misses.get() + 1);
            }
        })
    });
    program.finally(async move {
        match (misses.get(), lookups.get()) {
            (0, _) => Ok(()),
            (misses, lookups) => {
                Err(format!("{misses} of {lookups} lookups missed a session that was cached all the time"))
            }
        }
    })
}
