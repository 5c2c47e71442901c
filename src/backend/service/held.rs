//! The session that a turn works on, as an object: a turn waits for a model anyway, so it is compiled once and not for
//! every strategy.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::backend::chat::ChatContext;
use crate::backend::clock::Clock;
use crate::backend::session::{Change, ChatSessionManager, Env, Session, SessionError, Settle};

/// What a turn needs of its session.
pub(super) trait HeldSession: Send + Sync {
    /// Changes the context under its write guard.
    fn change<'a>(&'a self, settle: Settle, change: Change<'a>) -> BoxFuture<'a, Result<(), SessionError>>;

    /// Looks at the context under its read guard.
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
    /// What is seen of the context under its read guard.
    pub(super) async fn read<R: Send>(
        &self,
        look: impl FnOnce(&ChatContext) -> R + Send,
    ) -> Result<R, SessionError> {
        let (mut look, mut seen) = (Some(look), None);
        self.look(&mut |context| seen = look.take().map(|look| look(context))).await?;
        Ok(seen.expect("who could look has seen something"))
    }
}

/// A session, held with its manager.
pub(super) struct Held<'a, E: Env> {
    pub(super) manager: &'a Arc<ChatSessionManager<E>>,
    pub(super) session: Session<E>,
}

impl<E: Env> HeldSession for Held<'_, E> {
    fn change<'a>(&'a self, settle: Settle, change: Change<'a>) -> BoxFuture<'a, Result<(), SessionError>> {
        self.manager.change_dyn(&self.session, settle, change).boxed()
    }

    fn look<'a>(
        &'a self,
        look: &'a mut (dyn FnMut(&ChatContext) + Send),
    ) -> BoxFuture<'a, Result<(), SessionError>> {
        self.session.read(look).boxed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.manager.env().clock().sleep(duration).boxed()
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
        self.manager.env().spawn(roll_back.boxed());
    }
}
