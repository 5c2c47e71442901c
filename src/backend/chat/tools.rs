//! Tool calls: what the model wants to run, what the person says to it, and what came of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ToolCallId;

/// A tool call as the model asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToolCall {
    /// Names the call; unique within its message.
    pub id: ToolCallId,
    /// Which tool.
    pub name: String,
    /// What the tool is given.
    pub arguments: Value,
}

impl NewToolCall {
    /// The call `id` of the tool `name`.
    pub fn new(id: &str, name: &str, arguments: Value) -> Self {
        Self { id: id.into(), name: name.to_owned(), arguments }
    }
}

/// A tool call in its message, with what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ToolCall {
    /// Names the call; unique within its message.
    pub id: ToolCallId,
    /// Which tool.
    pub name: String,
    /// What the tool is given.
    pub arguments: Value,
    /// Whether it may run.
    pub approval: Approval,
}

impl From<NewToolCall> for ToolCall {
    fn from(call: NewToolCall) -> Self {
        let NewToolCall { id, name, arguments } = call;
        Self { id, name, arguments, approval: Approval::Pending }
    }
}

/// Whether a tool call may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Undecided.
    Pending,
    /// It may.
    Approved,
    /// It may not.
    Denied,
}

/// What came of a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ToolResult {
    /// The call it answers.
    pub call_id: ToolCallId,
    /// What the tool said, or why it said nothing.
    pub output: String,
    /// Whether the call came to nothing.
    pub is_error: bool,
}

/// What a person says to a pending tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ToolDecision {
    /// The call decided on.
    pub call_id: ToolCallId,
    /// Whether it may run.
    pub approve: bool,
}

impl ToolDecision {
    /// The approval that the decision gives its call.
    pub fn approval(&self) -> Approval {
        if self.approve { Approval::Approved } else { Approval::Denied }
    }
}
