//! What the backend answers when it cannot do what was asked.

use crate::backend::chat::{ChatError, ContextId};
use crate::backend::session::SessionError;
use crate::backend::store::StoreError;

/// Why a request was not served.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// What was asked makes no sense for any session.
    #[error("{reason}")]
    Invalid {
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// No system prompt has this id.
    #[error("system_prompt_id: there is no system prompt `{given}`; there are: {}", listed(known))]
    UnknownPrompt {
        /// The id given.
        given: String,
        /// The ids there are.
        known: Vec<String>,
    },
    /// The request with this key is under way.
    #[error("a request with this Idempotency-Key is under way: ask again when it has been answered")]
    KeyInUse,
    /// The session does not exist, refuses, or cannot be loaded or saved.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The store's index could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A service elsewhere was asked, and this is all that is known.
    #[error("{reason}")]
    RemoteFailure {
        /// What became of the request.
        outcome: RemoteFailure,
        /// What the service said, or why it said nothing.
        reason: String,
    },
}

fn listed(known: &[String]) -> String {
    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
}

/// What became of a request to a service elsewhere that was not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemoteFailure {
    /// It came at the wrong time: nothing was done.
    Conflict,
    /// It was refused: nothing was done.
    Refused,
    /// The service could not. A change may have been made all the same.
    Failed,
    /// No answer came: it is unknown whether it was done.
    Unanswered,
    /// It was never sent: nothing was done.
    Unreachable,
}

impl ServiceError {
    pub(super) fn refused(id: ContextId, source: ChatError) -> Self {
        SessionError::Refused { id, source }.into()
    }

    /// Whether the request was right but came at the wrong time (busy, version conflict, nothing to approve): a
    /// measurement counts it as `refused`, not as an error.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Session(SessionError::Refused { source, .. }) => source.is_conflict(),
            Self::Session(
                SessionError::BusyElsewhere { .. }
                | SessionError::RequestUnderWay { .. }
                | SessionError::TurnLost { .. },
            )
            | Self::KeyInUse => true,
            Self::RemoteFailure { outcome, .. } => *outcome == RemoteFailure::Conflict,
            _ => false,
        }
    }

    /// Whether no answer came at all: a measurement counts that by itself, for it says nothing of the service.
    pub fn is_unanswered(&self) -> bool {
        matches!(
            self,
            Self::RemoteFailure { outcome: RemoteFailure::Unanswered | RemoteFailure::Unreachable, .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::backend::chat::{StateKind, Version};

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

    #[test]
    fn elsewhere_a_conflict_is_a_refusal_and_silence_is_neither() {
        let all = [
            (RemoteFailure::Conflict, true, false),
            (RemoteFailure::Refused, false, false),
            (RemoteFailure::Failed, false, false),
            (RemoteFailure::Unanswered, false, true),
            (RemoteFailure::Unreachable, false, true),
        ];
        for (outcome, refusal, unanswered) in all {
            let error = ServiceError::RemoteFailure { outcome, reason: String::new() };
            assert_eq!((error.is_refusal(), error.is_unanswered()), (refusal, unanswered), "{outcome:?}");
        }
    }
}
