//! What a server keeps of one session: what its guard keeps, and the context that some version's texts say. And what it stands on.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::backend::chat::{ChatContext, ContextId, ContextLimits};
use crate::backend::clock::Clock;
use crate::backend::session::{Alive, Cache, LiveCount, Registry, Short};
use crate::backend::store::StoreError;

use super::super::database::Database;
use super::super::directory::Directory;
use super::super::guard::Guard;
use super::super::statement::Connection;
use super::super::stored_session::SharedSession;
use super::rows;

/// What shared sessions stand on.
pub trait SharedEnv: Send + Sync + Sized + 'static {
    /// How sessions are guarded across servers: what varies.
    type Guard: Guard<Database: Database<Connection: Connection + Directory>>;
    /// Short critical sections for a server's own tables.
    type Short<T: Send + 'static>: Short<T>;
    /// What is kept of sessions, by recency.
    type Cache: Cache<SharedEntry<Self>>;
    /// Time.
    type Clock: Clock;

    /// The guard.
    fn guard(&self) -> &Self::Guard;

    /// The clock.
    fn clock(&self) -> &Self::Clock;

    /// An empty cache with room for `capacity` sessions.
    fn cache(&self, capacity: NonZeroUsize) -> Self::Cache {
        Cache::new(capacity)
    }

    /// An id that no session, turn or server ever had.
    fn new_id(&self) -> ContextId;

    /// Runs `future` beside everything else, to its end, even if the caller is cancelled.
    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static);
}

/// What a server keeps of one session.
pub struct SharedEntry<E: SharedEnv> {
    pub(super) id: ContextId,
    /// What the guard keeps. It alone says what the session is now.
    pub(super) local: <E::Guard as Guard>::Local,
    /// A context of some version. **A version names one state**: it rises with every change, and an id is not given again. So
    /// this says nothing of what is now, and is never wrong about its own version.
    decoded: E::Short<Option<Arc<ChatContext>>>,
    /// Whether it was asked for since upkeep looked last.
    used: AtomicBool,
    _tie: <E::Short<Registry<Self>> as Short<Registry<Self>>>::Tie,
    alive: Alive,
}

impl<E: SharedEnv> SharedEntry<E> {
    pub(super) fn new(
        id: ContextId,
        guard: &E::Guard,
        registry: &E::Short<Registry<Self>>,
        live: &LiveCount,
    ) -> Self {
        Self {
            id,
            local: guard.local(id),
            decoded: Short::new(None),
            used: AtomicBool::new(false),
            _tie: registry.tie(),
            alive: live.begin(),
        }
    }

    /// The context that these texts say, which share nothing with it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if they say none.
    pub(super) fn context(
        &self,
        session: &SharedSession,
        limits: ContextLimits,
    ) -> Result<Arc<ChatContext>, StoreError> {
        let known = self.decoded.with(|decoded| decoded.clone());
        if let Some(known) = known.filter(|known| known.version() == session.version) {
            return Ok(known);
        }
        let context = Arc::new(rows::context_of(self.id, session)?.within(limits));
        self.keep(&context);
        Ok(context)
    }

    /// Keeps a context that was made of a newer version than the one that is kept.
    pub(super) fn keep(&self, context: &Arc<ChatContext>) {
        let _older = self.decoded.with(|decoded| {
            let is_newer = decoded.as_ref().is_none_or(|kept| kept.version() < context.version());
            if !is_newer {
                return None;
            }
            // In the section, so that one at a time says how large it is. The texts that the guard keeps are as long again.
            self.alive.takes(2 * context.size());
            decoded.replace(context.clone())
        });
    }

    pub(super) fn bytes(&self) -> usize {
        self.alive.bytes()
    }

    /// It was asked for.
    pub(super) fn touch(&self) {
        self.used.store(true, Relaxed);
    }

    /// Whether it was asked for since this was asked last.
    pub(super) fn was_used(&self) -> bool {
        self.used.swap(false, Relaxed)
    }
}
