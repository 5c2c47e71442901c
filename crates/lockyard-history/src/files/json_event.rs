//! The fields of an event, from its JSON text.

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::json::beginning;

/// What an event says, each as the text of a JSON value.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) process: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
    pub(super) f: Option<&'a str>,
    pub(super) key: Option<&'a str>,
    pub(super) value: Option<&'a str>,
    pub(super) result: Option<&'a str>,
    pub(super) time: Option<&'a str>,
}

/// What is wrong with an event, and in which line of it, counted from zero.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) what: String,
}

/// More levels of brackets than any history needs.
pub(super) const MOST_LEVELS: usize = 64;

const EXAMPLE: &str = r#"an event is an object such as {"process":0,"type":"invoke","f":"read"}"#;

pub(super) fn too_deep() -> String {
    format!("brackets in brackets, more than {MOST_LEVELS} levels of them: no event needs so many")
}

pub(super) fn no_object(text: &str) -> String {
    format!("{EXAMPLE}, and this is {}", beginning(text))
}

pub(super) fn not_utf8(text: &[u8], error: std::str::Utf8Error) -> Wrong {
    let line = memchr::memchr_iter(b'\n', &text[..error.valid_up_to()]).count();
    let what = match error.error_len() {
        None => format!("the line ends within a character: {CUT_SHORT}"),
        Some(_) => format!("no text in UTF-8, from byte {} on: write it in UTF-8", error.valid_up_to() + 1),
    };
    Wrong { line, what }
}

pub(super) const CUT_SHORT: &str = "the file was cut short, copy it whole";

/// Reads an event that is one JSON value. `text` has no blanks around it.
pub(super) fn read(text: &[u8]) -> Result<Fields<'_>, Wrong> {
    let text = std::str::from_utf8(text).map_err(|error| not_utf8(text, error))?;
    if !text.starts_with('{') {
        return Err(match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Wrong { line: 0, what: no_object(text) },
            Err(error) => not_an_event(&error, text),
        });
    }
    if is_too_deep(text.as_bytes()) {
        return Err(Wrong { line: 0, what: too_deep() });
    }
    serde_json::from_str(text).map_err(|error| not_an_event(&error, text))
}

/// Whether there are too many brackets open at once.
fn is_too_deep(text: &[u8]) -> bool {
    // Each level needs two brackets, and most lines are shorter than that, or have too few that open.
    if text.len() <= 2 * MOST_LEVELS || memchr::memchr2_iter(b'[', b'{', text).nth(MOST_LEVELS).is_none() {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MOST_LEVELS {
            return true;
        }
    }
    false
}

fn not_an_event(error: &serde_json::Error, text: &str) -> Wrong {
    let column = error.column();
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    let what = match error.classify() {
        Category::Eof => format!("the line ends too early, in column {column} ({message}): {CUT_SHORT}"),
        Category::Data => message.to_owned(),
        _ if message == "trailing characters" => {
            let more = text.lines().nth(error.line() - 1).and_then(|line| line.get(column.max(1) - 1..));
            let more = beginning(more.unwrap_or_default());
            format!(
                "after the event, in column {column}, comes {more}: give one event a line, and no commas between"
            )
        }
        _ => format!("not an event, in column {column}: {message}"),
    };
    Wrong { line: error.line().max(1) - 1, what }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Process,
    Type,
    F,
    Key,
    Value,
    Result,
    Time,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXAMPLE)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(field) = map.next_key::<Field>()? {
            let (slot, name) = match field {
                Field::Process => (&mut fields.process, "process"),
                Field::Type => (&mut fields.kind, "type"),
                Field::F => (&mut fields.f, "f"),
                Field::Key => (&mut fields.key, "key"),
                Field::Value => (&mut fields.value, "value"),
                Field::Result => (&mut fields.result, "result"),
                Field::Time => (&mut fields.time, "time"),
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let raw: &'de RawValue = map.next_value()?;
            if slot.replace(raw.get()).is_some() {
                return Err(A::Error::custom(format!("the field {name:?} is given twice: give it once")));
            }
        }
        Ok(fields)
    }
}
