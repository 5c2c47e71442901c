//! What clients send and get besides the DTOs of [`chat`](crate::backend::chat).

use serde::{Deserialize, Serialize};

use crate::backend::chat::{
    ChatContextDTO, ContextId, ContextSummary, ContextUpdate, MessageDTO, MessageId, ToolCall, Version,
};

/// A session to be created. The strings are free, but not empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateContext {
    /// The model that shall answer.
    #[cfg_attr(feature = "http", schema(min_length = 1))]
    pub model_id: String,
    /// How the session is used, such as `chat` or `plan`.
    #[cfg_attr(feature = "http", schema(min_length = 1))]
    pub mode: String,
    /// The system prompt to attach, by its id in the backend's [`Prompts`](super::Prompts); an unknown one is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt_id: Option<String>,
}

/// A change of a session's configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct UpdateContext {
    /// What to change.
    #[serde(flatten)]
    pub update: ContextUpdate,
    /// The version this change was made for: a session that has moved on refuses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<Version>,
}

/// Which messages of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePage {
    /// The branch; the active one if none is named.
    #[serde(default)]
    pub branch: Option<String>,
    /// How many at most, 1 to 1,000.
    pub limit: usize,
    /// How many to skip from the beginning.
    #[serde(default)]
    pub offset: usize,
}

impl MessagePage {
    /// The most messages that one answer carries.
    pub const MAX_LIMIT: usize = 1_000;
}

/// One page of all sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ContextList {
    /// Summaries by ascending id.
    pub contexts: Vec<ContextSummary>,
    /// Where the next page starts (ask for what comes after this id); `null` on the last page.
    pub next: Option<ContextId>,
}

/// How a turn ended, read after processing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ActionDTO {
    /// The version that the turn began with: that of its first change. What it changed besides has higher ones.
    pub began: Version,
    /// Where the user's message was put; none where the turn was only gone on with.
    pub message: Option<MessageId>,
    /// The session as the turn left it.
    pub context: ChatContextDTO,
    /// The last message of the active branch, if there is one.
    pub reply: Option<MessageDTO>,
    /// Tool calls that wait for a decision.
    pub pending_calls: Vec<ToolCall>,
}
