//! A client of the system under exploration: what it asks, and what it notes of the answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::backend::chat::{AppendedDTO, ChatContext, ChatContextDTO, NewMessage, Role, Version};
use crate::backend::service::ChatService;
use crate::backend::session::{Env, SessionError};
use crate::checks::sessions::id;
use crate::checks::spec::{Answer, Call, Token};

use super::planned::Outcome;
use super::system::System;

/// Operations of one client.
pub(super) struct Client<E: Env> {
    system: System<E>,
    process: u64,
}

impl<E: Env> System<E> {
    /// A client, whose operations are noted by its number.
    pub(super) fn client(&self, process: u64) -> Client<E> {
        Client { system: self.clone(), process }
    }
}

impl<E: Env> Client<E> {
    /// Notes an operation as planned.
    fn plan(&self, key: u32, call: Call) -> (System<E>, usize) {
        (self.system.clone(), self.system.plan(self.process, key, call))
    }

    /// Appends a message.
    pub(super) fn append(&self, key: u32, text: &str) -> impl Future<Output = ()> + use<E> {
        let (system, at) = self.plan(key, Call::Append(Token::of(text)));
        let (message, newest) = (NewMessage::text(Role::User, text), NewestVersion::default());
        let seen = newest.clone();
        async move {
            let append = move |context: &mut ChatContext| {
                let id = context.append(message, None)?;
                newest.is(context.version().next());
                Ok(AppendedDTO { id, version: context.version().next() })
            };
            // Large, and moved several times: most of what it costs to put a program together, if it were not boxed.
            let change = Box::pin(system.manager().write(id(key), append));
            let answer = seen.watching(&system, key, change).await;
            system.answered(at, changed(&answer.map(Answer::from)));
        }
    }

    /// Looks at the state.
    pub(super) fn state(&self, key: u32) -> impl Future<Output = ()> + use<E> {
        let (system, at) = self.plan(key, Call::State);
        async move {
            let answer = system.manager().state(id(key)).await;
            system.answered(at, looked(&answer.map(Answer::from)));
        }
    }

    /// Looks at the session.
    pub(super) fn look(&self, key: u32) -> impl Future<Output = ()> + use<E> {
        let (system, at) = self.plan(key, Call::Context);
        async move {
            let answer = system.manager().read(id(key), |context| ChatContextDTO::from(context)).await;
            system.answered(at, looked(&answer.map(|context| Answer::from(&context))));
        }
    }

    /// Deletes the session.
    pub(super) fn delete(&self, key: u32) -> impl Future<Output = ()> + use<E> {
        let (system, at) = self.plan(key, Call::Delete);
        async move {
            let answer = system.manager().delete(id(key)).await;
            system.answered(at, changed(&answer.map(|()| Answer::Done)));
        }
    }

    /// A whole turn. What it says when the session was deleted meanwhile is of unknown outcome: it may have begun.
    pub(super) fn turn(&self, key: u32, text: &str) -> impl Future<Output = ()> + use<E> {
        let (system, at) = self.plan(key, Call::Send(Token::of(text)));
        let message = NewMessage::text(Role::User, text);
        async move {
            let outcome = match system.backend.send_message_action(id(key), message).await {
                Ok(action) => Outcome::Answered(Answer::turn(action.began, action.message, &action.context)),
                Err(error) if error.is_refusal() => Outcome::Refused,
                Err(_) => Outcome::Unknown,
            };
            system.answered(at, outcome);
        }
    }

    /// A turn by a caller that looks whether the session is idle and then begins, whatever was begun in between.
    pub(super) fn careless_turn(&self, key: u32, text: &str) -> impl Future<Output = ()> + use<E> {
        let (system, at) = self.plan(key, Call::Send(Token::of(text)));
        let message = NewMessage::text(Role::User, text);
        async move {
            let manager = system.manager();
            let state = manager.read(id(key), ChatContext::state_kind).await;
            if !state.is_ok_and(|state| !state.is_working()) {
                system.answered(at, Outcome::Refused);
                return;
            }
            let begin = |context: &mut ChatContext| {
                if context.state_kind().is_working() {
                    context.cancel()?;
                }
                let message = context.begin_turn(message)?;
                Ok((context.version().next(), message))
            };
            let Ok((began, message)) = manager.write(id(key), begin).await else { return };
            let end = |context: &mut ChatContext| {
                if context.state_kind().is_working() {
                    context.cancel()?;
                }
                Ok(())
            };
            let _ended = manager.write(id(key), end).await;
            let after = manager.read(id(key), |context| ChatContextDTO::from(context)).await;
            if let Ok(after) = after {
                system.answered(at, Outcome::Answered(Answer::turn(began, Some(message), &after)));
            }
        }
    }

    /// A turn that is not rolled back when it is dropped.
    pub(super) fn forgetful_turn(&self, key: u32, text: &str) -> impl Future<Output = ()> + use<E> {
        let (system, at) = self.plan(key, Call::Send(Token::of(text)));
        let message = NewMessage::text(Role::User, text);
        async move {
            let manager = system.manager();
            let begin = |context: &mut ChatContext| context.begin_turn(message);
            if manager.write(id(key), begin).await.is_err() {
                system.answered(at, Outcome::Refused);
                return;
            }
            let _ended = manager.write(id(key), ChatContext::cancel).await;
        }
    }

    /// Saves whatever is unsaved. It is no operation of the history.
    pub(super) fn flush(&self) -> impl Future<Output = ()> + use<E> {
        let system = self.system.clone();
        system.operation_of_no_client();
        async move {
            lockyard_explore::point().await;
            let _failures = system.manager().flush().await;
        }
    }

    /// A read of a session that no other client asks for, to take the others' place in the cache.
    pub(super) fn foreign_read(&self, key: u32) -> impl Future<Output = ()> + use<E> {
        self.look(key)
    }
}

/// The version that a change has made, noted inside the write guard.
#[derive(Clone, Default)]
struct NewestVersion(Arc<AtomicU64>);

impl NewestVersion {
    fn is(&self, version: Version) {
        self.0.store(version.0, Relaxed);
    }

    /// Runs a change, and notes its version for the session after every step of it.
    async fn watching<E: Env, R>(self, system: &System<E>, key: u32, change: impl Future<Output = R>) -> R {
        let mut change = std::pin::pin!(change);
        std::future::poll_fn(|context| {
            let poll = change.as_mut().poll(context);
            let version = self.0.load(Relaxed);
            if version > 0 {
                system.reached(key, version);
            }
            poll
        })
        .await
    }
}

fn changed(answer: &Result<Answer, SessionError>) -> Outcome {
    match answer {
        Ok(answer) => Outcome::Answered(*answer),
        Err(SessionError::NotFound { .. }) => Outcome::Answered(Answer::Gone),
        Err(error) if error.is_of_unknown_outcome() => Outcome::Unknown,
        Err(_) => Outcome::Refused,
    }
}

fn looked(answer: &Result<Answer, SessionError>) -> Outcome {
    match changed(answer) {
        Outcome::Unknown => Outcome::Refused, // a look that failed has seen nothing
        outcome => outcome,
    }
}
