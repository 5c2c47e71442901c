//! What the backend answers when it cannot do what was asked.

use crate::chat::{ChatError, ContextId};
use crate::session::SessionError;
use crate::session::store::StoreError;

/// Why a request was not served.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ServiceError {
    /// What was asked makes no sense for any session.
    #[error("{reason}")]
    Invalid {
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The session does not exist, refuses, or cannot be loaded or saved.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The store's index could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody is there to take the answer, or it was lost on its way: what was asked may have happened or not. The backend
    /// itself never says so; whoever stands between it and the client does.
    #[error("what came of it is not known: {reason}")]
    Unanswered {
        /// How the answer was lost.
        reason: String,
    },
}

impl ServiceError {
    pub(super) fn refused(id: ContextId, source: ChatError) -> Self {
        SessionError::Refused { id, source }.into()
    }

    /// Whether the request was right but came at the wrong time (busy, version conflict, nothing to approve): a
    /// measurement counts it as `refused`, not as an error.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Session(SessionError::Refused { source, .. }) if source.is_conflict())
    }

    /// Whether nobody knows if it happened. No error of the backend.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Self::Unanswered { .. })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::chat::{StateKind, Version};

    use super::*;

    #[test]
    fn only_what_came_at_the_wrong_time_is_a_refusal() {
        let id = ContextId(Uuid::nil());
        let conflicts = [
            ChatError::Busy { state: StateKind::Streaming },
            ChatError::VersionConflict { expected: Version(1), actual: Version(2) },
            ChatError::NoApprovalAwaited { state: StateKind::Idle },
        ];
        for conflict in conflicts {
            assert!(ServiceError::refused(id, conflict.clone()).is_refusal(), "{conflict}");
        }
        let mistakes = [
            ChatError::Empty { field: "mode" },
            ChatError::UnknownBranch { given: "x".to_owned(), known: vec![] },
        ];
        for mistake in mistakes {
            assert!(!ServiceError::refused(id, mistake.clone()).is_refusal(), "{mistake}");
        }
        assert!(!ServiceError::Session(SessionError::NotFound { id }).is_refusal());
        assert!(!ServiceError::Invalid { reason: String::new() }.is_refusal());
    }
}
