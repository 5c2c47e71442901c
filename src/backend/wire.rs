//! Bodies of requests and answers over HTTP that are no request and no answer of a service by themselves: routes read and
//! write them on one side, a client on the other.

use serde::{Deserialize, Serialize};

use super::chat::{ContextId, NewMessage, ToolDecision, Version};

/// The id of a new context.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub(super) struct Created {
    pub(super) id: ContextId,
}

/// A version, as an answer.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub(super) struct Changed {
    pub(super) version: Version,
}

/// A message, and where to append it.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub(super) struct Append {
    #[serde(flatten)]
    pub(super) message: NewMessage,
    /// The branch; the active one where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) branch: Option<String>,
}

/// What a person says to pending tool calls.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Decisions {
    /// One for each call that is decided on.
    pub(super) decisions: Vec<ToolDecision>,
}
