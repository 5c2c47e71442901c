//! What a session is right now: not loaded, live, or deleted; and what of that is published.

use crate::backend::chat::{ChatContext, ContextId, ContextStateDTO, Version};

use super::error::SessionError;

/// What a session is right now. It moves from `Empty` to `Live` to `Gone` and never back.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are live, and a box would be one more hop to each of them"
)]
pub(super) enum Slot {
    /// Not loaded yet.
    Empty {
        /// How often loading has failed: a waiter that queued behind a failing load sees the count rise and shares the
        /// error instead of trying again.
        failures: u32,
        /// How it failed last.
        last: Option<SessionError>,
    },
    /// Loaded.
    Live(ChatContext),
    /// Deleted. A holder of a handle that comes late finds that out here, and cannot bring it back.
    Gone {
        /// One more than the version that was deleted, so that the deletion is newer than every save.
        version: Version,
    },
}

/// What there is to publish of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// It is not loaded.
    Empty,
    /// Its state and version.
    Live(ContextStateDTO),
    /// It was deleted; the version is newer than all that it had.
    Gone(Version),
}

impl SlotState {
    /// The answer to who asks for the state of session `id`; none if that is not known here.
    pub(super) fn answer(self, id: ContextId) -> Option<Result<ContextStateDTO, SessionError>> {
        match self {
            Self::Empty => None,
            Self::Live(state) => Some(Ok(state)),
            Self::Gone(_) => Some(Err(SessionError::NotFound { id })),
        }
    }
}

impl Slot {
    pub(super) const EMPTY: Self = Self::Empty { failures: 0, last: None };

    /// The context to read.
    pub(super) fn live(&self, id: ContextId) -> Result<&ChatContext, SessionError> {
        match self {
            Self::Live(context) => Ok(context),
            Self::Empty { .. } | Self::Gone { .. } => Err(SessionError::NotFound { id }),
        }
    }

    /// The context to change.
    pub(super) fn live_mut(&mut self, id: ContextId) -> Result<&mut ChatContext, SessionError> {
        match self {
            Self::Live(context) => Ok(context),
            Self::Empty { .. } | Self::Gone { .. } => Err(SessionError::NotFound { id }),
        }
    }

    /// A panic has ended a change before it was counted, and what there is of it stands: a change of its own, for one version
    /// is one state.
    pub(super) fn cut_short(&mut self) {
        if let Self::Live(context) = self {
            context.touch(context.updated_at());
        }
    }

    /// How many bytes of memory it takes, roughly.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Live(context) => context.size(),
            Self::Empty { .. } | Self::Gone { .. } => 0,
        }
    }

    /// What there is to publish.
    pub(super) fn state(&self) -> SlotState {
        match self {
            Self::Empty { .. } => SlotState::Empty,
            Self::Live(context) => SlotState::Live(ContextStateDTO::from(context)),
            Self::Gone { version } => SlotState::Gone(*version),
        }
    }

    pub(super) fn version(&self) -> Version {
        match self {
            Self::Empty { .. } => Version(0),
            Self::Live(context) => context.version(),
            Self::Gone { version } => *version,
        }
    }
}
