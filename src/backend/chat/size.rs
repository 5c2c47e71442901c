//! How much memory what is said and set takes, roughly: kept while it changes, so that asking costs nothing.
//!
//! What an allocator adds is estimated. It matters for what is small and many: an object of one field takes more than 700
//! bytes, and eight characters of JSON.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ContentPart, Message, NewToolCall, ToolCall, ToolResult};

/// What an allocation takes besides what is in it.
const ALLOCATION: usize = 16;

/// A message without content: its node, and its places in the pool and in a branch.
const MESSAGE: usize = size_of::<Message>() + ALLOCATION + 64;

/// A context without messages and settings, live and as the store remembers it.
pub(super) const CONTEXT: usize = 2 << 10;

/// A node of the map that holds the fields of an object, and how many fields stand in one that was filled in order.
const MAP_NODE: usize = 11 * (size_of::<String>() + size_of::<Value>()) + 120;
const FIELDS_OF_A_NODE: usize = 6;

/// A message with all that it says.
pub(super) fn message_size(message: &Message) -> usize {
    let Message { content, tool_calls, tool_results, .. } = message;
    MESSAGE + content_size(content) + calls_size(tool_calls) + results_size(tool_results)
}

pub(super) fn content_size(content: &[ContentPart]) -> usize {
    let bytes = content.iter().map(|part| match part {
        ContentPart::Text { text } => text_size(text),
        ContentPart::ImageUrl { url } => text_size(url),
    });
    bytes.sum::<usize>() + size_of_val(content)
}

pub(super) fn text_size(text: &str) -> usize {
    text.len() + ALLOCATION
}

fn calls_size(calls: &[ToolCall]) -> usize {
    size_of_val(calls)
        + calls.iter().map(|call| call_size(&call.id.0, &call.name, &call.arguments)).sum::<usize>()
}

/// What calls will take in their message.
pub(super) fn new_calls_size(calls: &[NewToolCall]) -> usize {
    let sizes = calls.iter().map(|call| call_size(&call.id.0, &call.name, &call.arguments));
    calls.len() * size_of::<ToolCall>() + sizes.sum::<usize>()
}

fn call_size(id: &str, name: &str, arguments: &Value) -> usize {
    text_size(id) + text_size(name) + value_size(arguments)
}

pub(super) fn results_size(results: &[ToolResult]) -> usize {
    let sizes = results.iter().map(|result| text_size(&result.call_id.0) + text_size(&result.output));
    size_of_val(results) + sizes.sum::<usize>()
}

/// What a context is set to.
pub(super) fn settings_size<'a>(
    texts: impl IntoIterator<Item = &'a String>,
    parameters: &BTreeMap<String, Value>,
) -> usize {
    let texts: usize = texts.into_iter().map(|text| text_size(text)).sum();
    texts + fields_size(parameters.iter())
}

/// A JSON value with all that stands in it. It has been found to be not too deep.
pub(super) fn value_size(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text_size(text),
            Value::Array(items) => ALLOCATION + items.iter().map(value_size).sum::<usize>(),
            Value::Object(fields) => fields_size(fields.iter()),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
}

/// The fields of an object.
fn fields_size<'a>(fields: impl ExactSizeIterator<Item = (&'a String, &'a Value)>) -> usize {
    let nodes = nodes_size(fields.len());
    nodes + fields.map(|(name, value)| field_size(name, value_size(value))).sum::<usize>()
}

/// The nodes of a map with so many fields.
pub(super) fn nodes_size(fields: usize) -> usize {
    fields.div_ceil(FIELDS_OF_A_NODE) * MAP_NODE
}

/// A field besides its place in a node.
pub(super) fn field_size(name: &str, value: usize) -> usize {
    text_size(name) + value.saturating_sub(size_of::<Value>())
}
