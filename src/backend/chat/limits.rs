//! How deep and how large what is said and set may be: so that whatever a context accepts can be stored and read back.
//!
//! JSON is read by a parser that follows 128 levels and no more, and a store has a limit to a record. Both limits here are
//! well below, and well above what a conversation needs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ChatError, ContentPart, NewToolCall, ToolCall, ToolResult};

/// How many arrays and objects may stand in each other in one parameter, or in the arguments of a tool call.
pub const MAX_DEPTH: usize = 64;

/// How many bytes one message may have, and the settings of a context: 64 MiB.
pub const MAX_BYTES: usize = 64 << 20;

/// Refuses settings that are too deep or too large.
pub(super) fn check_settings<'a>(
    texts: impl IntoIterator<Item = &'a String>,
    parameters: &BTreeMap<String, Value>,
) -> Result<(), ChatError> {
    check_depth("parameters", parameters.values())?;
    let parameters = parameters.iter().map(|(name, value)| name.len() + bytes_of(value));
    check_bytes("settings", texts.into_iter().map(String::len).chain(parameters))
}

/// Refuses content of so many bytes if it is too large.
pub(super) fn check_content(bytes: usize) -> Result<(), ChatError> {
    check_bytes("content", [bytes])
}

/// How much is said in these parts.
pub(super) fn content_bytes(content: &[ContentPart]) -> usize {
    let bytes = content.iter().map(|part| match part {
        ContentPart::Text { text } => text.len(),
        ContentPart::ImageUrl { url } => url.len(),
    });
    bytes.sum()
}

/// Refuses calls of tools that are too deep or too large.
pub(super) fn check_new_calls(calls: &[NewToolCall]) -> Result<(), ChatError> {
    check_depth("arguments", calls.iter().map(|call| &call.arguments))?;
    check_bytes(
        "tool_calls",
        calls.iter().map(|call| call.id.0.len() + call.name.len() + bytes_of(&call.arguments)),
    )
}

/// As [`check_new_calls`], of calls in their message.
pub(super) fn check_calls(calls: &[ToolCall]) -> Result<(), ChatError> {
    check_depth("arguments", calls.iter().map(|call| &call.arguments))?;
    check_bytes(
        "tool_calls",
        calls.iter().map(|call| call.id.0.len() + call.name.len() + bytes_of(&call.arguments)),
    )
}

/// Refuses results of tools that are too large.
pub(super) fn check_results(results: &[ToolResult]) -> Result<(), ChatError> {
    check_bytes("tool_results", results.iter().map(|result| result.call_id.0.len() + result.output.len()))
}

fn check_bytes(field: &'static str, sizes: impl IntoIterator<Item = usize>) -> Result<(), ChatError> {
    let bytes = sizes.into_iter().fold(0, usize::saturating_add);
    if bytes <= MAX_BYTES { Ok(()) } else { Err(ChatError::TooLarge { field, bytes, max: MAX_BYTES }) }
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

/// How large a value is, quotes and punctuation not counted. It has been found to be not too deep.
fn bytes_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(|item| 1 + bytes_of(item)).sum(),
        Value::Object(fields) => fields.iter().map(|(name, field)| 1 + name.len() + bytes_of(field)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => size_of::<f64>(),
    }
}
