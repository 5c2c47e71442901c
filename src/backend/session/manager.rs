//! `ChatSessionManager`: live sessions by id, loaded once, never twice, saved in order.
//!
//! # Lock order
//!
//! 1. the **cache**'s own lock: taken once per call and released before anything else is asked for;
//! 2. the **gate** of a session: held across that session's I/O, never taken on a hit;
//! 3. the **session** itself: short sections, no await inside (except where saving under the lock is the strategy).
//!
//! The manager's tables (registry, unsaved) are entered last, for a few instructions, and nothing is acquired inside.
//! Two sessions are never held together. `docs/LOCKING.md` says why each rule stands and what breaks without it.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::backend::chat::{
    ChatContext, ChatError, ContextConfig, ContextId, ContextSummary, VersionCondition,
};
use lockyard_lock::AwaitFamily;

use super::cache::Cache;
use super::entry::Entry;
use crate::backend::clock::Clock;

use super::env::{Env, Short};
use super::error::SessionError;
use super::health::{StoreFailure, StoreHealth};
use super::limits::{SessionCount, SessionLimits};
use super::live::LiveCount;
use super::registry::Registry;
use super::save::{Change, SaveMode, Settle};
use super::slot::Slot;
use super::unsaved::Unsaved;
use crate::backend::store::{Store, StoreError};

/// What "acknowledged" promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Stored. The default.
    WriteThrough,
    /// Changed in memory; stored by the next auto-save, so that a crash loses at most the changes of the last `within`.
    ///
    /// While that cannot be kept, a change is stored before it is acknowledged, as in write-through: when an unsaved
    /// change is older than `within`, since the store is too slow, and from a save that failed until all is saved again.
    /// What was acknowledged before the store stopped answering stays unsaved as long as that lasts.
    WriteBehind {
        /// From this many unsaved sessions on, writers save their own changes before they are acknowledged.
        max_unsaved: usize,
        /// How old an acknowledged change may be and not yet stored. To be auto-saved several times in it: what is
        /// left of it is how long the store may take.
        within: Duration,
    },
}

/// A handle that keeps one session alive. While it lives, no second copy of the session is loaded.
pub struct Session<E: Env>(pub(super) Arc<Entry<E>>);

impl<E: Env> Clone for Session<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: Env> Session<E> {
    /// Which session this is.
    pub fn id(&self) -> ContextId {
        self.0.id
    }

    /// Looks at the context under the read guard.
    ///
    /// # Errors
    /// [`SessionError::NotFound`] when it was deleted meanwhile.
    pub async fn read<R>(&self, look: impl FnOnce(&ChatContext) -> R + Send) -> Result<R, SessionError> {
        let slot = self.0.look().await;
        Ok(look(slot.live(self.0.id)?))
    }
}

/// A bounded cache of live sessions over a store.
///
/// What it promises: a miss loads once however many ask; at most one live copy of a session, even when it is evicted
/// while a handle exists; a save never goes backwards; a deletion is final, even while handles exist.
///
/// **Cancellation.** Any call may be dropped at any await. A reader leaves nothing behind; a loader passes the load
/// on to the next waiter; a writer leaves either no change, or a change that is marked as unsaved and will be saved.
pub struct ChatSessionManager<E: Env> {
    pub(super) env: E,
    pub(super) cache: E::Cache,
    pub(super) registry: E::Short<Registry<Entry<E>>>,
    pub(super) live: LiveCount,
    pub(super) unsaved: E::Short<Unsaved<E>>,
    pub(super) durability: Durability,
    pub(super) limits: SessionLimits,
    pub(super) stored: SessionCount,
    pub(super) health: StoreHealth<E::Short<Option<StoreFailure>>>,
    /// Statistics only: nothing is ordered by it.
    pub(super) misses: AtomicU64,
}

impl<E: Env> ChatSessionManager<E> {
    /// A manager with room for `capacity` sessions in its cache.
    pub fn new(env: E, capacity: NonZeroUsize, durability: Durability) -> Self {
        Self {
            cache: env.cache(capacity),
            env,
            registry: Short::new(Registry::new()),
            live: LiveCount::default(),
            unsaved: Short::new(Unsaved::new()),
            durability,
            limits: SessionLimits::default(),
            stored: SessionCount::new(),
            health: StoreHealth::new(),
            misses: AtomicU64::new(0),
        }
    }

    /// The same manager, with bounds on what sessions may take.
    #[must_use]
    pub fn within(self, limits: SessionLimits) -> Self {
        Self { limits, ..self }
    }

    /// What sessions may take.
    pub fn limits(&self) -> &SessionLimits {
        &self.limits
    }

    /// What the manager stands on.
    pub fn env(&self) -> &E {
        &self.env
    }

    /// Creates a session, applies `init` to it under the write guard and stores it before it returns.
    ///
    /// # Errors
    /// Whatever `init` refuses; [`SessionError::Capacity`] where there is no room;
    /// [`SessionError::Store`] when it cannot be stored: then it is withdrawn again.
    pub async fn create_session(
        &self,
        config: ContextConfig,
        init: impl FnOnce(&mut ChatContext) -> Result<(), ChatError> + Send,
    ) -> Result<Session<E>, SessionError> {
        self.admit_session().await?;
        self.make_room().await?;
        let id = self.env.new_id();
        let context = ChatContext::new(id, config, self.env.clock().now())
            .map_err(|source| SessionError::Refused { id, source })?
            .within(self.limits.context);
        // In the registry before it is stored: should the caller be dropped below, the entry is still the only one
        // of its id.
        let entry = self.entry(id, Slot::Live(context)).await;
        if let Err(error) = self.change_entry(&entry, Settle::Stored, init).await {
            self.withdraw(&entry).await;
            return Err(error);
        }
        self.stored.change(1);
        // Only once it is stored: until then it may have to be withdrawn, and no other caller knows the id.
        self.cache.insert(id, entry.clone()).await;
        Ok(Session(entry))
    }

    /// The session, loaded if need be and pinned for as long as the handle lives.
    ///
    /// # Errors
    /// [`SessionError::NotFound`]; [`SessionError::Capacity`] where there is no room for it; [`SessionError::Store`] when it
    /// cannot be loaded.
    pub async fn load_context(&self, id: ContextId) -> Result<Session<E>, SessionError> {
        if let Some(entry) = self.cache.get(id).await {
            return Ok(Session(entry));
        }
        self.misses.fetch_add(1, Relaxed);
        let entry = self.entry(id, Slot::EMPTY).await;
        // The count before the wait at the gate: a load that fails after this look is shared, one that failed
        // before it is tried again. The guard ends with the statement, since the gate must not be asked for while
        // the slot is held.
        let failures_seen = match &*entry.look().await {
            Slot::Live(_) => None,
            Slot::Gone { .. } => return Err(SessionError::NotFound { id }),
            Slot::Empty { failures, .. } => Some(*failures),
        };
        if let Some(failures_seen) = failures_seen {
            self.make_room_to_load().await?;
            self.load(&entry, failures_seen).await?;
        }
        // Only what is live: an entry whose load failed would take the room of one that can be read.
        self.cache.insert(id, entry.clone()).await;
        Ok(Session(entry))
    }

    /// Looks at a context under its read guard. This is the hot path: on a hit in a cache that can be visited it
    /// writes nothing shared but the lock.
    ///
    /// # Errors
    /// As [`load_context`](Self::load_context).
    pub async fn read<R: Send>(
        &self,
        id: ContextId,
        look: impl FnOnce(&ChatContext) -> R + Send,
    ) -> Result<R, SessionError> {
        let mut look = Some(look);
        let seen = self
            .cache
            .visit(id, |entry| {
                // Tried, not awaited: the cache may hold a pin of its own while this runs. A writer inside sends
                // the caller the slow way.
                let slot = entry.try_look()?;
                let context = slot.live(id).ok()?;
                look.take().map(|look| look(context))
            })
            .await
            .flatten();
        match (seen, look) {
            // `look` is still there exactly if it did not run, so it runs once in either way.
            (None, Some(look)) => self.load_context(id).await?.read(look).await,
            (seen, _) => seen.ok_or(SessionError::NotFound { id }),
        }
    }

    /// Changes a context under its write guard: `change` either does all it wants or refuses and changes nothing.
    /// Each accepted change raises the version by one. Acknowledged as the [`Durability`] mode promises.
    ///
    /// # Errors
    /// As [`load_context`](Self::load_context); [`SessionError::Refused`] when `change` refuses;
    /// [`SessionError::Store`] when the change is made but not stored.
    pub async fn write<R: Send>(
        &self,
        id: ContextId,
        change: impl FnOnce(&mut ChatContext) -> Result<R, ChatError> + Send,
    ) -> Result<R, SessionError> {
        self.make_room().await?;
        let session = self.load_context(id).await?;
        self.change(&session, Settle::Acknowledged, change).await
    }

    /// [`write`](Self::write) to a session at hand, saved as `settle` asks.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn change<R: Send>(
        &self,
        session: &Session<E>,
        settle: Settle,
        change: impl FnOnce(&mut ChatContext) -> Result<R, ChatError> + Send,
    ) -> Result<R, SessionError> {
        self.change_entry(&session.0, settle, change).await
    }

    /// [`change`](Self::change) for what is an object already.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn change_dyn(
        &self,
        session: &Session<E>,
        settle: Settle,
        change: Change<'_>,
    ) -> Result<(), SessionError> {
        E::Save::change(self, &session.0, settle, change).await
    }

    /// Makes an object of a change, and an answer of what it left.
    async fn change_entry<R: Send>(
        &self,
        entry: &Arc<Entry<E>>,
        settle: Settle,
        change: impl FnOnce(&mut ChatContext) -> Result<R, ChatError> + Send,
    ) -> Result<R, SessionError> {
        let (mut change, mut answer) = (Some(change), None);
        let once = &mut |context: &mut ChatContext| {
            let change = change.take().expect("a change is made once");
            answer = Some(change(context)?);
            Ok(())
        };
        // If this is dropped or fails after the change was made, the answer is lost and the change is not: it is
        // marked.
        E::Save::change(self, entry, settle, once).await?;
        Ok(answer.expect("a change that was made has an answer"))
    }

    /// Deletes a session for good: stored before it returns, in every mode. Callers that still have a handle find it
    /// gone, and no save of theirs brings it back. What is stored need not be readable for that.
    ///
    /// # Errors
    /// As [`load_context`](Self::load_context), except where what is stored is unreadable; [`SessionError::Store`] when it
    /// is gone from memory but not yet from the store: auto-save will see to it.
    pub async fn delete(&self, id: ContextId) -> Result<(), SessionError> {
        self.delete_at(id, &VersionCondition::Any).await
    }

    /// [`delete`](Self::delete), if the session is at a version that the condition allows. One that cannot be read is at
    /// none that could be asked for.
    ///
    /// # Errors
    /// As [`delete`](Self::delete); [`SessionError::Refused`] when it is at another version.
    pub async fn delete_at(&self, id: ContextId, condition: &VersionCondition) -> Result<(), SessionError> {
        let entry = match self.load_context(id).await {
            Ok(Session(entry)) => entry,
            // It is there, and no repetition will make it readable. Its one entry is buried, whoever else may be about
            // to load it: they find it gone at the gate.
            Err(SessionError::Store { source: StoreError::Corrupt { .. }, .. })
                if *condition == VersionCondition::Any =>
            {
                self.entry(id, Slot::EMPTY).await
            }
            Err(error) => return Err(error),
        };
        self.bury(&entry, condition).await?;
        self.stored.change(-1);
        // Last, and only for the room: from `bury` on the entry answers `NotFound` wherever it is found.
        self.cache.remove(id).await;
        Ok(())
    }

    /// Summaries from the store's index, by id, after `after`. No session is loaded for it, and the cache is left
    /// alone; in write-behind it may be behind by the auto-save interval.
    ///
    /// # Errors
    /// What the store says.
    pub async fn list(
        &self,
        after: Option<ContextId>,
        limit: usize,
    ) -> Result<Vec<ContextSummary>, StoreError> {
        self.env.store().list(after, limit).await
    }

    /// The one live entry of this id: an existing one, or a new one that starts as `slot`.
    async fn entry(&self, id: ContextId, slot: Slot) -> Arc<Entry<E>> {
        let make = || Arc::new(Entry::new(id, slot, &self.registry, &self.live));
        // Look-up and insertion in one section: of two requests that miss the cache at once, one makes the entry
        // and the other finds it. In two sections both could make one, and two copies would overwrite each other in
        // the store.
        self.registry.at(|registry| registry.upgrade_or_insert(id, make)).await
    }

    /// Makes the session `Gone` in memory, then in the store, under its gate.
    async fn bury(&self, entry: &Arc<Entry<E>>, condition: &VersionCondition) -> Result<(), SessionError> {
        let mut saved = E::Gate::hold(&entry.gate).await;
        let bury = |slot: &mut Slot| {
            // One more than every save may carry. A save that waits at the gate finds `saved` beyond its own
            // version; or, if the deletion could not be stored, finds the slot `Gone` and deletes. Neither stores
            // the session again.
            match &*slot {
                Slot::Gone { .. } => return Err(SessionError::NotFound { id: entry.id }),
                Slot::Live(context) => {
                    let refused = |source| SessionError::Refused { id: entry.id, source };
                    context.require(condition).map_err(refused)?;
                }
                Slot::Empty { .. } => {}
            }
            let version = slot.version().next();
            *slot = Slot::Gone { version };
            // Under the guard, as every change: if the store refuses, auto-save finds the mark and repeats the
            // deletion.
            self.mark_unsaved(entry, version);
            Ok(slot.clone())
        };
        let gone = entry.change(bury).await?;
        self.store(entry, gone, &mut saved).await
    }

    /// Takes back a session that could not be stored when it was created: no caller was given its id. The store may have
    /// got it all the same, so it is deleted there too, now or by auto-save.
    async fn withdraw(&self, entry: &Arc<Entry<E>>) {
        if let Err(error) = self.bury(entry, &VersionCondition::Any).await {
            tracing::debug!(%error, "a session that could not be created is withdrawn by the next auto-save");
        }
    }
}
