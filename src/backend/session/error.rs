//! What can go wrong with a session.

use crate::backend::chat::{ChatError, ContextId};

use crate::backend::store::StoreError;

/// What can go wrong with a session. `Clone`, because those who waited for one load share its failure.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
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
        source: StoreError,
    },
    /// The change was refused and nothing has changed.
    #[error("context {id}: {source}")]
    Refused {
        /// The session concerned.
        id: ContextId,
        /// Which rule it would have broken.
        source: ChatError,
    },
}
