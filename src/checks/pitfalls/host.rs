//! A back end for programs that run as programs run: on one thread, where tasks take turns.
//!
//! Real locks, a store in memory that answers after some turns, and a clock on which to sleep is to let others go on.
//! The order that a pitfall needs comes about each time, without a clock that measures anything.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;

use crate::backend::chat::{ChatContext, ContextId, ContextSummary, Timestamp};
use crate::backend::session::{AfterUnlock, Clock, Entry, Env, Locked, MutexLru, Short};
use crate::backend::store::{Store, StoreError};
use crate::checks::explored::numbered;
use lockyard_lock::{LockFamily, TokioMutex, TokioRwLock};

use super::program::take_turns;

/// The back end, over locks of family `L`.
pub(super) struct Host<L = TokioRwLock> {
    store: DelayedStore,
    next_id: AtomicU64,
    _locks: PhantomData<fn() -> L>,
}

impl<L> Host<L> {
    pub(super) fn new(contexts: Vec<ChatContext>) -> Self {
        Self { store: DelayedStore::new(contexts), next_id: AtomicU64::new(1_000), _locks: PhantomData }
    }
}

impl<L: LockFamily> Env for Host<L> {
    type Locks = L;
    type Gate = TokioMutex;
    type Short<T: Send + 'static> = Table<T>;
    type Cache = MutexLru<L, Entry<Self>>;
    type Store = DelayedStore;
    type Clock = TurnClock;
    type Save = AfterUnlock;
    type State = Locked;

    fn store(&self) -> &DelayedStore {
        &self.store
    }

    fn clock(&self) -> &TurnClock {
        &TurnClock
    }

    fn new_id(&self) -> ContextId {
        numbered(self.next_id.fetch_add(1, Relaxed))
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        tokio::task::spawn_local(future);
    }
}

/// Time stands still, and sleeping lets the other tasks have some turns.
#[derive(Clone, Copy, Debug)]
pub(super) struct TurnClock;

impl Clock for TurnClock {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {
        take_turns().await;
    }
}

/// A short section.
pub(super) struct Table<T>(Mutex<T>);

impl<T: Send + 'static> Short<T> for Table<T> {
    type Tie = ();

    fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock())
    }

    fn tie(&self) {}
}

/// A store in memory: what is asked takes effect at once, and is answered some turns later.
pub(super) struct DelayedStore {
    contexts: Mutex<BTreeMap<ContextId, ChatContext>>,
    loads: AtomicUsize,
    spoiled: AtomicBool,
}

impl DelayedStore {
    fn new(contexts: Vec<ChatContext>) -> Self {
        let contexts = contexts.into_iter().map(|context| (context.id(), context)).collect();
        Self { contexts: Mutex::new(contexts), loads: AtomicUsize::new(0), spoiled: AtomicBool::new(false) }
    }

    /// How many loads there were.
    pub(super) fn loads(&self) -> usize {
        self.loads.load(Relaxed)
    }

    /// Has the next put fail.
    pub(super) fn spoil_next_put(&self) {
        self.spoiled.store(true, Relaxed);
    }
}

impl Store for DelayedStore {
    type Stored = ();

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, ())>, StoreError> {
        self.loads.fetch_add(1, Relaxed);
        let found = self.contexts.lock().get(&id).cloned();
        take_turns().await;
        Ok(found.map(|context| (context, ())))
    }

    async fn put(&self, context: ChatContext, (): &mut ()) -> Result<(), StoreError> {
        if self.spoiled.swap(false, Relaxed) {
            let reason = "this one was to fail".to_owned();
            return Err(StoreError::Failed { operation: "put", reason });
        }
        self.contexts.lock().insert(context.id(), context);
        take_turns().await;
        Ok(())
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        self.contexts.lock().remove(&id);
        take_turns().await;
        Ok(())
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        let contexts = self.contexts.lock();
        let later = contexts.values().filter(|context| after.is_none_or(|after| context.id() > after));
        Ok(later.take(limit).map(ContextSummary::from).collect())
    }
}
