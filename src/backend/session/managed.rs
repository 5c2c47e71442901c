//! The sessions of one process, as the endpoints ask for them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::backend::chat::{
    ChatContext, ChatError, ContextConfig, ContextId, ContextStateDTO, ContextSummary, IdempotencyKey,
    VersionCondition,
};
use crate::backend::clock::Clock;
use crate::backend::store::{Store, StoreError};

use super::env::Env;
use super::error::SessionError;
use super::health::StoreFailure;
use super::limits::SessionLimits;
use super::manager::{ChatSessionManager, Session};
use super::save::{Change, Settle};
use super::sessions::{HeldSession, Sessions};
use super::stats::SessionCounts;

impl<E: Env> Sessions for ChatSessionManager<E> {
    type Short<T: Send + 'static> = E::Short<T>;
    type Clock = E::Clock;
    type Held = Held<E>;

    fn clock(&self) -> &E::Clock {
        self.env.clock()
    }

    fn limits(&self) -> &SessionLimits {
        self.limits()
    }

    async fn create(
        &self,
        config: ContextConfig,
        key: Option<IdempotencyKey>,
        init: impl FnOnce(&mut ChatContext) -> Result<(), ChatError> + Send,
    ) -> Result<ContextId, SessionError> {
        let now = self.time_of(key);
        if let Some(id) = created_before(self, key).await? {
            return Ok(id);
        }
        let init = |context: &mut ChatContext| {
            init(context)?;
            context.remember_creation(key, now);
            Ok(())
        };
        Ok(self.create_session(config, init).await?.id())
    }

    async fn read<R: Send>(
        &self,
        id: ContextId,
        look: impl FnOnce(&ChatContext) -> R + Send,
    ) -> Result<R, SessionError> {
        self.read(id, look).await
    }

    async fn state(&self, id: ContextId) -> Result<ContextStateDTO, SessionError> {
        self.state(id).await
    }

    async fn write<R: Send>(
        &self,
        id: ContextId,
        _: Option<IdempotencyKey>,
        change: impl FnOnce(&mut ChatContext) -> Result<R, ChatError> + Clone + Send + Sync,
    ) -> Result<R, SessionError> {
        // The receipt is part of the context here.
        self.write(id, change).await
    }

    async fn settle(&self, id: ContextId) -> Result<(), SessionError> {
        let session = self.load_context(id).await?;
        self.settle(&session).await
    }

    async fn delete(&self, id: ContextId, condition: &VersionCondition) -> Result<(), SessionError> {
        self.delete_at(id, condition).await
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        self.list(after, limit).await
    }

    async fn hold(self: &Arc<Self>, id: ContextId) -> Result<Held<E>, SessionError> {
        self.make_room().await?;
        Ok(Held { manager: self.clone(), session: self.load_context(id).await? })
    }

    fn counts(&self) -> SessionCounts {
        self.counts()
    }

    fn store_failure(&self) -> Option<StoreFailure> {
        self.store_failure()
    }
}

/// The context that this very request has created before, if it is there still.
async fn created_before<E: Env>(
    manager: &ChatSessionManager<E>,
    key: Option<IdempotencyKey>,
) -> Result<Option<ContextId>, SessionError> {
    let Some(IdempotencyKey { key: name, .. }) = key else { return Ok(None) };
    let Some(id) = manager.env.store().created_by(name).await.map_err(SessionError::Index)? else {
        return Ok(None);
    };
    let now = manager.time_of(key);
    match manager.read(id, |context| context.expect_new(key, now)).await {
        // After its deletion the key is a new one; as it is when it was used long ago.
        Err(SessionError::NotFound { .. }) | Ok(Ok(())) => Ok(None),
        Ok(Err(ChatError::Repeated { .. })) => Ok(Some(id)),
        Ok(Err(source)) => Err(SessionError::Refused { id, source }),
        Err(error) => Err(error),
    }
}

/// A session, held with its manager.
pub struct Held<E: Env> {
    manager: Arc<ChatSessionManager<E>>,
    session: Session<E>,
}

impl<E: Env> HeldSession for Held<E> {
    fn change<'a>(
        &'a self,
        settle: Settle,
        _: Option<IdempotencyKey>,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<(), SessionError>> {
        self.manager.change_dyn(&self.session, settle, change).boxed()
    }

    fn look<'a>(
        &'a self,
        look: &'a mut (dyn FnMut(&ChatContext) + Send),
    ) -> BoxFuture<'a, Result<(), SessionError>> {
        self.session.read(look).boxed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.manager.env.clock().sleep(duration).boxed()
    }

    fn roll_back(&self) {
        let (manager, session) = (self.manager.clone(), self.session.clone());
        let roll_back = async move {
            // Refused only if the session was deleted meanwhile: then there is nothing to roll back.
            let cancel = &mut ChatContext::cancel;
            if let Err(error) = manager.change_dyn(&session, Settle::Acknowledged, cancel).await {
                tracing::debug!(%error, "the roll-back of an abandoned turn was not saved");
            }
        };
        self.manager.env.spawn(roll_back.boxed());
    }
}
