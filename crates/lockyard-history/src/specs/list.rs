//! Many values in one: what a set holds, what waits in a queue.

use serde_json::value::RawValue;

use crate::files::Json;
use crate::files::json::{beginning, cannot_hold};

use super::Value;

const WANTED: &str = "a list of values";

/// Reads a list. The error says which value it is about.
pub(super) fn list(json: Json<'_>, which: &str) -> Result<Vec<Value>, String> {
    let raw = json.given(which, WANTED)?;
    let wrong = || cannot_hold(which, raw, WANTED);
    let items: Vec<&RawValue> = serde_json::from_str(raw).map_err(|_| wrong())?;
    items.into_iter().map(|item| Value::parse(item.get()).ok_or_else(wrong)).collect()
}

/// The values in their order, or the beginning of them.
pub(super) fn shown<'v>(values: impl IntoIterator<Item = &'v Value>, [open, close]: [char; 2]) -> String {
    let mut text = String::new();
    for value in values {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&value.to_string());
    }
    format!("{open}{}{close}", beginning(&text))
}
