//! The session manager's back end for loom: an [`Env`] whose every shared access loom can see.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use lockyard::backend::chat::{ChatContext, ContextConfig, ContextId, ContextSummary, Timestamp};
use lockyard::backend::session::{AfterUnlock, Clock, Entry, Env, Locked, MutexLru, Short, StateMode};
use lockyard::backend::store::{Store, StoreError};
use lockyard::lock::{AwaitFamily, LockFamily};
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicUsize, Ordering::AcqRel};

use super::LoomRwLock;

/// Session locks `F` and gates `G`, over an LRU behind a loom lock; `P` says whether states are published.
pub struct LoomEnv<F, G, P = Locked> {
    store: LoomStore,
    _choice: PhantomData<fn() -> (F, G, P)>,
}

impl<F, G, P> LoomEnv<F, G, P> {
    /// A back end whose store holds the sessions 0 to `sessions`, empty ones.
    pub fn new(sessions: u64) -> Self {
        let records = (0..sessions).map(|number| (id(number), context(number))).collect();
        let disk = Disk { records, loads: 0 };
        Self { store: LoomStore(Mutex::new(disk)), _choice: PhantomData }
    }
}

/// The id with this number.
pub fn id(number: u64) -> ContextId {
    format!("00000000-0000-0000-0000-{number:012}").parse().expect("a well-formed id")
}

/// An empty session with this number.
pub fn context(number: u64) -> ChatContext {
    let config = ContextConfig::new("loom", "chat");
    ChatContext::new(id(number), config, Timestamp(0)).expect("a well-formed config")
}

impl<F: LockFamily, G: AwaitFamily, P: StateMode> Env for LoomEnv<F, G, P> {
    type Locks = F;
    type Gate = G;
    type Short<T: Send + 'static> = LoomShort<T>;
    type Cache = MutexLru<LoomRwLock, Entry<Self>>;
    type Store = LoomStore;
    type Clock = StoppedClock;
    type Save = AfterUnlock;
    type State = P;

    fn store(&self) -> &LoomStore {
        &self.store
    }

    fn clock(&self) -> &StoppedClock {
        &StoppedClock
    }

    fn new_id(&self) -> ContextId {
        panic!("no model creates sessions")
    }

    fn spawn(&self, _: impl Future<Output = ()> + Send + 'static) {
        panic!("no model needs background work")
    }
}

/// A clock that stands still: time is not what loom explores.
#[derive(Clone, Copy)]
pub struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {}
}

/// A store that counts its loads and refuses a save that goes back.
pub struct LoomStore(Mutex<Disk>);

struct Disk {
    records: BTreeMap<ContextId, ChatContext>,
    loads: usize,
}

impl LoomStore {
    /// How many loads there were.
    pub fn loads(&self) -> usize {
        self.0.lock().unwrap().loads
    }

    /// What is stored.
    pub fn stored(&self, id: ContextId) -> Option<ChatContext> {
        self.0.lock().unwrap().records.get(&id).cloned()
    }
}

impl Store for LoomStore {
    type Stored = ();

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, ())>, StoreError> {
        let mut disk = self.0.lock().unwrap();
        disk.loads += 1;
        Ok(disk.records.get(&id).cloned().map(|context| (context, ())))
    }

    async fn put(&self, context: ChatContext, (): &mut ()) -> Result<(), StoreError> {
        let version = context.version();
        let old = self.0.lock().unwrap().records.insert(context.id(), context);
        assert!(old.is_none_or(|old| old.version() < version), "a save went back");
        Ok(())
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        self.0.lock().unwrap().records.remove(&id);
        Ok(())
    }

    async fn list(&self, _: Option<ContextId>, _: usize) -> Result<Vec<ContextSummary>, StoreError> {
        Ok(Vec::new())
    }
}

/// A table of the manager's, and the atomic that its ties and its sections touch.
pub struct LoomShort<T> {
    table: Mutex<T>,
    life: Arc<AtomicUsize>,
}

/// Makes the end of an object visible: loom does not see the count that an upgrade of a `Weak` asks, so it would
/// never try both orders of an upgrade and the last drop. Both touch one loom atomic instead.
///
/// The count falls just before the tie is touched; so an upgrade between the two finds the object dead, as it is.
pub struct Tie(Arc<AtomicUsize>);

impl Drop for Tie {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.0.fetch_add(1, AcqRel);
        }
    }
}

impl<T: Send + 'static> Short<T> for LoomShort<T> {
    type Tie = Tie;

    fn new(value: T) -> Self {
        Self { table: Mutex::new(value), life: Arc::new(AtomicUsize::new(0)) }
    }

    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        let mut table = self.table.lock().unwrap();
        self.life.fetch_add(1, AcqRel);
        f(&mut table)
    }

    fn tie(&self) -> Tie {
        Tie(self.life.clone())
    }
}
