//! What shared sessions stand on in production: a guard over PostgreSQL, on tokio.

use std::future::Future;

use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::backend::chat::ContextId;
use crate::backend::postgres::PostgresDatabase;
use crate::backend::session::ShardedLru;
use crate::backend::shared::{Guard, SharedEntry, SharedEnv};
use crate::strategy::{IdSource, TokioClock};
use lockyard_lock::{ParkingLotMutex, TokioMutex};

/// The locks by which one server's own tasks take turns at a session: held across statements.
pub type LocalLocks = TokioMutex;

/// A guard on a tokio runtime.
pub struct SharedHost<G> {
    guard: G,
    clock: TokioClock,
    runtime: Handle,
}

impl<G> SharedHost<G> {
    /// A host whose background work runs on `runtime`.
    pub fn new(guard: G, runtime: Handle) -> Self {
        Self { guard, clock: TokioClock, runtime }
    }
}

impl<G: Guard<Database = PostgresDatabase>> SharedEnv for SharedHost<G> {
    type Guard = G;
    type Short<T: Send + 'static> = Mutex<T>;
    // Statements take a thousand times as long as any cache: the plainest that does not make all sessions meet at one lock.
    type Cache = ShardedLru<ParkingLotMutex, SharedEntry<Self>>;
    type Clock = TokioClock;

    fn guard(&self) -> &G {
        &self.guard
    }

    fn clock(&self) -> &TokioClock {
        &self.clock
    }

    fn new_id(&self) -> ContextId {
        IdSource::Unique.next()
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(future);
    }
}
