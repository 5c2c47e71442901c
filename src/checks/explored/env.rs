//! The back end as a whole: an [`Env`] whose every shared access is a step that the explorer chooses.

use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lockyard_explore::{ModelLocks, Shared};
use lockyard_lock::{AwaitFamily, LockFamily};

use crate::backend::chat::{ContextId, Timestamp};
use crate::backend::session::{AfterUnlock, Clock, Entry, Env, Locked, SaveMode, Short, StateMode};

use super::cache::{CacheModel, ModelCache};
use super::store::ModelStore;

/// Model locks, a model cache, a model store and a clock that stands; how a session is saved and where its state is read
/// are the factors that are types.
///
/// `L` and `G` are the families of the session's lock and of its gate: other ones than the model locks for those who
/// plant a fault in them.
pub struct ModelEnv<S = AfterUnlock, P = Locked, L = ModelLocks, G = ModelLocks> {
    store: ModelStore,
    cache: CacheModel,
    /// What hands out ids: a counter that tasks share.
    ids: Shared,
    next_id: AtomicU64,
    _factors: Factors<S, P, L, G>,
}

type Factors<S, P, L, G> = PhantomData<fn() -> (S, P, L, G)>;

impl<S, P: StateMode, L, G> ModelEnv<S, P, L, G> {
    /// A back end over `store`, with a cache like this.
    pub fn new(store: ModelStore, cache: CacheModel) -> Self {
        let (ids, next_id) = (Shared::default(), AtomicU64::new(FIRST_NEW));
        Self { store, cache, ids, next_id, _factors: PhantomData }
    }
}

impl<S: SaveMode<L>, P: StateMode, L: LockFamily, G: AwaitFamily> Env for ModelEnv<S, P, L, G> {
    type Locks = L;
    type Gate = G;
    type Short<T: Send + 'static> = ModelShort<T>;
    type Cache = ModelCache<Entry<Self>>;
    type Store = ModelStore;
    type Clock = ModelClock;
    type Save = S;
    type State = P;

    fn store(&self) -> &ModelStore {
        &self.store
    }

    fn clock(&self) -> &ModelClock {
        &ModelClock
    }

    fn cache(&self, capacity: NonZeroUsize) -> Self::Cache {
        ModelCache::like(self.cache, capacity)
    }

    fn new_id(&self) -> ContextId {
        self.ids.atomic(true);
        numbered(self.next_id.fetch_add(1, Relaxed))
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        lockyard_explore::spawn(future);
    }
}

/// Numbers below this are for sessions that a model puts into its store.
const FIRST_NEW: u64 = 1_001;

/// The id with this number.
pub fn numbered(number: u64) -> ContextId {
    ContextId(uuid::Uuid::from_u128(number.into()))
}

/// A clock that stands still. A task that sleeps on it is woken when the schedule says so; in the background, only as often as
/// the run's [`Setting`](lockyard_explore::Setting) allows.
#[derive(Clone, Copy, Debug)]
pub struct ModelClock;

impl Clock for ModelClock {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    #[track_caller]
    fn sleep(&self, _: Duration) -> impl Future<Output = ()> + Send {
        lockyard_explore::sleep()
    }
}

/// A table of the manager's. Its ties make the end of what it refers to visible.
pub struct ModelShort<T> {
    table: Mutex<T>,
    shared: Shared,
}

/// The end of an object, seen as an access to the table that refers to it.
pub struct ModelTie(Shared);

impl Drop for ModelTie {
    fn drop(&mut self) {
        self.0.atomic(true);
    }
}

impl<T: Send + 'static> Short<T> for ModelShort<T> {
    type Tie = ModelTie;

    fn new(value: T) -> Self {
        Self { table: Mutex::new(value), shared: Shared::default() }
    }

    #[track_caller]
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        self.shared.touch(true);
        // Poisoned only by a run that has failed already.
        f(&mut self.table.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn tie(&self) -> ModelTie {
        ModelTie(self.shared.clone())
    }

    #[track_caller]
    fn at<R>(&self, f: impl FnOnce(&mut T) -> R + Send) -> impl Future<Output = R> + Send {
        let step = self.shared.step("look up in a table", true);
        async move {
            step.await;
            f(&mut self.table.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }
}
