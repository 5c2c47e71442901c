//! A store that outlives the manager in front of it, and counts what that manager loads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use lockyard::backend::chat::{ChatContext, ContextConfig, ContextId, ContextSummary, Timestamp};
use lockyard::backend::store::{MemoryStore, Store, StoreError};
use lockyard::strategy::IdSource;

use super::backend::message;

/// Contexts in memory, shared by all clones of the store.
#[derive(Clone, Default)]
pub struct CountingStore(Arc<Counted>);

#[derive(Default)]
struct Counted {
    contexts: MemoryStore,
    loads: AtomicU64,
    /// How many have said that they want the session that is loaded next, and how many must have before it is.
    arrived: AtomicU64,
    crowd: AtomicU64,
}

impl CountingStore {
    /// A store of `sessions` contexts with so many messages each, and their ids.
    pub async fn filled(sessions: u64, messages: usize) -> (Self, Vec<ContextId>) {
        let (store, source) = (Self::default(), IdSource::seeded(1));
        let ids: Vec<_> = (0..sessions).map(|_| source.next()).collect();
        for id in &ids {
            let config = ContextConfig::new("none", "chat");
            let mut context = ChatContext::new(*id, config, Timestamp(0)).expect("a model and a mode");
            for _ in 0..messages {
                context.append(message(), None).expect("the branch that every context has");
            }
            store.write(context).await.expect("a memory store takes everything");
        }
        (store, ids)
    }

    /// How many contexts were loaded since the last call.
    pub fn take_loads(&self) -> u64 {
        self.0.loads.swap(0, Relaxed)
    }

    /// Keeps loads waiting until so many have arrived, so that they do meet at one load.
    pub fn wait_for_crowd(&self, crowd: u64) {
        self.0.arrived.store(0, Relaxed);
        self.0.crowd.store(crowd, Relaxed);
    }

    /// One of the crowd is about to ask.
    pub fn arrive(&self) {
        self.0.arrived.fetch_add(1, Relaxed);
    }
}

impl Store for CountingStore {
    type Stored = ();

    async fn load(&self, id: ContextId) -> Result<Option<(ChatContext, ())>, StoreError> {
        self.0.loads.fetch_add(1, Relaxed);
        while self.0.arrived.load(Relaxed) < self.0.crowd.load(Relaxed) {
            tokio::task::yield_now().await;
        }
        self.0.contexts.load(id).await
    }

    async fn put(&self, context: ChatContext, (): &mut ()) -> Result<(), StoreError> {
        self.0.contexts.put(context, &mut ()).await
    }

    async fn delete(&self, id: ContextId) -> Result<(), StoreError> {
        self.0.contexts.delete(id).await
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        self.0.contexts.list(after, limit).await
    }
}
