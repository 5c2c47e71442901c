//! The eleven endpoints, by the names they have everywhere: in scenarios, in records, in reports.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::Unknown;

/// One endpoint of the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Operation {
    /// Make a session and attach its system prompt.
    CreateContext,
    /// Read summaries from the store's index.
    ListContexts,
    /// Read what describes a session, without its messages.
    GetContext,
    /// Read a page of a session's messages.
    GetContextMessages,
    /// Read the state a session is in.
    GetContextState,
    /// Change a session's configuration.
    UpdateContext,
    /// Remove a session for good.
    DeleteContext,
    /// Append one message, without a turn.
    AddContextMessage,
    /// Approve or deny tool calls, without going on with the turn.
    ApproveContextTools,
    /// A turn: send a message, have the model answer.
    SendMessageAction,
    /// Approve or deny tool calls and go on with the turn.
    ApproveToolsAction,
}

impl Operation {
    /// How many operations there are.
    pub const COUNT: usize = 11;

    /// Every operation, each at its own [`index`](Self::index).
    pub const ALL: [Self; Self::COUNT] = [
        Self::CreateContext,
        Self::ListContexts,
        Self::GetContext,
        Self::GetContextMessages,
        Self::GetContextState,
        Self::UpdateContext,
        Self::DeleteContext,
        Self::AddContextMessage,
        Self::ApproveContextTools,
        Self::SendMessageAction,
        Self::ApproveToolsAction,
    ];

    /// The endpoint's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateContext => "create_context",
            Self::ListContexts => "list_contexts",
            Self::GetContext => "get_context",
            Self::GetContextMessages => "get_context_messages",
            Self::GetContextState => "get_context_state",
            Self::UpdateContext => "update_context",
            Self::DeleteContext => "delete_context",
            Self::AddContextMessage => "add_context_message",
            Self::ApproveContextTools => "approve_context_tools",
            Self::SendMessageAction => "send_message_action",
            Self::ApproveToolsAction => "approve_tools_action",
        }
    }

    /// The place in [`ALL`](Self::ALL), for tables with one entry an operation.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether the operation looks a session up, in the cache first.
    pub const fn looks_up(self) -> bool {
        !matches!(self, Self::ListContexts | Self::CreateContext)
    }

    /// Whether the operation leaves everything as it was.
    pub const fn is_read(self) -> bool {
        matches!(
            self,
            Self::ListContexts | Self::GetContext | Self::GetContextMessages | Self::GetContextState
        )
    }

    /// Whether the operation calls the model.
    pub const fn is_turn(self) -> bool {
        matches!(self, Self::SendMessageAction | Self::ApproveToolsAction)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Operation {
    type Err = Unknown;

    fn from_str(name: &str) -> Result<Self, Unknown> {
        let known = Self::ALL.into_iter().find(|operation| operation.name() == name);
        known.ok_or_else(|| Unknown::new("operation", name, Self::ALL.map(Self::name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_name_and_serde_agree() {
        for (index, operation) in Operation::ALL.into_iter().enumerate() {
            assert_eq!(operation.index(), index);
            assert_eq!(operation.name().parse(), Ok(operation));
            assert_eq!(serde_json::to_value(operation).expect("a name"), operation.name());
        }
    }

    #[test]
    fn four_read_two_take_a_turn_and_no_turn_reads() {
        let named =
            |which: fn(Operation) -> bool| Operation::ALL.into_iter().filter(move |&o| which(o)).count();
        assert_eq!(named(Operation::is_read), 4);
        assert_eq!(named(Operation::is_turn), 2);
        assert_eq!(named(|operation| operation.is_read() && operation.is_turn()), 0);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_and_all() {
        let message = "get_contxt".parse::<Operation>().expect_err("no such operation").to_string();
        assert!(
            message.starts_with("unknown operation `get_contxt`, did you mean `get_context`?"),
            "{message}"
        );
        assert!(Operation::ALL.iter().all(|operation| message.contains(operation.name())), "{message}");
    }
}
