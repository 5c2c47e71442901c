//! A session in a turn, which one server runs: every step of it carries the turn's token, and between steps it gives signs of
//! life ([`upkeep`](SharedSessions::upkeep)).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::backend::chat::{ChatContext, IdempotencyKey};
use crate::backend::clock::Clock;
use crate::backend::session::{Change, HeldSession, SessionError, Settle, Short};

use super::super::stored_session::Token;
use super::change::How;
use super::entry::{SharedEntry, SharedEnv};
use super::state::SharedSessions;

/// A session, held for a turn.
pub struct SharedHeld<E: SharedEnv> {
    sessions: Arc<SharedSessions<E>>,
    entry: Arc<SharedEntry<E>>,
    token: Token,
    /// Whether the session is this turn's. A turn is one task: nothing is ordered by it.
    began: AtomicBool,
    /// Whether it is left to a task in the background.
    is_left: AtomicBool,
}

impl<E: SharedEnv> SharedHeld<E> {
    pub(super) fn new(sessions: Arc<SharedSessions<E>>, entry: Arc<SharedEntry<E>>) -> Self {
        let token = Token(sessions.env.new_id().0);
        Self { sessions, entry, token, began: AtomicBool::new(false), is_left: AtomicBool::new(false) }
    }

    fn how(&self) -> How {
        How::Turn { token: self.token, began: self.began.load(Relaxed) }
    }

    async fn step(&self, key: Option<IdempotencyKey>, change: Change<'_>) -> Result<(), SessionError> {
        let mut is_working = false;
        let step = &mut |context: &mut ChatContext| {
            change(context)?;
            is_working = context.state_kind().is_working();
            Ok(())
        };
        // Before it is sent: should this be dropped, or its outcome not be known, the session may be this turn's all the same,
        // and is to be rolled back by its token.
        let (id, token) = (self.entry.id, self.token);
        self.sessions.turns.with(|turns| turns.insert(token, id));
        let made = self.sessions.change(&self.entry, self.how(), key, step).await;
        let is_ours = match &made {
            Ok(()) => is_working,
            // Refused: as before.
            Err(SessionError::Refused { .. }) => self.began.load(Relaxed),
            Err(_) => false,
        };
        self.began.store(is_ours, Relaxed);
        if !is_ours {
            self.sessions.turns.with(|turns| turns.remove(&token));
        }
        made
    }
}

impl<E: SharedEnv> HeldSession for SharedHeld<E> {
    fn change<'a>(
        &'a self,
        _: Settle,
        key: Option<IdempotencyKey>,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<(), SessionError>> {
        self.step(key, change).boxed()
    }

    fn look<'a>(
        &'a self,
        look: &'a mut (dyn FnMut(&ChatContext) + Send),
    ) -> BoxFuture<'a, Result<(), SessionError>> {
        async move {
            look(&*self.sessions.current(&self.entry).await?);
            Ok(())
        }
        .boxed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.sessions.env.clock().sleep(duration).boxed()
    }

    fn roll_back(&self) {
        self.is_left.store(true, Relaxed);
        let (sessions, entry, token) = (self.sessions.clone(), self.entry.clone(), self.token);
        let roll_back = async move {
            let cancel = &mut ChatContext::cancel;
            // As a turn that has begun: if it has not, or is over, the token is not the session's, and nothing is done. If the
            // database cannot be asked, others end the turn when its deadline has passed.
            let how = How::Turn { token, began: true };
            if let Err(error) = sessions.change(&entry, how, None, cancel).await {
                tracing::debug!(%error, "the roll-back of an abandoned turn was not saved");
            }
            sessions.turns.with(|turns| turns.remove(&token));
        };
        self.sessions.env.spawn(roll_back.boxed());
    }
}

impl<E: SharedEnv> Drop for SharedHeld<E> {
    fn drop(&mut self) {
        // Until it is rolled back, it is a turn of this server, which does not end before that.
        if !self.is_left.load(Relaxed) {
            self.sessions.turns.with(|turns| turns.remove(&self.token));
        }
    }
}
