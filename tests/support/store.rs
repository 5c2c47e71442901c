//! A store that can be held up, made to fail, and asked what happened to it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use lockyard::backend::chat::{ChatContext, ContextId, ContextSummary, Version};
use lockyard::backend::store::{Store, StoreError};
use parking_lot::Mutex;
use uuid::Uuid;

use super::{Valve, step_aside};

/// What has taken effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Load(ContextId),
    Put(ContextId, Version),
    Delete(ContextId),
}

/// Contexts in memory, in a store that follows instructions. Clones are handles to the same store.
///
/// It insists on what the manager owes every store here: never two calls for one session at a time.
#[derive(Clone, Default)]
pub struct ScriptedStore(Arc<Script>);

#[derive(Default)]
pub struct Script {
    /// Passed by each load.
    pub loads: Valve,
    /// Passed by each put and delete.
    pub saves: Valve,
    /// Passed by each list.
    pub lists: Valve,
    /// So many loads fail from now on.
    pub failing_loads: AtomicUsize,
    /// What is stored of these cannot be read, until it is deleted.
    pub unreadable: Mutex<BTreeSet<ContextId>>,
    /// So many puts and deletes fail from now on.
    pub failing_saves: AtomicUsize,
    /// How often each call steps aside before it takes effect, and again after it.
    pub pauses: AtomicUsize,
    records: Mutex<BTreeMap<ContextId, ChatContext>>,
    calls: Mutex<Vec<Call>>,
    under_way: Mutex<BTreeSet<ContextId>>,
}

impl std::ops::Deref for ScriptedStore {
    type Target = Script;

    fn deref(&self) -> &Script {
        &self.0
    }
}

impl Script {
    /// What is stored, without asking through the front door.
    pub fn stored(&self, id: ContextId) -> Option<ChatContext> {
        self.records.lock().get(&id).cloned()
    }

    pub fn stored_version(&self, id: ContextId) -> Version {
        self.stored(id).map_or(Version(0), |context| context.version())
    }

    /// Puts a context there as if an earlier process had.
    pub fn plant(&self, context: ChatContext) {
        self.records.lock().insert(context.id(), context);
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().clone()
    }

    pub fn load_count(&self) -> usize {
        self.calls().iter().filter(|call| matches!(call, Call::Load(_))).count()
    }

    /// The versions of this session in the order in which they were put.
    pub fn puts(&self, id: ContextId) -> Vec<Version> {
        let of_this = |call| match call {
            Call::Put(put, version) if put == id => Some(version),
            _ => None,
        };
        self.calls().into_iter().filter_map(of_this).collect()
    }

    /// A version that was given up on may come again; an older one may not.
    pub fn assert_no_save_goes_backwards(&self, id: ContextId) {
        let puts = self.puts(id);
        assert!(puts.is_sorted(), "a save went backwards: {puts:?}");
    }

    async fn pause(&self) {
        for _ in 0..self.pauses.load(SeqCst) {
            step_aside().await;
        }
    }

    async fn save(
        &self,
        operation: &'static str,
        id: ContextId,
        call: Call,
        effect: impl FnOnce(&Self),
    ) -> Result<(), StoreError> {
        let _flight = Flight::begin(self, id);
        self.saves.pass().await;
        self.pause().await;
        if take_one(&self.failing_saves) {
            return Err(failed(operation));
        }
        self.calls.lock().push(call);
        effect(self);
        self.pause().await;
        Ok(())
    }
}

/// One call under way for a session.
struct Flight<'a>(&'a Script, ContextId);

impl<'a> Flight<'a> {
    fn begin(script: &'a Script, id: ContextId) -> Self {
        assert!(script.under_way.lock().insert(id), "two calls for one session at a time: {id}");
        Self(script, id)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.under_way.lock().remove(&self.1);
    }
}

fn take_one(count: &AtomicUsize) -> bool {
    count.fetch_update(SeqCst, SeqCst, |count| count.checked_sub(1)).is_ok()
}

fn failed(operation: &'static str) -> StoreError {
    StoreError::Failed { operation, reason: "it was made to fail".to_owned() }
}

impl Store for ScriptedStore {
    /// The version that is stored.
    type Stored = Option<Version>;

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, Option<Version>)>, StoreError> {
        let _flight = Flight::begin(self, id);
        self.loads.pass().await;
        self.pause().await;
        if take_one(&self.failing_loads) {
            return Err(failed("load"));
        }
        self.calls.lock().push(Call::Load(id));
        if self.unreadable.lock().contains(&id) {
            return Err(StoreError::Corrupt { id, reason: "it was made unreadable".to_owned() });
        }
        let found = self.stored(id);
        self.pause().await;
        Ok(found.map(|context| {
            let version = context.version();
            (context, Some(version))
        }))
    }

    async fn created_by(&self, key: Uuid) -> Result<Option<ContextId>, StoreError> {
        let records = self.records.lock();
        Ok(records.values().find(|context| context.created_by() == Some(key)).map(ChatContext::id))
    }

    async fn put(&self, context: ChatContext, stored: &mut Option<Version>) -> Result<(), StoreError> {
        let (id, version, known) = (context.id(), context.version(), stored.take());
        let put = |script: &Script| {
            let there = script.stored(id).map(|context| context.version());
            assert!(known.is_none() || known == there, "{known:?} was taken for stored, and {there:?} is");
            script.plant(context);
        };
        self.save("put", id, Call::Put(id, version), put).await?;
        *stored = Some(version);
        Ok(())
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        let delete = |script: &Script| {
            script.records.lock().remove(&id);
            script.unreadable.lock().remove(&id);
        };
        self.save("delete", id, Call::Delete(id), delete).await
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        self.lists.pass().await;
        let from = after.map_or(Unbounded, Excluded);
        Ok(self
            .records
            .lock()
            .range((from, Unbounded))
            .take(limit)
            .map(|(_, context)| context.into())
            .collect())
    }
}
