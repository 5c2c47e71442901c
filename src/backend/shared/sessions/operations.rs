//! What the endpoints ask of shared sessions.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::backend::chat::{
    ChatContext, ChatError, ContextConfig, ContextId, ContextStateDTO, ContextSummary, IdempotencyKey,
    VersionCondition,
};
use crate::backend::clock::Clock;
use crate::backend::session::{
    Cache, CapacityError, SessionCounts, SessionError, SessionLimits, Sessions, StoreFailure,
};
use crate::backend::store::StoreError;

use super::super::directory::Directory;
use super::super::guard::{Guard, GuardError};
use super::super::stored_session::{Change, NewSession, RequestReceipt};
use super::change::{Denied, How};
use super::entry::SharedEnv;
use super::held::SharedHeld;
use super::rows;
use super::state::SharedSessions;

impl<E: SharedEnv> Sessions for SharedSessions<E> {
    type Short<T: Send + 'static> = E::Short<T>;
    type Clock = E::Clock;
    type Held = SharedHeld<E>;

    fn clock(&self) -> &E::Clock {
        self.env.clock()
    }

    fn limits(&self) -> &SessionLimits {
        &self.options.limits
    }

    async fn create(
        &self,
        config: ContextConfig,
        key: Option<IdempotencyKey>,
        init: impl FnOnce(&mut ChatContext) -> Result<(), ChatError> + Send,
    ) -> Result<ContextId, SessionError> {
        if self.is_full.load(Relaxed) {
            return Err(CapacityError::Sessions { max: self.options.limits.sessions }.into());
        }
        let (id, now) = (self.env.new_id(), self.env.clock().now());
        let refused = |source| SessionError::Refused { id, source };
        let context = ChatContext::new(id, config, now).map_err(refused)?;
        let mut context = context.within(self.options.limits.context);
        init(&mut context).map_err(refused)?;
        context.touch(now);
        let receipt =
            key.map(|IdempotencyKey { key, request }| RequestReceipt { key, request, message: None });
        let (body, settings) =
            rows::head_of(&context).map_err(|source| SessionError::Store { id, source })?;
        let session = NewSession { body, settings, receipt };
        for _ in 0..2 {
            let Err(error) = self.guard().create(id, session.clone()).await else {
                // An id that is drawn anew is no other's.
                return self.noted(Ok(id));
            };
            if error != GuardError::Repeated {
                let error = self.session_error(id, "create", error.map(|never| match never {})).await;
                return self.noted(Err(error));
            }
            if let Some(created) = self.created_before(id, key).await? {
                return Ok(created);
            }
        }
        Err(SessionError::Contended { id })
    }

    async fn read<R: Send>(
        &self,
        id: ContextId,
        look: impl FnOnce(&ChatContext) -> R + Send,
    ) -> Result<R, SessionError> {
        let entry = self.entry(id).await;
        Ok(look(&*self.current(&entry).await?))
    }

    async fn state(&self, id: ContextId) -> Result<ContextStateDTO, SessionError> {
        self.read(id, |context| ContextStateDTO::from(context)).await
    }

    async fn write<R: Send>(
        &self,
        id: ContextId,
        key: Option<IdempotencyKey>,
        change: impl FnOnce(&mut ChatContext) -> Result<R, ChatError> + Clone + Send + Sync,
    ) -> Result<R, SessionError> {
        self.make_room().await?;
        let entry = self.entry(id).await;
        let mut answer = None;
        let again = &mut |context: &mut ChatContext| {
            answer = Some(change.clone()(context)?);
            Ok(())
        };
        self.change(&entry, How::Plain, key, again).await?;
        Ok(answer.expect("a change that was made has an answer"))
    }

    /// What was answered was committed.
    async fn settle(&self, _: ContextId) -> Result<(), SessionError> {
        Ok(())
    }

    async fn delete(&self, id: ContextId, condition: &VersionCondition) -> Result<(), SessionError> {
        let entry = self.entry(id).await;
        let limits = self.options.limits.context;
        let deleted = self
            .guard()
            .change(&entry.local, |session| {
                // What cannot be read is at no version that could be asked for, and can be deleted.
                if *condition != VersionCondition::Any {
                    let context = entry.context(session, limits).map_err(Denied::Unreadable)?;
                    context.require(condition).map_err(Denied::Refused)?;
                }
                Ok(Change::Delete)
            })
            .await;
        let deleted = match deleted {
            Ok(_) => Ok(()),
            Err(error) => Err(self.session_error(id, "delete", error).await),
        };
        self.cache.remove(id).await;
        self.noted(deleted)
    }

    async fn list(&self, after: Option<ContextId>, limit: usize) -> Result<Vec<ContextSummary>, StoreError> {
        let bodies = self.connection().await?.list(after, limit).await;
        let bodies = bodies.map_err(|error| rows::failed("list", &error))?;
        // One that cannot be read is left out, and found when it is asked for.
        Ok(bodies.iter().filter_map(|body| rows::summary_of(body)).collect())
    }

    async fn hold(self: &Arc<Self>, id: ContextId) -> Result<SharedHeld<E>, SessionError> {
        self.make_room().await?;
        Ok(SharedHeld::new(self.clone(), self.entry(id).await))
    }

    fn counts(&self) -> SessionCounts {
        SessionCounts {
            misses: self.misses.load(Relaxed),
            live: self.live.sessions(),
            bytes: self.live.bytes(),
            unsaved: 0,
            unsaved_age: Duration::ZERO,
        }
    }

    fn store_failure(&self) -> Option<StoreFailure> {
        self.health.failure()
    }
}
