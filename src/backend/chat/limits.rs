//! How deep and how large what is said and set may be: so that whatever a context accepts can be stored and read back, and no
//! context takes more memory than it may.
//!
//! JSON is read by a parser that follows 128 levels and no more, and a store has a limit to a record. The limits on both are
//! well below, and well above what a conversation needs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ChatError, NewToolCall, ToolCall};

/// How many arrays and objects may stand in each other in one parameter, or in the arguments of a tool call.
pub const MAX_DEPTH: usize = 64;

/// How many bytes of memory one message may take, and the settings of a context, whatever the limits are: 64 MiB.
pub const MAX_BYTES: usize = 64 << 20;

/// How many bytes of memory the parameters may take that come in with one request: 1 MiB. JSON takes up to eighty times its
/// own length, so a bound on bodies is none on memory.
pub const MAX_PARAMETER_BYTES: usize = 1 << 20;

/// How long the names of a model and of a mode may be that come in.
pub const MAX_NAME_BYTES: usize = 1 << 10;

/// How much one context may hold. Sizes are bytes of memory, roughly; what is stored already is read whatever it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextLimits {
    /// The largest message, in bytes.
    pub message_bytes: usize,
    /// How many messages, over all branches.
    pub messages: usize,
    /// All messages and settings together, in bytes.
    pub bytes: usize,
}

impl Default for ContextLimits {
    /// As much as can be stored.
    fn default() -> Self {
        Self { message_bytes: MAX_BYTES, messages: usize::MAX, bytes: usize::MAX }
    }
}

/// Refuses parameters that are too deep.
pub(super) fn check_parameters(parameters: &BTreeMap<String, Value>) -> Result<(), ChatError> {
    check_depth("parameters", parameters.values())
}

/// Refuses what is larger than may be.
pub(super) fn check_size(field: &'static str, bytes: usize, max: usize) -> Result<(), ChatError> {
    if bytes <= max { Ok(()) } else { Err(ChatError::TooLarge { field, bytes, max }) }
}

/// Refuses calls of tools that are too deep.
pub(super) fn check_new_calls(calls: &[NewToolCall]) -> Result<(), ChatError> {
    check_depth("arguments", calls.iter().map(|call| &call.arguments))
}

/// As [`check_new_calls`], of calls in their message.
pub(super) fn check_calls(calls: &[ToolCall]) -> Result<(), ChatError> {
    check_depth("arguments", calls.iter().map(|call| &call.arguments))
}

fn check_depth<'a>(
    field: &'static str,
    values: impl IntoIterator<Item = &'a Value>,
) -> Result<(), ChatError> {
    let fit = values.into_iter().all(|value| fits(value, MAX_DEPTH));
    if fit { Ok(()) } else { Err(ChatError::TooDeep { field, max: MAX_DEPTH }) }
}

/// Whether no more than so many arrays and objects stand in each other. Looks no deeper than that itself.
fn fits(value: &Value, levels: usize) -> bool {
    match (value, levels.checked_sub(1)) {
        (Value::Array(items), Some(left)) => items.iter().all(|item| fits(item, left)),
        (Value::Object(fields), Some(left)) => fields.values().all(|field| fits(field, left)),
        (Value::Array(_) | Value::Object(_), None) => false,
        _ => true,
    }
}
