//! A change under a guard: of the newest context, whoever has left it, and of a request that is made once, whichever servers
//! it comes to.

use std::sync::Arc;

use crate::backend::chat::{
    ChatContext, ChatError, ContextId, IdempotencyKey, MessageId, Receipt, StateKind,
};
use crate::backend::clock::Clock;
use crate::backend::session::{Cache, Change as ContextChange, SessionError, Short};
use crate::backend::store::StoreError;

use super::super::directory::{Directory, StoredReceipt};
use super::super::guard::{Guard, GuardError};
use super::super::stored_session::{
    Change, Owner, RequestReceipt, SharedSession, Token, TurnChange, TurnHold, TurnLost,
};
use super::entry::{SharedEntry, SharedEnv};
use super::rows;
use super::state::SharedSessions;

/// On whose behalf a session is changed.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// By a request that is over with its change.
    Plain,
    /// By a turn of this server.
    Turn {
        /// Which one.
        token: Token,
        /// Whether it has begun: then it must still be the session's.
        began: bool,
    },
    /// For the turn of a server that has gone.
    Abandon,
}

/// Why a change is not made of a session as it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Denied {
    /// The change refuses.
    Refused(ChatError),
    /// The turn is not the session's any more.
    TurnLost,
    /// There is no turn to be ended.
    NoTurn,
    /// The texts say no context, or the context no texts.
    Unreadable(StoreError),
}

impl From<TurnLost> for Denied {
    fn from(TurnLost: TurnLost) -> Self {
        Self::TurnLost
    }
}

impl<E: SharedEnv> SharedSessions<E> {
    /// Makes a change, for the request of this key if it has one. It may be called several times, with newer contexts.
    pub(super) async fn change(
        &self,
        entry: &Arc<SharedEntry<E>>,
        how: How,
        key: Option<IdempotencyKey>,
        change: ContextChange<'_>,
    ) -> Result<(), SessionError> {
        let id = entry.id;
        // A second time only where the receipt that was in the way was too old to count.
        for _ in 0..2 {
            let (mut made, mut seen) = (None, None);
            let changed = self
                .guard()
                .change(&entry.local, |session| {
                    let older = entry.context(session, self.options.limits.context);
                    let older = older.map_err(Denied::Unreadable)?;
                    seen = Some((older.state_kind(), session.turn));
                    let (mut context, turn) = self.applied(how, session, &older, change)?;
                    context.touch(self.env.clock().now());
                    // It stands beside the sessions, where keys are unique among all of them.
                    let receipt = context.take_receipt().map(|receipt| {
                        let IdempotencyKey { key, request } = receipt.request();
                        RequestReceipt { key, request, message: receipt.message.map(|message| message.0) }
                    });
                    let write = rows::write_of(&context, &older, turn, receipt);
                    let write = write.map_err(Denied::Unreadable)?;
                    made = Some(Arc::new(context));
                    Ok(Change::Write(write))
                })
                .await;
            let error = match changed {
                Ok(version) => {
                    // Only what is known to be committed: after an unknown outcome, this version may be another's.
                    if let Some(made) = made.filter(|made| made.version() == version) {
                        entry.keep(&made);
                    }
                    entry.touch();
                    self.cache.insert(id, entry.clone()).await;
                    return self.noted(Ok(()));
                }
                Err(error) => error,
            };
            // Whatever is in the way of a request that was made before: it may well be what it has made itself.
            if let (Some(key), GuardError::Repeated | GuardError::Refused(_) | GuardError::Busy) =
                (key, &error)
            {
                match self.receipt(key, id).await? {
                    Some(answered) => {
                        let is_at_work = seen.is_some_and(|(_, turn)| turn.is_some());
                        let begins = matches!(how, How::Turn { began: false, .. });
                        if begins && is_at_work && matches!(answered, ChatError::Repeated { .. }) {
                            return Err(SessionError::RequestUnderWay { id });
                        }
                        return Err(SessionError::Refused { id, source: answered });
                    }
                    None if error == GuardError::Repeated => continue,
                    None => {}
                }
            }
            if error == GuardError::Gone {
                self.cache.remove(id).await;
            }
            if let (GuardError::Busy, Some((state, turn))) = (&error, seen) {
                return Err(self.busy(id, state, turn).await);
            }
            let error = self.session_error(id, "change", error).await;
            return self.noted(Err(error));
        }
        Err(SessionError::Contended { id })
    }

    /// What the change makes of a session, and what becomes of its turn.
    fn applied(
        &self,
        how: How,
        session: &SharedSession,
        older: &ChatContext,
        change: ContextChange<'_>,
    ) -> Result<(ChatContext, TurnChange), Denied> {
        let mut context = older.clone();
        let lasts = self.options.turn_deadline;
        match how {
            How::Plain => {
                change(&mut context).map_err(Denied::Refused)?;
                Ok((context, TurnChange::Keep))
            }
            How::Abandon => {
                let token = session.turn.ok_or(Denied::NoTurn)?.token;
                change(&mut context).map_err(Denied::Refused)?;
                Ok((context, TurnChange::Abandon { token }))
            }
            How::Turn { token, began: true } => {
                // Looked at first: what the turn would do may well be refused by what others have made of the session.
                let end = session.end_of(token)?;
                change(&mut context).map_err(Denied::Refused)?;
                let turn =
                    if context.state_kind().is_working() { session.step_of(token, lasts)? } else { end };
                Ok((context, turn))
            }
            How::Turn { token, began: false } => {
                let turn = TurnHold { token, owner: self.owner() };
                match (change(&mut context), session.turn) {
                    (Ok(()), _) if context.state_kind().is_working() => {
                        Ok((context, session.begin_turn(turn, lasts)))
                    }
                    // All that it had to do is done by this one change.
                    (Ok(()), _) => Ok((context, TurnChange::Keep)),
                    // Another turn is in the way. If its deadline has passed, which the database looks at, it is over.
                    (Err(ChatError::Busy { .. }), Some(_)) => {
                        let mut context = older.clone();
                        context.recover();
                        change(&mut context).map_err(Denied::Refused)?;
                        Ok((context, session.begin_turn(turn, lasts)))
                    }
                    (Err(error), _) => Err(Denied::Refused(error)),
                }
            }
        }
    }

    /// What is to be answered to a request with this key that was made before; nothing if it was not.
    async fn receipt(&self, key: IdempotencyKey, id: ContextId) -> Result<Option<ChatError>, SessionError> {
        let Some(found) = self.stored_receipt(key, id).await? else { return Ok(None) };
        if found.request != key.request {
            return Ok(Some(ChatError::KeyReused));
        }
        let message = found.message.map(MessageId);
        let receipt = Receipt::new(key, self.env.clock().now(), found.version, message);
        Ok(Some(ChatError::Repeated { receipt }))
    }

    /// The receipt of the request with this key. Without one, those that are too old to count are forgotten: one of them may be
    /// in the way still.
    async fn stored_receipt(
        &self,
        key: IdempotencyKey,
        id: ContextId,
    ) -> Result<Option<StoredReceipt>, SessionError> {
        let of_store = |source| SessionError::Store { id, source };
        let mut connection = self.connection().await.map_err(of_store)?;
        let asked = connection.receipt(key.key).await;
        let found = asked.map_err(|error| of_store(rows::failed("look for the key", &error)))?;
        if found.is_none() {
            let forgotten = connection.forget_receipts().await;
            forgotten.map_err(|error| of_store(rows::failed("forget old keys", &error)))?;
        }
        Ok(found)
    }

    /// The session that this very request has created before. Nothing if the receipt that was in the way was too old to
    /// count.
    pub(super) async fn created_before(
        &self,
        id: ContextId,
        key: Option<IdempotencyKey>,
    ) -> Result<Option<ContextId>, SessionError> {
        let Some(key) = key else { return Ok(None) };
        match self.stored_receipt(key, id).await? {
            Some(found) if found.request != key.request => {
                Err(SessionError::Refused { id, source: ChatError::KeyReused })
            }
            found => Ok(found.map(|found| found.session)),
        }
    }

    /// Another turn is at work.
    async fn busy(&self, id: ContextId, state: StateKind, turn: Option<TurnHold>) -> SessionError {
        match turn.filter(|turn| turn.owner != self.owner()) {
            Some(turn) => SessionError::BusyElsewhere { id, at: self.address(turn.owner).await },
            None => SessionError::Refused { id, source: ChatError::Busy { state } },
        }
    }

    /// Where a server can be asked, if it has said so.
    pub(super) async fn address(&self, owner: Owner) -> Option<String> {
        if let Some(known) = self.addresses.with(|addresses| addresses.get(&owner).cloned()) {
            return Some(known);
        }
        let found = self.connection().await.ok()?.address(owner).await.ok()??;
        // A process that is started anew is another owner: what is known stays right.
        self.addresses.with(|addresses| addresses.insert(owner, found.clone()));
        Some(found)
    }

    /// A guard's no, as the endpoints know it.
    pub(super) async fn session_error(
        &self,
        id: ContextId,
        operation: &'static str,
        error: GuardError<Denied>,
    ) -> SessionError {
        let failed =
            |reason: String| SessionError::Store { id, source: StoreError::Failed { operation, reason } };
        match error {
            GuardError::Gone => SessionError::NotFound { id },
            GuardError::Refused(Denied::Refused(source)) => SessionError::Refused { id, source },
            GuardError::Refused(Denied::TurnLost | Denied::NoTurn) => SessionError::TurnLost { id },
            GuardError::Refused(Denied::Unreadable(source)) => SessionError::Store { id, source },
            GuardError::Elsewhere(owner) => {
                let at = match owner {
                    Some(owner) => self.address(owner).await,
                    None => None,
                };
                SessionError::Elsewhere { id, at }
            }
            GuardError::Contended | GuardError::Busy => SessionError::Contended { id },
            error @ (GuardError::Unavailable(_) | GuardError::Unknown | GuardError::Repeated) => {
                failed(error.map(|_| "it was refused").to_string())
            }
        }
    }

    /// Notes whether the database takes writes.
    pub(super) fn noted<R>(&self, outcome: Result<R, SessionError>) -> Result<R, SessionError> {
        self.health.note(&outcome);
        outcome
    }
}
