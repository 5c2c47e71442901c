//! A store that takes its time, and holds its callers to what a store may ask of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lockyard::backend::chat::{ChatContext, ContextId, ContextSummary, Version};
use lockyard::backend::store::{Store, StoreError};
use shuttle::future::yield_now;

/// A store in memory. Others may run before a call takes effect, and before it is answered.
#[derive(Default)]
pub struct ShuttleStore(Mutex<Disk>);

#[derive(Default)]
struct Disk {
    records: BTreeMap<ContextId, ChatContext>,
    deleted: BTreeSet<ContextId>,
    /// Sessions with a waiting caller.
    busy: BTreeSet<ContextId>,
}

impl ShuttleStore {
    /// A store that holds these.
    pub fn new(contexts: impl IntoIterator<Item = ChatContext>) -> Self {
        let records = contexts.into_iter().map(|context| (context.id(), context)).collect();
        Self(Mutex::new(Disk { records, ..Disk::default() }))
    }

    /// What is stored.
    pub fn stored(&self, id: ContextId) -> Option<ChatContext> {
        self.disk().records.get(&id).cloned()
    }

    /// Never held across a scheduling point, so it need not be one.
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call<R>(&self, id: ContextId, effect: impl FnOnce(&mut Disk) -> R) -> R {
        let _caller = Caller::new(self, id);
        yield_now().await;
        let result = effect(&mut self.disk());
        yield_now().await;
        result
    }
}

/// A caller waits for an answer about a session.
struct Caller<'a> {
    store: &'a ShuttleStore,
    id: ContextId,
}

impl<'a> Caller<'a> {
    fn new(store: &'a ShuttleStore, id: ContextId) -> Self {
        let alone = store.disk().busy.insert(id);
        assert!(alone, "two calls of the store on session {id} at once: its I/O is to go one by one");
        Self { store, id }
    }
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        self.store.disk().busy.remove(&self.id);
    }
}

impl Store for ShuttleStore {
    /// The version that is stored.
    type Stored = Option<Version>;

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, Option<Version>)>, StoreError> {
        let found = self.call(id, |disk| disk.records.get(&id).cloned()).await;
        Ok(found.map(|context| {
            let version = context.version();
            (context, Some(version))
        }))
    }

    async fn put(&self, context: ChatContext, stored: &mut Option<Version>) -> Result<(), StoreError> {
        let (id, version, known) = (context.id(), context.version(), stored.take());
        let put = |disk: &mut Disk| {
            let there = disk.records.get(&id).map(ChatContext::version);
            assert!(known.is_none() || known == there, "{known:?} was taken for stored, and {there:?} is");
            assert!(!disk.deleted.contains(&id), "a save has brought back session {id}, which was deleted");
            let old = disk.records.insert(id, context);
            assert!(old.is_none_or(|old| old.version() <= version), "a save went back");
        };
        self.call(id, put).await;
        *stored = Some(version);
        Ok(())
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        let delete = |disk: &mut Disk| {
            disk.records.remove(&id);
            disk.deleted.insert(id);
        };
        self.call(id, delete).await;
        Ok(())
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        yield_now().await;
        let disk = self.disk();
        let later = disk.records.values().filter(|context| after.is_none_or(|after| context.id() > after));
        Ok(later.take(limit).map(ContextSummary::from).collect())
    }
}
