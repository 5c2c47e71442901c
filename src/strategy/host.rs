//! The production back end: real locks on tokio.

use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::time::Instant;
use uuid::Uuid;

use crate::backend::chat::{ContextId, Timestamp};
use crate::backend::session::{Clock, Entry, Env, SaveMode, Short, StateMode};
use crate::backend::store::Store;
use lockyard_lock::{AwaitFamily, LockFamily, TokioMutex};

use super::cache::CacheFamily;

/// Types that are chosen and never held.
type Choice<F, C, S, P> = PhantomData<fn() -> (F, C, S, P)>;

/// What a host runs its background work on, and the gate that goes with it: what a tracked strategy has otherwise than
/// one that is not.
pub trait Executor: Send + Sync + 'static {
    /// The lock that orders a session's I/O.
    type Gate: AwaitFamily;

    /// Runs `future` beside everything else.
    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static);
}

impl Executor for Handle {
    /// Never contended on a hit, held across I/O, and part of every session: the plainest lock that can be. That of async-lock is
    /// smaller, and allocates more than it saves when it is first released.
    type Gate = TokioMutex;

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        Handle::spawn(self, future);
    }
}

/// Session locks `F`, cache `C`, save mode `S`, state mode `P` and a store, on a tokio runtime.
pub struct Host<F, C, S, P, St, X = Handle> {
    store: St,
    clock: TokioClock,
    runtime: X,
    ids: IdSource,
    _choice: Choice<F, C, S, P>,
}

impl<F, C, S, P, St, X> Host<F, C, S, P, St, X> {
    /// A host over `store`, whose background work runs on `runtime`.
    pub fn new(store: St, runtime: X, ids: IdSource) -> Self {
        Self { store, clock: TokioClock, runtime, ids, _choice: PhantomData }
    }
}

impl<F, C, S, P, St, X> Env for Host<F, C, S, P, St, X>
where
    F: LockFamily,
    C: CacheFamily,
    S: SaveMode<F>,
    P: StateMode,
    St: Store,
    X: Executor,
{
    type Locks = F;
    type Gate = X::Gate;
    type Short<T: Send + 'static> = Mutex<T>;
    type Cache = C::Cache<Entry<Self>>;
    type Store = St;
    type Clock = TokioClock;
    type Save = S;
    type State = P;

    fn store(&self) -> &St {
        &self.store
    }

    fn clock(&self) -> &TokioClock {
        &self.clock
    }

    fn new_id(&self) -> ContextId {
        self.ids.next()
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(future);
    }
}

impl<T: Send + 'static> Short<T> for Mutex<T> {
    type Tie = ();

    fn new(value: T) -> Self {
        Mutex::new(value)
    }

    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.lock())
    }

    fn tie(&self) {}
}

/// Wall-clock time, and tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioClock;

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        // A clock set before 1970 gives 1970: a stamp is no reason to fail.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn monotonic(&self) -> Duration {
        // tokio's own, which a test may stop and move.
        static START: OnceLock<Instant> = OnceLock::new();
        let now = Instant::now();
        now.saturating_duration_since(*START.get_or_init(|| now))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Where the ids of new sessions come from.
#[derive(Debug)]
pub enum IdSource {
    /// UUIDs of version 7: unique everywhere, ascending with time.
    Unique,
    /// The same ids in every run: for measurements and tests.
    Seeded {
        /// Distinguishes the ids of one source from those of another.
        seed: u64,
        /// The number of the next id.
        next: AtomicU64,
    },
}

impl IdSource {
    /// Ids that depend on the seed and their number alone, ascending.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded { seed, next: AtomicU64::new(0) }
    }

    /// The next id.
    pub fn next(&self) -> ContextId {
        match self {
            Self::Unique => ContextId(Uuid::now_v7()),
            Self::Seeded { seed, next } => {
                // Spread over the low bits, so that ids of neighbours do not hash alike.
                let number = next.fetch_add(1, Relaxed);
                let spread = (number ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                ContextId(Uuid::from_u64_pair(number, spread))
            }
        }
    }
}
