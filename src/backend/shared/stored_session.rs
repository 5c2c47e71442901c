//! A session as several servers share it, and what a change makes of it.
//!
//! The head is one row: body, settings, version, turn and lease. Messages are rows of their own, by number. What a body,
//! settings and a message mean is the caller's affair: here they are texts.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::backend::chat::Version;

/// A body or a message, as it is stored. Copies of a session share it.
pub type Text = Arc<str>;

/// Names one process from its start to its end. A restarted one has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(pub Uuid);

/// Names one turn. Whoever begins it draws it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub Uuid);

/// How often a session's lease was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// The turn that a session is in. Its deadline is for the database's clock alone and is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TurnHold {
    /// The turn.
    pub token: Token,
    /// The server that runs it, which can be asked for its stream.
    pub owner: Owner,
}

/// A session, at one version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SharedSession {
    /// Rises by one with every change, and begins with one.
    pub version: Version,
    /// All of it but its settings and messages.
    pub body: Text,
    /// What it is set to: rarely changed, and possibly large.
    pub settings: Text,
    /// Its messages, in the order of their numbers, which begin with 0.
    pub messages: Vec<Text>,
    /// The turn that it is in. One whose deadline has passed stands here until another takes over.
    pub turn: Option<TurnHold>,
}

/// What one statement has read of a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoredSession {
    /// The session.
    pub session: SharedSession,
    /// The epoch of its lease at the same snapshot.
    pub epoch: Epoch,
}

/// What a change does to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another body, and more messages.
    Write(Write),
    /// It is deleted.
    Delete,
}

/// Another body, and other or more messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The body from now on.
    pub body: Text,
    /// The settings from now on, where they are other ones.
    pub settings: Option<Text>,
    /// Messages that are new or other ones.
    pub messages: Vec<MessageRow>,
    /// What becomes of the turn.
    pub turn: TurnChange,
    /// The request that the write is made for, which must not have been made before.
    pub receipt: Option<RequestReceipt>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Which one: as many as there are is the number of a new one.
    pub number: u32,
    /// The message.
    pub body: Text,
}

/// How a session begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewSession {
    /// All of it but its settings.
    pub body: Text,
    /// What it is set to.
    pub settings: Text,
    /// The request that it is created for, which must not have been made before.
    pub receipt: Option<RequestReceipt>,
}

/// What is noted of a request with the change that is made for it, in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestReceipt {
    /// The key that the client has given it.
    pub key: Uuid,
    /// What it asks for.
    pub request: Uuid,
    /// The message that it appends, if any.
    pub message: Option<u32>,
}

/// What a write does to the session's turn, and what it demands of it in its WHERE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnChange {
    /// Nothing, whether there is one or not.
    Keep,
    /// Begins one. There must be none, or `over`, whose deadline has passed.
    Begin {
        /// The new turn, and who runs it.
        turn: TurnHold,
        /// How long others wait for its next step, by the database's clock.
        lasts: Duration,
        /// The turn that it takes over.
        over: Option<Token>,
    },
    /// A step of this turn, which must still be the session's. Its deadline is put off.
    Step {
        /// The turn.
        token: Token,
        /// How long others wait from now on.
        lasts: Duration,
    },
    /// Ends this turn, which must still be the session's.
    End {
        /// The turn.
        token: Token,
    },
    /// Ends this turn of another, which must still be the session's, and whose deadline must have passed.
    Abandon {
        /// The turn.
        token: Token,
    },
}

/// The turn is over: it has ended, or its deadline had passed and another has taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the turn was not continued in time, and another has taken over: what it has stored stays, the rest is not"
)]
pub struct TurnLost;

impl SharedSession {
    /// Begins a turn, or takes over the one that is there. Whether that one's deadline has passed only the database knows: if
    /// not, the change is [busy](super::GuardError::Busy).
    pub fn begin_turn(&self, turn: TurnHold, lasts: Duration) -> TurnChange {
        TurnChange::Begin { turn, lasts, over: self.turn.map(|turn| turn.token) }
    }

    /// A step of this turn.
    ///
    /// # Errors
    /// It is not the session's turn any more.
    pub fn step_of(&self, token: Token, lasts: Duration) -> Result<TurnChange, TurnLost> {
        self.is_in(token).then_some(TurnChange::Step { token, lasts }).ok_or(TurnLost)
    }

    /// The end of this turn.
    ///
    /// # Errors
    /// It is not the session's turn any more.
    pub fn end_of(&self, token: Token) -> Result<TurnChange, TurnLost> {
        self.is_in(token).then_some(TurnChange::End { token }).ok_or(TurnLost)
    }

    fn is_in(&self, token: Token) -> bool {
        self.turn.is_some_and(|turn| turn.token == token)
    }

    /// What a write that was accepted has made of it.
    #[must_use]
    pub fn after(&self, write: &Write) -> Self {
        let turn = match write.turn {
            TurnChange::Keep | TurnChange::Step { .. } => self.turn,
            TurnChange::Begin { turn, .. } => Some(turn),
            TurnChange::End { .. } | TurnChange::Abandon { .. } => None,
        };
        let mut messages = self.messages.clone();
        for MessageRow { number, body } in &write.messages {
            match messages.get_mut(*number as usize) {
                Some(message) => *message = body.clone(),
                None => messages.push(body.clone()),
            }
        }
        let settings = write.settings.as_ref().unwrap_or(&self.settings).clone();
        Self { version: self.version.next(), body: write.body.clone(), settings, messages, turn }
    }

    /// The write of this body and of one more message.
    #[must_use]
    pub fn appending(&self, body: Text, message: Text, turn: TurnChange) -> Write {
        let number = u32::try_from(self.messages.len()).unwrap_or(u32::MAX);
        let messages = vec![MessageRow { number, body: message }];
        Write { body, settings: None, messages, turn, receipt: None }
    }
}

impl Change {
    /// Whether it takes over or ends another's turn, if that turn's deadline has passed: then it may be refused by the database
    /// with nothing else having changed.
    pub(super) fn takes_over(&self) -> bool {
        let Self::Write(Write { turn, .. }) = self else { return false };
        matches!(turn, TurnChange::Begin { over: Some(_), .. } | TurnChange::Abandon { .. })
    }
}
