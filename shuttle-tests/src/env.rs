//! The session manager's back end for shuttle.

use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lockyard::backend::chat::{ChatContext, ContextConfig, ContextId, Timestamp};
use lockyard::backend::session::{
    AfterUnlock, Clock, Entry, Env, Locked, MutexLru, SaveMode, Short, StateMode,
};
use lockyard::lock::{AwaitFamily, LockFamily};
use shuttle::future::{self, JoinHandle, yield_now};

use super::locks::{ParkingLotMutex, TokioMutex};
use super::store::ShuttleStore;

/// Session locks `F` and gates `G`, over an LRU; `P` says where states stand, `S` how sessions are saved.
pub struct ShuttleEnv<F, G = TokioMutex, P = Locked, S = AfterUnlock> {
    store: ShuttleStore,
    /// What runs beside the clients, until it is waited for.
    beside: Mutex<Vec<JoinHandle<()>>>,
    _choice: Choice<F, G, P, S>,
}

type Choice<F, G, P, S> = PhantomData<fn() -> (F, G, P, S)>;

impl<F, G, P, S> ShuttleEnv<F, G, P, S> {
    /// A back end whose store holds the sessions 0 to `sessions`, empty ones.
    pub fn new(sessions: u32) -> Self {
        let store = ShuttleStore::new((0..sessions).map(context));
        Self { store, beside: Mutex::default(), _choice: PhantomData }
    }

    /// Waits for what was spawned, and for what that has spawned.
    pub async fn drained(&self) {
        loop {
            let beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(task) = beside else { return };
            task.await.expect("it is never aborted");
        }
    }
}

/// The id with this number.
pub fn id(number: u32) -> ContextId {
    format!("00000000-0000-0000-0000-{number:012}").parse().expect("a well-formed id")
}

/// An empty session with this number.
pub fn context(number: u32) -> ChatContext {
    let config = ContextConfig::new("model", "chat");
    ChatContext::new(id(number), config, Timestamp(0)).expect("a well-formed config")
}

impl<F, G, P, S> Env for ShuttleEnv<F, G, P, S>
where
    F: LockFamily,
    G: AwaitFamily,
    P: StateMode,
    S: SaveMode<F>,
{
    type Locks = F;
    type Gate = G;
    type Short<T: Send + 'static> = ShuttleShort<T>;
    type Cache = MutexLru<ParkingLotMutex, Entry<Self>>;
    type Store = ShuttleStore;
    type Clock = ShuttleClock;
    type Save = S;
    type State = P;

    fn store(&self) -> &ShuttleStore {
        &self.store
    }

    fn clock(&self) -> &ShuttleClock {
        &ShuttleClock
    }

    fn new_id(&self) -> ContextId {
        panic!("no model creates sessions")
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let task = future::spawn(future);
        self.beside.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }
}

/// A clock that stands still. A sleep lets other tasks run.
#[derive(Clone, Copy, Debug)]
pub struct ShuttleClock;

impl Clock for ShuttleClock {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {
        yield_now().await;
    }
}

/// A table of the manager's.
pub struct ShuttleShort<T>(parking_lot::Mutex<T>);

impl<T: Send + 'static> Short<T> for ShuttleShort<T> {
    type Tie = ();

    fn new(value: T) -> Self {
        Self(parking_lot::Mutex::new(value))
    }

    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock())
    }

    fn tie(&self) {}
}
