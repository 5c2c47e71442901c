//! The model store: every call is a step, may fail or be slow where the setting allows it, and is watched.
//!
//! It holds the manager to what a store may ask of it: one call on a session at a time, no save that goes back, none
//! after the deletion.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::chat::{ChatContext, ContextId, ContextSummary};
use crate::session::store::{Store, StoreError};

use super::footprint::Object;
use super::point::Point;
use super::world::{self, Luck, Place, Want};

/// A store in memory whose calls are steps.
#[derive(Debug, Default)]
pub struct ModelStore(Mutex<Disk>);

#[derive(Debug, Default)]
struct Disk {
    records: BTreeMap<ContextId, ChatContext>,
    deleted: BTreeSet<ContextId>,
    /// Sessions with a caller who waits.
    busy: BTreeSet<ContextId>,
    loads: usize,
    puts: usize,
}

impl ModelStore {
    /// A store that holds these.
    pub fn new(contexts: impl IntoIterator<Item = ChatContext>) -> Self {
        let records = contexts.into_iter().map(|context| (context.id(), context)).collect();
        Self(Mutex::new(Disk { records, ..Disk::default() }))
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call, the effect of which takes place at once.
    async fn call<R>(
        &self,
        what: &'static str,
        id: ContextId,
        write: bool,
        place: Place,
        effect: impl FnOnce(&mut Disk) -> R,
    ) -> Result<R, StoreError> {
        let _caller = Caller::new(self, id);
        Point::new(Want::Store(what), place).await;
        let luck = world::with(|world| {
            world.flash(Object::key(id.0.as_u64_pair().1), write, place);
            let luck = std::mem::take(&mut world.luck);
            if luck != Luck::Good {
                world.touch(Object::FAULTS, true);
            }
            world.note(|| format!("{}{}", name(what), said(luck)), place);
            luck
        });
        let failed = || StoreError::Failed { operation: what, reason: "the schedule says so".to_owned() };
        if luck == Luck::Fails {
            return Err(failed());
        }
        let result = effect(&mut self.disk());
        match luck {
            Luck::FailsLate => return Err(failed()),
            Luck::Slow => Point::new(Want::Go("hears from the store"), place).await,
            Luck::Good | Luck::Fails => {}
        }
        Ok(result)
    }
}

fn name(what: &str) -> &str {
    match what {
        "load" => "loads from the store",
        "put" => "puts into the store",
        "delete" => "deletes from the store",
        other => other,
    }
}

fn said(luck: Luck) -> &'static str {
    match luck {
        Luck::Good => "",
        Luck::Fails => ": fails, nothing has happened",
        Luck::FailsLate => ": fails, but it has happened",
        Luck::Slow => ": has happened, the answer comes later",
    }
}

/// Somebody waits for an answer about a session.
struct Caller<'a> {
    store: &'a ModelStore,
    id: ContextId,
}

impl<'a> Caller<'a> {
    fn new(store: &'a ModelStore, id: ContextId) -> Self {
        if !store.disk().busy.insert(id) {
            world::fail(format!(
                "two calls of the store on session {id} at once: its I/O is to go one by one"
            ));
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
    fn put(&mut self, context: ChatContext) {
        let (id, version) = (context.id(), context.version());
        if self.deleted.contains(&id) {
            world::fail(format!(
                "a save of version {version} has brought back session {id}, which was deleted"
            ));
        }
        if let Some(old) = self.records.insert(id, context)
            && old.version() > version
        {
            let old = old.version();
            world::fail(format!("a save of session {id} has gone back from version {old} to {version}"));
        }
        self.puts += 1;
    }
}

impl Store for ModelStore {
    #[track_caller]
    fn load(&self, id: ContextId) -> impl Future<Output = Result<Option<ChatContext>, StoreError>> + Send {
        self.call("load", id, false, Location::caller(), move |disk| {
            disk.loads += 1;
            disk.records.get(&id).cloned()
        })
    }

    #[track_caller]
    fn put(&self, context: ChatContext) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.call("put", context.id(), true, Location::caller(), |disk| disk.put(context))
    }

    #[track_caller]
    fn delete(&self, id: ContextId) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.call("delete", id, true, Location::caller(), move |disk| {
            disk.records.remove(&id);
            disk.deleted.insert(id);
        })
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        let place = Location::caller();
        Point::new(Want::Store("list"), place).await;
        world::with(|world| {
            for key in 0..8 {
                world.touch(Object::key(key), false);
            }
        });
        let disk = self.disk();
        let later = disk.records.values().filter(|context| after.is_none_or(|after| context.id() > after));
        Ok(later.take(limit).map(ContextSummary::from).collect())
    }
}
