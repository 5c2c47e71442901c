//! The back end as a whole: an [`Env`] of toys.

use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lockyard::backend::chat::{ContextId, Timestamp};
use lockyard::backend::session::{
    Cache, CacheStats, Clock, Entry, Env, MutexLru, Published, SaveMode, Short,
};
use lockyard::lock::{AwaitFamily, LockFamily};

use super::stage;
use super::store::ToyStore;

/// A kind of cache, before it is known what it shall hold.
pub trait Caches: Send + Sync + 'static {
    type Cache<V: Send + Sync + 'static>: Cache<V>;
}

/// The LRU that production uses, behind a toy lock.
pub struct Lru<F>(PhantomData<F>);

impl<F: LockFamily> Caches for Lru<F> {
    type Cache<V: Send + Sync + 'static> = MutexLru<F, V>;
}

/// A cache that can be visited, to send reads past every lock but the session's.
pub struct Visited;

impl Caches for Visited {
    type Cache<V: Send + Sync + 'static> = VisitedCache<V>;
}

/// Session locks `F`, gates `G`, a cache and a save mode.
pub struct ToyEnv<F, G, C, S> {
    store: ToyStore,
    clock: ToyClock,
    ids: AtomicU64,
    _choice: Choice<F, G, C, S>,
}

type Choice<F, G, C, S> = PhantomData<fn() -> (F, G, C, S)>;

impl<F, G, C, S> ToyEnv<F, G, C, S> {
    /// A back end over `store`.
    pub fn new(store: ToyStore) -> Self {
        Self { store, clock: ToyClock, ids: AtomicU64::new(1_000), _choice: PhantomData }
    }
}

impl<F: LockFamily, G: AwaitFamily, C: Caches, S: SaveMode<F>> Env for ToyEnv<F, G, C, S> {
    type Locks = F;
    type Gate = G;
    type Short<T: Send + 'static> = ToyShort<T>;
    type Cache = C::Cache<Entry<Self>>;
    type Store = ToyStore;
    type Clock = ToyClock;
    type Save = S;
    type State = Published;

    fn store(&self) -> &ToyStore {
        &self.store
    }

    fn clock(&self) -> &ToyClock {
        &self.clock
    }

    fn new_id(&self) -> ContextId {
        id(self.ids.fetch_add(1, Relaxed))
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        stage::with(|stage| stage.spawned.push(Box::pin(future)));
    }
}

/// The id with this number.
pub fn id(number: u64) -> ContextId {
    ContextId(uuid::Uuid::from_u128(number.into()))
}

/// A clock that stands still, whose sleepers wake when the seed says so.
#[derive(Clone)]
pub struct ToyClock;

impl Clock for ToyClock {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {
        loop {
            stage::point().await;
            if stage::once_in(2) {
                return;
            }
        }
    }
}

/// A table of the manager's. Its ties count the entries that are alive.
pub struct ToyShort<T>(Mutex<T>);

impl<T: Send + 'static> Short<T> for ToyShort<T> {
    type Tie = ToyTie;

    fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock().unwrap())
    }

    fn tie(&self) -> ToyTie {
        stage::with(|stage| {
            let entries = &mut stage.entries;
            entries.alive += 1;
            entries.made += 1;
            entries.most = entries.most.max(entries.alive);
        });
        ToyTie
    }

    async fn at<R>(&self, f: impl FnOnce(&mut T) -> R + Send) -> R {
        stage::point().await;
        self.with(f)
    }
}

/// Counts one entry for as long as it lives.
pub struct ToyTie;

impl Drop for ToyTie {
    fn drop(&mut self) {
        // An entry of an earlier run that ends late is none of this one's.
        stage::with(|stage| stage.entries.alive = stage.entries.alive.saturating_sub(1));
    }
}

/// Values by recency, oldest first, to be looked at in place.
pub struct VisitedCache<V> {
    capacity: usize,
    values: Mutex<Vec<(ContextId, Arc<V>)>>,
    evictions: AtomicU64,
}

impl<V> VisitedCache<V> {
    /// Takes a value out, or nothing.
    fn take(&self, id: ContextId) -> Option<(ContextId, Arc<V>)> {
        let mut values = self.values.lock().unwrap();
        let place = values.iter().position(|(other, _)| *other == id)?;
        Some(values.remove(place))
    }

    fn renew(&self, id: ContextId) -> Option<Arc<V>> {
        let (id, value) = self.take(id)?;
        self.values.lock().unwrap().push((id, value.clone()));
        Some(value)
    }
}

impl<V: Send + Sync + 'static> Cache<V> for VisitedCache<V> {
    fn new(capacity: NonZeroUsize) -> Self {
        Self { capacity: capacity.get(), values: Mutex::default(), evictions: AtomicU64::new(0) }
    }

    async fn visit<R: Send>(&self, id: ContextId, look: impl FnOnce(&V) -> R + Send) -> Option<R> {
        stage::point().await;
        self.renew(id).map(|value| look(&value))
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        stage::point().await;
        self.renew(id)
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        stage::point().await;
        let _same = self.take(id);
        let mut values = self.values.lock().unwrap();
        values.push((id, value));
        let surplus = values.len().saturating_sub(self.capacity);
        let evicted: Vec<_> = values.drain(..surplus).collect();
        drop(values);
        self.evictions.fetch_add(evicted.len() as u64, Relaxed);
    }

    async fn remove(&self, id: ContextId) {
        stage::point().await;
        let _removed = self.take(id);
    }

    async fn stats(&self) -> CacheStats {
        CacheStats {
            len: self.values.lock().unwrap().len(),
            evictions: self.evictions.load(Relaxed),
            refused: 0,
        }
    }
}
