//! What can go wrong with a session.

use crate::backend::chat::{ChatError, ContextId};

use crate::backend::store::StoreError;

/// What all sessions together have reached the bound of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapacityError {
    /// There are as many sessions as may be.
    #[error("there are {max} contexts, and no more may be: delete some")]
    Sessions {
        /// How many there may be.
        max: usize,
    },
    /// Sessions take as much memory as they may.
    #[error("contexts take {max} bytes of memory, and no more may be taken: try again, or delete some")]
    Memory {
        /// How much they may take, in bytes.
        max: usize,
    },
}

/// What can go wrong with a session. `Clone`, because all that waited for one load share its failure.
///
/// Its words go to clients as they are, so they hold the cause, and it is no source besides: that is what `r#` says.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// No such session, or it was deleted.
    #[error(
        "no context {id}: it never existed or was deleted; list the contexts to see those that are there"
    )]
    NotFound {
        /// The session asked for.
        id: ContextId,
    },
    /// The store refused. After a change this means an *unknown outcome*: memory has changed, the session stays
    /// marked as unsaved, and auto-save tries again.
    #[error("context {id}: {source}")]
    Store {
        /// The session concerned.
        id: ContextId,
        /// What the store said.
        r#source: StoreError,
    },
    /// The store's index could not be read.
    #[error(transparent)]
    Index(StoreError),
    /// Another server has the session, and this one cannot answer for it.
    #[error("context {id} is held by {}: ask there, or try again", at.as_deref().unwrap_or("another server"))]
    Elsewhere {
        /// The session concerned.
        id: ContextId,
        /// Where the other server can be asked, if that is known.
        at: Option<String>,
    },
    /// Another server runs a turn of the session.
    #[error(
        "context {id}: a turn is under way at {}; wait until it ends", at.as_deref().unwrap_or("another server")
    )]
    BusyElsewhere {
        /// The session concerned.
        id: ContextId,
        /// Where the other server can be asked, if that is known.
        at: Option<String>,
    },
    /// The turn was not continued in time, and another server has ended it or begun another: what was stored of it stays.
    #[error("context {id}: the turn was not continued in time, and was given up: send it again")]
    TurnLost {
        /// The session concerned.
        id: ContextId,
    },
    /// The turn that this very request has begun is still under way, at another server.
    #[error("context {id}: the turn of this request is under way: ask again when it has ended")]
    RequestUnderWay {
        /// The session concerned.
        id: ContextId,
    },
    /// Other servers keep changing the session. Nothing was changed.
    #[error("context {id}: other servers keep changing it, and nothing was changed: try again")]
    Contended {
        /// The session concerned.
        id: ContextId,
    },
    /// There is no room for what was asked, and nothing has changed.
    #[error(transparent)]
    Capacity(#[from] CapacityError),
    /// The change was refused and nothing has changed.
    #[error("context {id}: {source}")]
    Refused {
        /// The session concerned.
        id: ContextId,
        /// Which rule it would have broken.
        r#source: ChatError,
    },
}

impl SessionError {
    /// Whether a change that has failed so may have been made all the same, or may still be.
    pub fn is_of_unknown_outcome(&self) -> bool {
        matches!(self, Self::Store { .. })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_cause_is_shown_once() {
        let id: ContextId = "00000000-0000-0000-0000-000000000001".parse().expect("an id");
        let error = SessionError::Refused { id, source: ChatError::Empty { field: "mode" } };
        assert!(error.to_string().contains("mode is empty"), "{error}");
        assert!(error.source().is_none());
    }
}
