//! Everything a conversation can refuse. A refusal never changes the context.

use std::fmt::Display;

use super::{
    Approval, ContextId, IllegalEvent, NotAContextId, Receipt, Role, StateKind, ToolCallId, Version,
};

/// Why a context refused a change or a read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// The step is not one the state machine can take from where it stands.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
    /// A turn is under way, and only one may be.
    #[error("a turn is under way (state {state}): wait until it has ended, or end it")]
    Busy {
        /// Where the turn stands.
        state: StateKind,
    },
    /// The context has changed since the caller looked.
    #[error("version {actual} is not the expected {expected}: read the context again and repeat the change")]
    VersionConflict {
        /// What the caller expected.
        expected: Version,
        /// What it is.
        actual: Version,
    },
    /// The context is at a version that the caller's condition excludes.
    #[error(
        "the context is at version {actual}, which the condition excludes: read it again and repeat the change"
    )]
    ConditionNotMet {
        /// What it is.
        actual: Version,
    },
    /// No branch has this name.
    #[error("no branch `{given}` in this context: it has {}", listed(known))]
    UnknownBranch {
        /// The name asked for.
        given: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The name of a new branch is taken.
    #[error("there is a branch `{name}` in this context already: a new branch needs another name")]
    BranchExists {
        /// The name.
        name: String,
    },
    /// A turn begins with what a user says.
    #[error("a turn begins with a message of role user, not {role:?}")]
    NotFromUser {
        /// The role given.
        role: Role,
    },
    /// Tool calls can be decided only while they are waited for.
    #[error(
        "no tool call waits for approval in state {state}: decisions are taken in awaiting_tool_approval"
    )]
    NoApprovalAwaited {
        /// Where the turn stands.
        state: StateKind,
    },
    /// These are not calls of the message at hand.
    #[error("no tool call {} here: the calls at hand are {}", listed(given), listed(known))]
    UnknownToolCall {
        /// The calls that are unknown.
        given: Vec<ToolCallId>,
        /// The calls that could have been meant.
        known: Vec<ToolCallId>,
    },
    /// A call stands twice where each may stand once.
    #[error("tool call `{call_id}` is given twice: each may be given once")]
    RepeatedToolCall {
        /// The call.
        call_id: ToolCallId,
    },
    /// A decision contradicts an earlier one.
    #[error("tool call `{call_id}` is {approval:?} already: a decision can be repeated, not reversed")]
    AlreadyDecided {
        /// The call.
        call_id: ToolCallId,
        /// What was decided.
        approval: Approval,
    },
    /// The turn cannot continue before every call is decided.
    #[error("tool calls {} are still pending: approve or deny them first", listed(calls))]
    StillPending {
        /// The calls.
        calls: Vec<ToolCallId>,
    },
    /// Every approved call needs a result, even if it only says what went wrong.
    #[error("no result for the approved tool calls {}: each needs one, an error if need be", listed(calls))]
    MissingToolResult {
        /// The calls.
        calls: Vec<ToolCallId>,
    },
    /// A field that must say something says nothing.
    #[error("{field} is empty: any other text will do")]
    Empty {
        /// Which field.
        field: &'static str,
    },
    /// A picture is not at an address that can only be shown.
    #[error(
        "content: the url `{}` of an image must begin with https://, http:// or data:image/",
        shortened(url)
    )]
    UnsupportedUrl {
        /// The address given.
        url: String,
    },
    /// What is set or said has more levels than can be read back.
    #[error("{field} has more than {max} arrays and objects in each other: no more can be stored")]
    TooDeep {
        /// Which field.
        field: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// What is set or said is larger than may be.
    #[error("{field} has {bytes} bytes: no more than {max} are taken")]
    TooLarge {
        /// Which field.
        field: &'static str,
        /// How many bytes of memory it takes, roughly.
        bytes: usize,
        /// How many it may have.
        max: usize,
    },
    /// The context holds as much as it may.
    #[error("the context has no room: it may hold {max} {what}; go on in a new one")]
    Full {
        /// What there is too much of: messages, bytes.
        what: &'static str,
        /// How much there may be.
        max: usize,
    },
    /// The request was answered before, and is not to take effect again.
    #[error("this request was answered before, with version {}", receipt.version)]
    Repeated {
        /// What was answered.
        receipt: Receipt,
    },
    /// The key of a request was used for another request.
    #[error("the Idempotency-Key was used for another request: give each request a key of its own")]
    KeyReused,
    /// The text is no context id.
    #[error(transparent)]
    NotAContextId(#[from] NotAContextId),
    /// A stored context contradicts itself.
    #[error("the stored context {id} is damaged: {what}")]
    Damaged {
        /// Which context.
        id: ContextId,
        /// What is wrong with it, and what would be right.
        what: String,
    },
}

impl ChatError {
    /// Whether the request makes sense but not now: the context is busy, has moved on, or waits for something else.
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::Illegal(_)
            | Self::Busy { .. }
            | Self::VersionConflict { .. }
            | Self::ConditionNotMet { .. }
            | Self::NoApprovalAwaited { .. }
            | Self::UnknownToolCall { .. }
            | Self::AlreadyDecided { .. }
            | Self::StillPending { .. } => true,
            Self::UnknownBranch { .. }
            | Self::BranchExists { .. }
            | Self::NotFromUser { .. }
            | Self::RepeatedToolCall { .. }
            | Self::MissingToolResult { .. }
            | Self::Empty { .. }
            | Self::UnsupportedUrl { .. }
            | Self::TooDeep { .. }
            | Self::TooLarge { .. }
            | Self::Full { .. }
            | Self::Repeated { .. }
            | Self::KeyReused
            | Self::NotAContextId(_)
            | Self::Damaged { .. } => false,
        }
    }
}

/// The beginning of what may be very long.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() { short + "…" } else { short }
}

/// Names in quotes, parted by commas.
fn listed<T: Display>(names: &[T]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { "none".to_owned() } else { quoted.join(", ") }
}
