//! The state machine of a conversation: one pure function from a state and an event to the next state.
//!
//! It is total: an event that has no arrow is an error that names both, never ignored. And it cannot loop without end.
//! Every arrow but `UserMessageSent`, `Chunk` and `Reset`, which come from outside, lowers in lexicographic order
//!
//! 1. the rounds of tools left in the turn ([`MAX_TOOL_ROUNDS`] less those made),
//! 2. the failures left in the round ([`MAX_RETRIES`] + 1 less `retries`; none once the response is there),
//! 3. the steps left to that response.
//!
//! `retries` goes back to zero only at `ProcessingResponse`. From there a turn either ends or pays with a round.

use serde::{Deserialize, Serialize};

use super::{State, StateKind};

/// Failures in a row that a retry may follow.
pub const MAX_RETRIES: u8 = 3;

/// Rounds of tools that one turn may make.
pub const MAX_TOOL_ROUNDS: u8 = 8;

/// What can happen to a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A user began a turn.
    UserMessageSent,
    /// The model was asked.
    ModelRequestInitiated,
    /// The model began to answer piece by piece.
    StreamStarted,
    /// The model answered at once.
    FullResponse,
    /// A piece of the answer came.
    Chunk,
    /// The answer is complete.
    StreamEnded,
    /// The answer was read.
    Processed {
        /// Whether it asks for tools.
        tool_calls: bool,
    },
    /// No tool call is pending any more.
    ApprovalsResolved {
        /// Whether any may run.
        any_approved: bool,
    },
    /// Every approved tool has answered.
    ToolsCompleted,
    /// Something failed that may be tried again.
    TransientFailure {
        /// What.
        error: String,
    },
    /// The failed step is to be tried again.
    Retry,
    /// The turn was called off.
    Cancelled,
    /// Something failed for good.
    FatalError {
        /// What.
        error: String,
    },
    /// The failure has been seen; a new turn may begin.
    Reset,
}

impl Event {
    /// One event of each kind, two where a flag chooses the arrow.
    pub(super) fn one_of_each() -> [Self; 16] {
        [
            Self::UserMessageSent,
            Self::ModelRequestInitiated,
            Self::StreamStarted,
            Self::FullResponse,
            Self::Chunk,
            Self::StreamEnded,
            Self::Processed { tool_calls: false },
            Self::Processed { tool_calls: true },
            Self::ApprovalsResolved { any_approved: false },
            Self::ApprovalsResolved { any_approved: true },
            Self::ToolsCompleted,
            Self::TransientFailure { error: String::new() },
            Self::Retry,
            Self::Cancelled,
            Self::FatalError { error: String::new() },
            Self::Reset,
        ]
    }

    /// The name as it stands in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::UserMessageSent => "user_message_sent",
            Self::ModelRequestInitiated => "model_request_initiated",
            Self::StreamStarted => "stream_started",
            Self::FullResponse => "full_response",
            Self::Chunk => "chunk",
            Self::StreamEnded => "stream_ended",
            Self::Processed { .. } => "processed",
            Self::ApprovalsResolved { .. } => "approvals_resolved",
            Self::ToolsCompleted => "tools_completed",
            Self::TransientFailure { .. } => "transient_failure",
            Self::Retry => "retry",
            Self::Cancelled => "cancelled",
            Self::FatalError { .. } => "fatal_error",
            Self::Reset => "reset",
        }
    }
}

/// An event for which the state has no arrow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {event} has no arrow from state {state}: expected {}", allowed.join(" or "))]
pub struct IllegalEvent {
    /// The state of the machine, which does not change.
    pub state: StateKind,
    /// The event refused.
    pub event: &'static str,
    /// The events that the state has arrows for.
    pub allowed: Vec<&'static str>,
}

/// The state with the one count that outlives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    pub(super) state: State,
    /// Rounds of tools in the turn at hand.
    pub(super) tool_rounds: u8,
}

impl Machine {
    /// Where the conversation stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Rounds of tools that the turn at hand has made.
    pub fn tool_rounds(&self) -> u8 {
        self.tool_rounds
    }

    /// The machine after `event`; the present one is not changed.
    ///
    /// # Errors
    /// [`IllegalEvent`] where the state has no arrow for it.
    pub fn step(&self, event: &Event) -> Result<Self, IllegalEvent> {
        let Some(state) = self.arrow(event) else { return Err(self.illegal(event)) };
        let tool_rounds = match (event, &state) {
            (Event::UserMessageSent, _) => 0,
            (_, State::AwaitingToolApproval) => self.tool_rounds + 1,
            _ => self.tool_rounds,
        };
        Ok(Self { state, tool_rounds })
    }

    /// The table of arrows.
    #[rustfmt::skip]
    #[expect(clippy::match_same_arms, reason = "every arrow has a line of its own, as in a table")]
    fn arrow(&self, event: &Event) -> Option<State> {
        use Event as E;
        use State as S;
        Some(match (&self.state, event) {
            (S::Idle, E::UserMessageSent) => S::ProcessingUserMessage,

            (S::ProcessingUserMessage | S::GeneratingResponse, E::ModelRequestInitiated) => S::AwaitingModel { retries: 0 },
            (&S::ProcessingToolResults { retries }, E::ModelRequestInitiated) => S::AwaitingModel { retries },

            (&S::AwaitingModel { retries }, E::StreamStarted) => S::Streaming { retries },
            (S::AwaitingModel { .. }, E::FullResponse) => S::ProcessingResponse,
            (&S::Streaming { retries }, E::Chunk) => S::Streaming { retries },
            (S::Streaming { .. }, E::StreamEnded) => S::ProcessingResponse,

            (S::ProcessingResponse, E::Processed { tool_calls: false }) => S::Idle,
            (S::ProcessingResponse, E::Processed { tool_calls: true }) if self.tool_rounds < MAX_TOOL_ROUNDS => S::AwaitingToolApproval,
            (S::ProcessingResponse, E::Processed { tool_calls: true }) => S::Failed { error: too_many_rounds() },

            (S::AwaitingToolApproval, E::ApprovalsResolved { any_approved: true }) => S::ExecutingTools { retries: 0 },
            (S::AwaitingToolApproval, E::ApprovalsResolved { any_approved: false }) => S::GeneratingResponse,
            (&S::ExecutingTools { retries }, E::ToolsCompleted) => S::ProcessingToolResults { retries },

            (S::AwaitingModel { retries } | S::Streaming { retries } | S::ExecutingTools { retries }, E::TransientFailure { error }) =>
                S::TransientFailure { error: error.clone(), retries: retries.saturating_add(1) },
            (&S::TransientFailure { retries, .. }, E::Retry) if retries <= MAX_RETRIES => S::AwaitingModel { retries },
            (S::TransientFailure { error, .. }, E::Retry) => S::Failed { error: error.clone() },

            (state, E::Cancelled) if state.kind().is_working() => S::Idle,
            (S::Failed { .. }, E::Reset) => S::Idle,
            (S::Idle | S::Failed { .. }, E::FatalError { .. }) => return None,
            (_, E::FatalError { error }) => S::Failed { error: error.clone() },
            _ => return None,
        })
    }

    fn illegal(&self, event: &Event) -> IllegalEvent {
        let mut allowed: Vec<_> = Event::one_of_each()
            .iter()
            .filter(|event| self.arrow(event).is_some())
            .map(Event::name)
            .collect();
        allowed.dedup(); // an event with a flag is there once for each of its values
        IllegalEvent { state: self.state.kind(), event: event.name(), allowed }
    }
}

fn too_many_rounds() -> String {
    format!("the turn requested more than {MAX_TOOL_ROUNDS} rounds of tools")
}
