//! What a server keeps of all sessions, and how it comes to one.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::backend::chat::{ChatContext, ContextId};
use crate::backend::session::evict_largest;
use crate::backend::session::{
    Cache, CapacityError, LiveCount, Registry, SessionError, SessionLimits, Short, StoreFailure, StoreHealth,
};
use crate::backend::store::StoreError;

use super::super::database::Database;
use super::super::directory::ServerEntry;
use super::super::guard::{Guard, GuardError};
use super::super::stored_session::{Owner, SharedSession, Token};
use super::entry::{SharedEntry, SharedEnv};
use super::rows;

/// How a server takes part.
#[derive(Clone, Debug)]
pub struct SharedOptions {
    /// The server, as it announces itself.
    pub server: ServerEntry,
    /// How many sessions it keeps copies of.
    pub capacity: NonZeroUsize,
    /// What sessions may take.
    pub limits: SessionLimits,
    /// How long others wait for a turn's next sign of life before they take over.
    pub turn_deadline: Duration,
}

/// Sessions that several servers share.
///
/// **Cancellation.** A read that is dropped leaves nothing behind. A change that is dropped is of unknown outcome: it was
/// made, or will be, or not.
pub struct SharedSessions<E: SharedEnv> {
    pub(super) env: E,
    pub(super) options: SharedOptions,
    pub(super) cache: E::Cache,
    pub(super) registry: E::Short<Registry<SharedEntry<E>>>,
    pub(super) live: LiveCount,
    /// The turns that this server runs, and their sessions.
    pub(super) turns: E::Short<HashMap<Token, ContextId>>,
    /// Where other servers can be asked.
    pub(super) addresses: E::Short<HashMap<Owner, String>>,
    pub(super) health: StoreHealth<E::Short<Option<StoreFailure>>>,
    /// Whether there are as many sessions as may be; asked for from time to time.
    pub(super) is_full: AtomicBool,
    /// Statistics only: nothing is ordered by it.
    pub(super) misses: AtomicU64,
}

impl<E: SharedEnv> SharedSessions<E> {
    /// The sessions of the guard's database.
    pub fn new(env: E, options: SharedOptions) -> Self {
        Self {
            cache: env.cache(options.capacity),
            env,
            options,
            registry: Short::new(Registry::new()),
            live: LiveCount::default(),
            turns: Short::new(HashMap::new()),
            addresses: Short::new(HashMap::new()),
            health: StoreHealth::new(),
            is_full: AtomicBool::new(false),
            misses: AtomicU64::new(0),
        }
    }

    pub(super) fn guard(&self) -> &E::Guard {
        self.env.guard()
    }

    /// The context that the texts of a session say.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if they say none.
    pub fn decoded(id: ContextId, session: &SharedSession) -> Result<ChatContext, StoreError> {
        rows::context_of(id, session)
    }

    /// Who this server is.
    pub(super) fn owner(&self) -> Owner {
        self.options.server.owner
    }

    /// A connection for what no guard asks.
    pub(super) async fn connection(
        &self,
    ) -> Result<<<E::Guard as Guard>::Database as Database>::Connection, StoreError> {
        self.guard().database().connect().await.map_err(|error| StoreError::Failed {
            operation: "connect to PostgreSQL",
            reason: error.to_string(),
        })
    }

    /// The one entry of this id that this server has. In the cache only once there is such a session.
    pub(super) async fn entry(&self, id: ContextId) -> Arc<SharedEntry<E>> {
        if let Some(entry) = self.cache.get(id).await {
            return entry;
        }
        self.misses.fetch_add(1, Relaxed);
        // Look-up and insertion in one section: two entries of one session would be two servers under one name.
        let make = || Arc::new(SharedEntry::new(id, self.guard(), &self.registry, &self.live));
        self.registry.at(|registry| registry.upgrade_or_insert(id, make)).await
    }

    /// The context as it is now.
    pub(super) async fn current(
        &self,
        entry: &Arc<SharedEntry<E>>,
    ) -> Result<Arc<ChatContext>, SessionError> {
        match self.guard().read(&entry.local).await {
            Ok(session) => {
                let decoded = entry.context(&session, self.options.limits.context);
                let context = decoded.map_err(|source| SessionError::Store { id: entry.id, source })?;
                entry.touch();
                self.cache.insert(entry.id, entry.clone()).await;
                Ok(context)
            }
            Err(error) => {
                if error == GuardError::Gone {
                    self.cache.remove(entry.id).await;
                }
                Err(self.session_error(entry.id, "read", error.map(|never| match never {})).await)
            }
        }
    }

    /// Makes room in memory for what is added: what is not in use is forgotten, the largest first.
    pub(super) async fn make_room(&self) -> Result<(), CapacityError> {
        let max = self.options.limits.live_bytes;
        if self.live.bytes() > self.options.limits.eviction_bytes() {
            let sizes = {
                let live = self.registry.at(|registry| registry.live()).await;
                live.iter().map(|entry| (entry.bytes(), entry.id)).collect()
            };
            let is_enough = || self.live.bytes() <= self.options.limits.eviction_bytes();
            evict_largest(&self.cache, sizes, is_enough).await;
        }
        if self.live.bytes() > max { Err(CapacityError::Memory { max }) } else { Ok(()) }
    }
}
