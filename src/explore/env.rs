//! The back end as a whole: an [`Env`] whose every shared access is a step that the explorer chooses.

use std::marker::PhantomData;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::chat::{ContextId, Timestamp};
use crate::lock::{AwaitFamily, LockFamily};
use crate::session::{AfterUnlock, Clock, Entry, Env, Locked, SaveMode, Short, StateMode};

use super::cache::ModelCache;
use super::footprint::Object;
use super::lock::Model;
use super::point::Point;
use super::store::ModelStore;
use super::world::{self, Want};

/// Model locks, a model cache, a model store and a clock that stands; how a session is saved and where its state is read
/// are the factors that are types.
///
/// `L` and `G` are the families of the session's lock and of its gate: other ones than the model locks for those who
/// plant a fault in them.
pub struct ModelEnv<S = AfterUnlock, P = Locked, L = Model, G = Model> {
    store: ModelStore,
    _factors: Factors<S, P, L, G>,
}

type Factors<S, P, L, G> = PhantomData<fn() -> (S, P, L, G)>;

impl<S, P: StateMode, L, G> ModelEnv<S, P, L, G> {
    /// A back end over `store`.
    pub fn new(store: ModelStore) -> Self {
        world::with(|world| world.words |= P::PUBLISHES);
        Self { store, _factors: PhantomData }
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

    fn new_id(&self) -> ContextId {
        let stamp = world::with(|world| {
            world.touch(Object::STAMPS, true);
            world.next_stamp += 1;
            world.next_stamp
        });
        numbered(FIRST_NEW + stamp)
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        world::with(|world| {
            world.touch(Object::TASKS, true);
            world.spawned.push(Box::pin(future));
        });
    }
}

/// Numbers below this are for sessions that a model puts into its store.
const FIRST_NEW: u64 = 1_000;

/// The id with this number.
pub fn numbered(number: u64) -> ContextId {
    ContextId(uuid::Uuid::from_u128(number.into()))
}

/// A clock that stands still. Who sleeps on it is woken when the schedule says so; in the background, only as often as
/// the run's [`Setting`](super::Setting) allows.
#[derive(Clone, Copy, Debug)]
pub struct ModelClock;

impl Clock for ModelClock {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    #[track_caller]
    fn sleep(&self, _: Duration) -> impl Future<Output = ()> + Send {
        Point::new(Want::Tick, Location::caller())
    }
}

/// A table of the manager's. Its ties make the end of what it refers to visible.
pub struct ModelShort<T> {
    table: Mutex<T>,
    object: Object,
}

/// The end of an object, seen as an access to the table that refers to it.
pub struct ModelTie(Object);

impl Drop for ModelTie {
    fn drop(&mut self) {
        world::with(|world| world.touch(self.0, true));
    }
}

impl<T: Send + 'static> Short<T> for ModelShort<T> {
    type Tie = ModelTie;

    fn new(value: T) -> Self {
        Self { table: Mutex::new(value), object: world::with(world::World::object) }
    }

    #[track_caller]
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        let place = Location::caller();
        world::with(|world| world.flash(self.object, true, place));
        // Poisoned only by a run that has failed already.
        f(&mut self.table.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn tie(&self) -> ModelTie {
        ModelTie(self.object)
    }

    #[track_caller]
    fn at<R>(&self, f: impl FnOnce(&mut T) -> R + Send) -> impl Future<Output = R> + Send {
        let place = Location::caller();
        async move {
            Point::new(Want::Go("looks into a table"), place).await;
            world::with(|world| world.flash(self.object, true, place));
            f(&mut self.table.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }
}
