//! A toy store: calls take effect in the order of their first poll and answer when they please.
//!
//! It is as nasty as the [`Store`] contract lets it be: a call that fails, or whose caller was dropped, may have
//! happened, may happen yet, though not after a later call, or never. And it watches its callers: two calls on one
//! session at once, a save that goes back, or a save after the deletion end the run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard};

use lockyard::backend::chat::{ChatContext, ContextId, ContextSummary, Version};
use lockyard::backend::store::{Store, StoreError};

use super::stage;

/// The store.
#[derive(Default)]
pub struct ToyStore {
    disk: Mutex<Disk>,
    /// Calls fail once in so many; never for zero.
    fail_once_in: usize,
}

#[derive(Default)]
struct Disk {
    records: BTreeMap<ContextId, ChatContext>,
    deleted: BTreeSet<ContextId>,
    /// What was asked for and has not happened yet.
    pending: VecDeque<(u64, Effect)>,
    next_call: u64,
    /// Sessions with a caller that still waits.
    busy: BTreeSet<ContextId>,
    loads: usize,
    fail_next: bool,
}

enum Effect {
    None,
    /// And the version that is taken for stored.
    Put(Box<ChatContext>, Option<Version>),
    Delete(ContextId),
}

impl ToyStore {
    /// A store that holds `contexts`, whose calls fail once in `fail_once_in`.
    pub fn new(contexts: impl IntoIterator<Item = ChatContext>, fail_once_in: usize) -> Self {
        let records = contexts.into_iter().map(|context| (context.id(), context)).collect();
        Self { disk: Mutex::new(Disk { records, ..Disk::default() }), fail_once_in }
    }

    /// What is stored for good, once everything that was asked for has happened.
    pub fn stored(&self, id: ContextId) -> Option<ChatContext> {
        let mut disk = self.disk();
        disk.happen(u64::MAX);
        disk.records.get(&id).cloned()
    }

    /// How many loads there were, failed ones too.
    pub fn loads(&self) -> usize {
        self.disk().loads
    }

    /// Makes the next call fail.
    pub fn fail_next(&self) {
        self.disk().fail_next = true;
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        // Poisoned by a run that has failed already.
        self.disk.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn call(&self, operation: &'static str, id: ContextId, effect: Effect) -> Result<(), StoreError> {
        let call = self.disk().ask(id, effect);
        let mut caller = Caller { disk: &self.disk, id, call, answered: false };
        stage::point().await;
        if std::mem::take(&mut self.disk().fail_next) || stage::once_in(self.fail_once_in) {
            return Err(StoreError::Failed { operation, reason: "the seed says so".to_owned() });
        }
        self.disk().happen(call);
        caller.answered = true;
        Ok(())
    }
}

impl Disk {
    fn ask(&mut self, id: ContextId, effect: Effect) -> u64 {
        assert!(self.busy.insert(id), "two calls on one session at once");
        self.next_call += 1;
        self.pending.push_back((self.next_call, effect));
        self.next_call
    }

    /// Lets everything happen up to this call.
    fn happen(&mut self, call: u64) {
        while self.pending.front().is_some_and(|(number, _)| *number <= call) {
            match self.pending.pop_front() {
                Some((_, Effect::Put(context, known))) => self.put(*context, known),
                Some((_, Effect::Delete(id))) => {
                    self.records.remove(&id);
                    self.deleted.insert(id);
                }
                Some((_, Effect::None)) | None => {}
            }
        }
    }

    fn put(&mut self, context: ChatContext, known: Option<Version>) {
        let id = context.id();
        let there = self.records.get(&id).map(ChatContext::version);
        assert!(known.is_none() || known == there, "{known:?} was taken for stored, and {there:?} is");
        assert!(!self.deleted.contains(&id), "a save has brought back what was deleted");
        if let Some(old) = self.records.insert(id, context) {
            let new = &self.records[&id];
            assert!(old.version() < new.version() || old == *new, "a save has gone back");
        }
    }
}

/// A caller waits for an answer about a session.
struct Caller<'a> {
    disk: &'a Mutex<Disk>,
    id: ContextId,
    call: u64,
    answered: bool,
}

impl Drop for Caller<'_> {
    /// A call that was dropped or has failed may have happened, may yet, or never will.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return; // this run is over
        }
        let fate = if self.answered { 0 } else { stage::below(3) };
        let Ok(mut disk) = self.disk.lock() else { return };
        disk.busy.remove(&self.id);
        match fate {
            1 => disk.happen(self.call),
            2 => disk.pending.retain(|(call, _)| *call != self.call),
            _ => {}
        }
    }
}

impl Store for ToyStore {
    /// The version that is stored.
    type Stored = Option<Version>;

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, Option<Version>)>, StoreError> {
        self.disk().loads += 1;
        self.call("load", id, Effect::None).await?;
        let found = self.disk().records.get(&id).cloned();
        Ok(found.map(|context| {
            let version = context.version();
            (context, Some(version))
        }))
    }

    async fn put(&self, context: ChatContext, stored: &mut Option<Version>) -> Result<(), StoreError> {
        let (id, version, known) = (context.id(), context.version(), stored.take());
        self.call("put", id, Effect::Put(Box::new(context), known)).await?;
        *stored = Some(version);
        Ok(())
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        self.call("delete", id, Effect::Delete(id)).await
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        stage::point().await;
        let disk = self.disk();
        let later = disk.records.values().filter(|context| after.is_none_or(|after| context.id() > after));
        Ok(later.take(limit).map(ContextSummary::from).collect())
    }
}
