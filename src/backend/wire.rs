//! Bodies of requests and answers over HTTP that are no request and no answer of a service by themselves: routes read and
//! write them on one side, a client on the other.

use serde::{Deserialize, Serialize};

use super::chat::{ContentPart, ContextId, NewMessage, Role, ToolDecision, Version, string_or_parts};

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

/// A message, and where to append it. Its fields stand here once more, because serde cannot refuse unknown fields of what is
/// flattened.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Append {
    /// The author.
    role: Role,
    /// What is said: a string or a list of parts.
    #[serde(deserialize_with = "string_or_parts")]
    #[cfg_attr(feature = "http", schema(value_type = super::chat::Content))]
    content: Vec<ContentPart>,
    /// The branch; the active one where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
}

impl Append {
    #[cfg(feature = "client")]
    pub(super) fn new(NewMessage { role, content }: NewMessage, branch: Option<String>) -> Self {
        Self { role, content, branch }
    }

    #[cfg(feature = "http")]
    pub(super) fn into_parts(self) -> (NewMessage, Option<String>) {
        let Self { role, content, branch } = self;
        (NewMessage { role, content }, branch)
    }
}

/// What a person says to pending tool calls.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Decisions {
    /// One for each call that is decided on.
    pub(super) decisions: Vec<ToolDecision>,
}
