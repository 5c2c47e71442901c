//! What the endpoints ask of sessions, whoever keeps them: one process alone, or several that share them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::backend::chat::{
    ChatContext, ChatError, ContextConfig, ContextId, ContextStateDTO, ContextSummary, IdempotencyKey,
    Timestamp, VersionCondition,
};
use crate::backend::clock::Clock;
use crate::backend::store::StoreError;

use super::env::Short;
use super::error::SessionError;
use super::health::StoreFailure;
use super::limits::SessionLimits;
use super::save::{Change, Settle};
use super::stats::SessionCounts;

/// Sessions, as the endpoints ask for them. [`ChatSessionManager`](super::ChatSessionManager) has those of one process.
///
/// **Linearizable.** Each answer is as if the operation had happened at one moment between its call and its return.
///
/// **Made once.** A change with a key, and its receipt, are kept together. If the request was made before, the answer is
/// [`ChatError::Repeated`] with the first time's receipt, or [`ChatError::KeyReused`] if that was another request.
pub trait Sessions: Send + Sync + Sized + 'static {
    /// Short critical sections for the endpoints' own tables.
    type Short<T: Send + 'static>: Short<T>;
    /// Time.
    type Clock: Clock;
    /// A session that a turn works on.
    type Held: HeldSession;

    /// The clock.
    fn clock(&self) -> &Self::Clock;

    /// What sessions may take.
    fn limits(&self) -> &SessionLimits;

    /// Creates a session, applies `init` to it and stores it before it returns; or the one that this very request has created
    /// before.
    ///
    /// # Errors
    /// Whatever `init` refuses; [`SessionError::Capacity`] where there is no room; [`SessionError::Store`] when it cannot be
    /// stored.
    fn create(
        &self,
        config: ContextConfig,
        key: Option<IdempotencyKey>,
        init: impl FnOnce(&mut ChatContext) -> Result<(), ChatError> + Send,
    ) -> impl Future<Output = Result<ContextId, SessionError>> + Send;

    /// Looks at a context.
    ///
    /// # Errors
    /// [`SessionError::NotFound`]; [`SessionError::Store`] when it cannot be loaded.
    fn read<R: Send>(
        &self,
        id: ContextId,
        look: impl FnOnce(&ChatContext) -> R + Send,
    ) -> impl Future<Output = Result<R, SessionError>> + Send;

    /// State and version of a context.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn state(&self, id: ContextId) -> impl Future<Output = Result<ContextStateDTO, SessionError>> + Send;

    /// Changes a context: `change` either does all it wants or refuses and changes nothing. Where servers share the session, it
    /// may be made several times, each time of what another has left meanwhile; the last one counts.
    ///
    /// `key` is that of the request, if it has one: `change` [asks for it](ChatContext::expect_new) and
    /// [notes it](ChatContext::remember).
    ///
    /// # Errors
    /// As [`read`](Self::read); [`SessionError::Refused`] when `change` refuses; [`SessionError::Store`] when the change is
    /// made but not stored, or it is not known whether it was made.
    fn write<R: Send>(
        &self,
        id: ContextId,
        key: Option<IdempotencyKey>,
        change: impl FnOnce(&mut ChatContext) -> Result<R, ChatError> + Clone + Send + Sync,
    ) -> impl Future<Output = Result<R, SessionError>> + Send;

    /// Sees to it that a session is as safe as an acknowledged change: for an answer that is given again.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn settle(&self, id: ContextId) -> impl Future<Output = Result<(), SessionError>> + Send;

    /// Deletes a session for good, if it is at a version that the condition allows.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn delete(
        &self,
        id: ContextId,
        condition: &VersionCondition,
    ) -> impl Future<Output = Result<(), SessionError>> + Send;

    /// Summaries by id, after `after`.
    ///
    /// # Errors
    /// What the store says.
    fn list(
        &self,
        after: Option<ContextId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<ContextSummary>, StoreError>> + Send;

    /// A session for a turn to work on.
    ///
    /// # Errors
    /// As [`read`](Self::read); [`SessionError::Capacity`] where there is no room.
    fn hold(self: &Arc<Self>, id: ContextId)
    -> impl Future<Output = Result<Self::Held, SessionError>> + Send;

    /// What this process has done and holds, in constant time and without waiting for anybody.
    fn counts(&self) -> SessionCounts;

    /// Why the store takes no writes, if the last one has failed and none has succeeded since.
    fn store_failure(&self) -> Option<StoreFailure>;

    /// The time that a key is used. Without one nobody asks for it, and no clock is read on the way of a plain write.
    fn time_of(&self, key: Option<IdempotencyKey>) -> Timestamp {
        key.map_or_else(Timestamp::default, |_| self.clock().now())
    }
}

/// What a turn needs of its session. An object: a turn waits for a model anyway, so it is compiled once and not for every
/// strategy.
pub trait HeldSession: Send + Sync {
    /// Changes the context, for the request of this key if there is one; `change` may be made several times, as that of
    /// [`Sessions::write`].
    fn change<'a>(
        &'a self,
        settle: Settle,
        key: Option<IdempotencyKey>,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<(), SessionError>>;

    /// Looks at the context.
    fn look<'a>(
        &'a self,
        look: &'a mut (dyn FnMut(&ChatContext) + Send),
    ) -> BoxFuture<'a, Result<(), SessionError>>;

    /// Waits.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;

    /// Takes the session back to idle in the background.
    fn roll_back(&self);
}

impl dyn HeldSession + '_ {
    /// What is seen of the context.
    ///
    /// # Errors
    /// As [`Sessions::read`].
    ///
    /// # Panics
    /// If a look that went well has not looked, which is a fault of the session.
    pub async fn read<R: Send>(
        &self,
        look: impl FnOnce(&ChatContext) -> R + Send,
    ) -> Result<R, SessionError> {
        let (mut look, mut seen) = (Some(look), None);
        self.look(&mut |context| seen = look.take().map(|look| look(context))).await?;
        Ok(seen.expect("who could look has seen something"))
    }
}
