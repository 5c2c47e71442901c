//! The model store: every call is a step, may fail or be slow where the setting allows it, and is watched.
//!
//! It holds the manager to what a store may ask of it: one call on a session at a time, no save that goes back, none
//! after the deletion; and what is remembered of a session between two calls is what is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lockyard_explore::{InjectedFault, Shared, annotate, fail, point_as};

use crate::backend::chat::{ChatContext, ContextId, ContextSummary, Version};
use crate::backend::store::{Store, StoreError};

/// So many things stand for the records of all sessions: sessions that share one are taken for one, so that more orders
/// are tried than need be, never fewer.
const RECORDS: usize = 8;

/// A store in memory whose calls are steps.
#[derive(Debug, Default)]
pub struct ModelStore {
    disk: Mutex<Disk>,
    records: [Shared; RECORDS],
}

#[derive(Debug, Default)]
struct Disk {
    records: BTreeMap<ContextId, ChatContext>,
    deleted: BTreeSet<ContextId>,
    /// Sessions with a waiting caller.
    busy: BTreeSet<ContextId>,
    loads: usize,
    puts: usize,
}

impl ModelStore {
    /// A store that holds these.
    pub fn new(contexts: impl IntoIterator<Item = ChatContext>) -> Self {
        let records = contexts.into_iter().map(|context| (context.id(), context)).collect();
        Self { disk: Mutex::new(Disk { records, ..Disk::default() }), records: Default::default() }
    }

    /// What is stored.
    pub fn stored(&self, id: ContextId) -> Option<ChatContext> {
        self.disk().records.get(&id).cloned()
    }

    /// How many loads there were, failed ones too.
    pub fn loads(&self) -> usize {
        self.disk().loads
    }

    /// How many puts took effect.
    pub fn puts(&self) -> usize {
        self.disk().puts
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        // Poisoned only by a run that has failed already.
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stands for the record of a session.
    fn record(&self, id: ContextId) -> &Shared {
        &self.records[(id.0.as_u64_pair().1 % RECORDS as u64) as usize]
    }

    /// One call, the effect of which takes place at once. `call` is its step.
    async fn call<R>(
        &self,
        operation: &'static str,
        id: ContextId,
        call: impl Future<Output = InjectedFault>,
        effect: impl FnOnce(&mut Disk) -> R,
    ) -> Result<R, StoreError> {
        let _caller = Caller::new(self, id);
        let fault = call.await;
        let failed = || StoreError::Failed { operation, reason: "the schedule says so".to_owned() };
        if fault == InjectedFault::Fails {
            return Err(failed());
        }
        let result = effect(&mut self.disk());
        match fault {
            InjectedFault::FailsLate => return Err(failed()),
            InjectedFault::Slow => point_as("answer of the store").await,
            InjectedFault::None | InjectedFault::Fails => {}
        }
        Ok(result)
    }
}

/// A caller waits for an answer about a session.
struct Caller<'a> {
    store: &'a ModelStore,
    id: ContextId,
}

impl<'a> Caller<'a> {
    fn new(store: &'a ModelStore, id: ContextId) -> Self {
        if !store.disk().busy.insert(id) {
            fail(format!("two calls of the store on session {id} at once: its I/O is to go one by one"));
        }
        Self { store, id }
    }
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        self.store.disk().busy.remove(&self.id);
    }
}

impl Disk {
    fn put(&mut self, context: ChatContext, known: Option<Version>) {
        let (id, version) = (context.id(), context.version());
        let there = self.records.get(&id).map(ChatContext::version);
        if known.is_some() && known != there {
            fail(format!("version {known:?} of session {id} is taken for stored, and {there:?} is"));
        }
        if self.deleted.contains(&id) {
            fail(format!("a save of version {version} has brought back session {id}, which was deleted"));
        }
        let old = self.records.insert(id, context).map(|old| old.version());
        annotate(|| match old {
            Some(old) => format!("version {old} → {version}"),
            None => format!("version {version}, the first"),
        });
        if let Some(old) = old.filter(|old| *old > version) {
            fail(format!("a save of session {id} has gone back from version {old} to {version}"));
        }
        self.puts += 1;
    }
}

impl Store for ModelStore {
    /// The version that is stored.
    type Stored = Option<Version>;

    #[track_caller]
    fn load(
        &self,
        id: ContextId,
    ) -> impl Future<Output = Result<Option<(ChatContext, Option<Version>)>, StoreError>> + Send {
        let call = self.record(id).call("store: load", false);
        self.call("load", id, call, move |disk| {
            disk.loads += 1;
            let found = disk.records.get(&id).cloned();
            annotate(|| match &found {
                Some(context) => format!("version {}", context.version()),
                None => "nothing".to_owned(),
            });
            found.map(|context| {
                let version = context.version();
                (context, Some(version))
            })
        })
    }

    #[track_caller]
    fn put(
        &self,
        context: ChatContext,
        stored: &mut Option<Version>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let call = self.record(context.id()).call("store: put", true);
        async move {
            let (known, version) = (stored.take(), context.version());
            self.call("put", context.id(), call, |disk| disk.put(context, known)).await?;
            *stored = Some(version);
            Ok(())
        }
    }

    #[track_caller]
    fn delete(&self, id: ContextId) -> impl Future<Output = Result<(), StoreError>> + Send {
        let call = self.record(id).call("store: delete", true);
        self.call("delete", id, call, move |disk| {
            disk.records.remove(&id);
            disk.deleted.insert(id);
        })
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        point_as("list the store").await;
        self.records.iter().for_each(|record| record.atomic(false));
        let disk = self.disk();
        let later = disk.records.values().filter(|context| after.is_none_or(|after| context.id() > after));
        Ok(later.take(limit).map(ContextSummary::from).collect())
    }
}
