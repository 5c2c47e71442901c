//! What is asked of the thread that has the database, and what it answers.

use tokio::sync::oneshot;
use uuid::Uuid;

use crate::backend::chat::ContextId;
use crate::backend::store::StoreError;

use super::found::{Found, Heads};
use super::loaded::Untaken;
use super::rows::Write;

/// What is asked of the database.
pub(super) enum Request {
    Load(ContextId),
    /// At most so many contexts from this id on.
    List(u128, usize),
    /// How many contexts there are.
    Count,
    /// Which context was created by this key.
    Created(Uuid),
    Put(Box<Write>),
    Delete(ContextId),
}

/// What is answered, each to the request of its name.
pub(super) enum Answer {
    Loaded(Found, Untaken),
    Listed(Heads),
    Counted(u64),
    Created(Option<ContextId>),
    Done,
}

/// A request, and where its answer goes.
pub(super) struct Call {
    pub(super) request: Request,
    pub(super) reply: oneshot::Sender<Result<Answer, StoreError>>,
}

impl Request {
    pub(super) fn is_write(&self) -> bool {
        matches!(self, Self::Put(_) | Self::Delete(_))
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Load(_) => "load",
            Self::List(..) => "list",
            Self::Count => "count",
            Self::Created(_) => "look up a key",
            Self::Put(_) => "put",
            Self::Delete(_) => "delete",
        }
    }

    /// The one context that it concerns, if it is one.
    pub(super) fn context(&self) -> Option<u128> {
        match self {
            Self::Load(id) | Self::Delete(id) => Some(id.0.as_u128()),
            Self::Put(write) => Some(write.context()),
            Self::List(..) | Self::Count | Self::Created(_) => None,
        }
    }

    /// How many bytes it writes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Put(write) => write.bytes(),
            _ => 0,
        }
    }

    /// What the caller is told when the pages that it needs are damaged.
    pub(super) fn damaged(&self, reason: String) -> StoreError {
        match self {
            Self::Load(id) => StoreError::Corrupt { id: *id, reason },
            _ => StoreError::Failed { operation: self.name(), reason },
        }
    }
}

impl Call {
    pub(super) fn answer(self, answer: Result<Answer, StoreError>) {
        // The caller may have been cancelled; what was done is done all the same.
        drop(self.reply.send(answer));
    }
}

pub(super) fn failed(operation: &'static str, reason: &impl ToString) -> StoreError {
    StoreError::Failed { operation, reason: reason.to_string() }
}
