//! The small values that name things, each with a type of its own, so that the compiler refuses a version where a
//! time is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Names one context. The creator of the context draws the [`Uuid`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ContextId(pub Uuid);

impl fmt::Display for ContextId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ContextId {
    type Err = NotAContextId;

    fn from_str(given: &str) -> Result<Self, NotAContextId> {
        Uuid::parse_str(given).map(Self).map_err(|_| NotAContextId { given: given.to_owned() })
    }
}

/// A text that is no [`ContextId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a context id: expected a UUID such as 0190a6e4-7c1e-7d3a-8a5b-2f6c1d9e4b70")]
pub struct NotAContextId {
    /// The text.
    pub given: String,
}

/// The nth message of its context, counted from zero over all branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct MessageId(pub u32);

impl MessageId {
    /// The id of the message at `index`.
    pub(super) fn at(index: usize) -> Self {
        // 2^32 messages would fill hundreds of gigabytes before the cast could cut anything off.
        Self(index as u32)
    }

    /// Where the message stands among all messages of its context.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one tool call, as the model named it; unique within its message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ToolCallId(pub String);

impl From<&str> for ToolCallId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Display for ToolCallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many accepted changes a context has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// The version after one more change.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Timestamp(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_id_reads_back_what_it_prints() {
        let id = ContextId(Uuid::from_u128(0x1234));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_malformed_context_id_is_quoted_with_an_example_of_a_right_one() {
        let error = "nonsense".parse::<ContextId>().unwrap_err().to_string();
        assert!(error.contains("`nonsense`") && error.contains("such as"), "{error}");
    }
}
