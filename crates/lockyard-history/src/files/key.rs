//! The names of keys, and of processes that have names.
//!
//! Two keys are the same if JSON says the same of them, as with values: `1` and `1.0` are one key, `"1"` is another, and
//! the order of an object's fields is of no account. `""` is a key, and null is none.
//!
//! A string is named by its text, unless that is empty or would itself be read as JSON: then it stands in quotes. Everything
//! else is named by its JSON text. So no two keys share a name.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::specs::Value;

use super::json::beginning;
use super::scan::plain_string;

/// The name of the key with this JSON text; none for null.
pub(super) fn key_name(raw: &str) -> Result<Option<Cow<'_, str>>, String> {
    // Most keys are plain strings, which need no parser.
    if let Some(text) = plain_string(raw)
        && is_plain(text)
    {
        return Ok(Some(Cow::Borrowed(text)));
    }
    match Value::parse(raw) {
        Some(Value::Null) => Ok(None),
        Some(Value::Bool(truth)) => Ok(Some(truth.to_string().into())),
        Some(Value::Int(number)) => Ok(Some(number.to_string().into())),
        Some(Value::Json(text)) => Ok(Some(text.to_string().into())),
        Some(Value::Text(text)) if is_plain(&text) => Ok(Some(text.to_string().into())),
        Some(Value::Text(text)) => Ok(Some(serde_json::Value::from(&*text).to_string().into())),
        None => Err(format!("the key is {}, which is no JSON: give a string or a number", beginning(raw))),
    }
}

/// The text of a JSON string.
pub(super) fn string(raw: &str) -> Option<Cow<'_, str>> {
    match plain_string(raw) {
        Some(text) => Some(Cow::Borrowed(text)),
        None if raw.starts_with('"') => serde_json::from_str::<String>(raw).ok().map(Cow::Owned),
        None => None,
    }
}

/// Whether this text cannot be taken for JSON.
fn is_plain(text: &str) -> bool {
    match text.as_bytes().first() {
        None => false,
        Some(b'-' | b'0'..=b'9' | b'"' | b'[' | b'{' | b' ' | b'\t' | b'\r' | b'\n') => {
            serde_json::from_str::<IgnoredAny>(text).is_err()
        }
        Some(b't' | b'f' | b'n') => !matches!(text.trim_ascii_end(), "true" | "false" | "null"),
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(raw: &str) -> String {
        key_name(raw).unwrap().unwrap().into_owned()
    }

    #[test]
    fn keys_are_named_by_what_json_says_of_them() {
        for (raw, wanted) in [
            (r#""x""#, "x"),
            (r#""\u0078""#, "x"),
            (r#""k 1""#, "k 1"),
            (r#""nil""#, "nil"),
            ("1", "1"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("true", "true"),
            (r#"{"b":1, "a":[2]}"#, r#"{"a":[2],"b":1}"#),
            (r#""""#, r#""""#),
            (r#""1""#, r#""1""#),
            (r#""-1e3""#, r#""-1e3""#),
            (r#""true""#, r#""true""#),
            (r#""null""#, r#""null""#),
            (r#""[1]""#, r#""[1]""#),
            (r#""\"1\"""#, r#""\"1\"""#),
        ] {
            assert_eq!(name(raw), wanted, "{raw}");
        }
        assert_eq!(key_name("null").unwrap(), None);
        assert!(key_name("1e999").unwrap_err().contains("the key is 1e999"));
    }

    #[test]
    fn keys_that_differ_have_different_names() {
        let keys = [
            "1",
            "\"1\"",
            "\"\\\"1\\\"\"",
            "[1]",
            "\"[1]\"",
            "true",
            "\"true\"",
            "\" true\"",
            "\"\"",
            "\" \"",
        ];
        for (at, one) in keys.iter().enumerate() {
            for other in &keys[..at] {
                assert_ne!(name(one), name(other), "{one} and {other}");
            }
        }
    }
}
