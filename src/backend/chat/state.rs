//! The states a conversation can be in. What leads from one to another stands in `fsm`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a conversation stands. `retries` counts the failures since the last response.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are those of StateKind, the fields are described above")]
pub enum State {
    #[default]
    Idle,
    ProcessingUserMessage,
    AwaitingModel {
        retries: u8,
    },
    Streaming {
        retries: u8,
    },
    ProcessingResponse,
    AwaitingToolApproval,
    ExecutingTools {
        retries: u8,
    },
    ProcessingToolResults {
        retries: u8,
    },
    GeneratingResponse,
    TransientFailure {
        error: String,
        retries: u8,
    },
    Failed {
        error: String,
    },
}

impl State {
    /// The state without what it carries.
    pub fn kind(&self) -> StateKind {
        match self {
            Self::Idle => StateKind::Idle,
            Self::ProcessingUserMessage => StateKind::ProcessingUserMessage,
            Self::AwaitingModel { .. } => StateKind::AwaitingModel,
            Self::Streaming { .. } => StateKind::Streaming,
            Self::ProcessingResponse => StateKind::ProcessingResponse,
            Self::AwaitingToolApproval => StateKind::AwaitingToolApproval,
            Self::ExecutingTools { .. } => StateKind::ExecutingTools,
            Self::ProcessingToolResults { .. } => StateKind::ProcessingToolResults,
            Self::GeneratingResponse => StateKind::GeneratingResponse,
            Self::TransientFailure { .. } => StateKind::TransientFailure,
            Self::Failed { .. } => StateKind::Failed,
        }
    }

    /// Failures since the last response; zero in states that count none.
    pub fn retries(&self) -> u8 {
        match self {
            Self::AwaitingModel { retries }
            | Self::Streaming { retries }
            | Self::ExecutingTools { retries }
            | Self::ProcessingToolResults { retries }
            | Self::TransientFailure { retries, .. } => *retries,
            _ => 0,
        }
    }

    /// What went wrong, in the two states that follow a failure.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::TransientFailure { error, .. } | Self::Failed { error } => Some(error),
            _ => None,
        }
    }
}

/// Which state, without what it carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StateKind {
    /// Nothing under way.
    #[default]
    Idle,
    /// A turn has begun.
    ProcessingUserMessage,
    /// The model has been asked.
    AwaitingModel,
    /// The model is answering, piece by piece.
    Streaming,
    /// The model has answered.
    ProcessingResponse,
    /// A person must decide on tool calls.
    AwaitingToolApproval,
    /// Approved tools are running.
    ExecutingTools,
    /// All tools have answered.
    ProcessingToolResults,
    /// All tools were denied, and the model is to answer without them.
    GeneratingResponse,
    /// Something failed that may be tried again.
    TransientFailure,
    /// The turn ended without an answer.
    Failed,
}

impl StateKind {
    /// Every state there is.
    pub const ALL: [Self; 11] = [
        Self::Idle,
        Self::ProcessingUserMessage,
        Self::AwaitingModel,
        Self::Streaming,
        Self::ProcessingResponse,
        Self::AwaitingToolApproval,
        Self::ExecutingTools,
        Self::ProcessingToolResults,
        Self::GeneratingResponse,
        Self::TransientFailure,
        Self::Failed,
    ];

    /// Whether some task must be working on the conversation: all but idle, waiting for approval, and failed.
    pub fn is_working(self) -> bool {
        !matches!(self, Self::Idle | Self::AwaitingToolApproval | Self::Failed)
    }

    /// The name as it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::ProcessingUserMessage => "processing_user_message",
            Self::AwaitingModel => "awaiting_model",
            Self::Streaming => "streaming",
            Self::ProcessingResponse => "processing_response",
            Self::AwaitingToolApproval => "awaiting_tool_approval",
            Self::ExecutingTools => "executing_tools",
            Self::ProcessingToolResults => "processing_tool_results",
            Self::GeneratingResponse => "generating_response",
            Self::TransientFailure => "transient_failure",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for StateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
