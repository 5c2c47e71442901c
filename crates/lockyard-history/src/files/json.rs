//! A piece of JSON as an event of a history holds it.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::scan;

/// What null in the value of a response means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nil {
    /// A value like any other.
    Value,
    /// That the value is not known: any would be right.
    Unknown,
}

/// What an event says of a value: nothing, that it is not known, or a piece of JSON that a specification reads as what
/// it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Json<'a> {
    /// The event does not speak of it.
    #[default]
    Missing,
    /// The event says null, where null [stands for](crate::Nil::Unknown) what is not known. Only in responses.
    Unknown,
    /// The text of a value, which may be null.
    Text(&'a str),
}

impl<'a> Json<'a> {
    /// Its text. None if it is missing or unknown.
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Missing | Self::Unknown => None,
        }
    }

    /// Whether it says nothing: it is missing, unknown or null.
    pub fn is_nil(self) -> bool {
        self.text().is_none_or(|text| text == "null")
    }

    /// Reads it. The error says which value it is about, as in "the value `to write`", and what is `wanted` instead.
    ///
    /// # Errors
    /// The value is missing or unknown, or another one than is wanted.
    pub fn read<T: DeserializeOwned>(self, which: &str, wanted: &str) -> Result<T, String> {
        let raw = self.given(which, wanted)?;
        serde_json::from_str(raw).map_err(|_| cannot_hold(which, raw, wanted))
    }

    /// Reads a text, as [`read`](Self::read) would, without a parser if it has no escapes.
    pub(crate) fn read_text(self, which: &str) -> Result<Arc<str>, String> {
        match self.text().and_then(scan::plain_string) {
            Some(text) => Ok(text.into()),
            None => self.read(which, "a string"),
        }
    }

    /// Its text, for a specification that reads it by itself.
    ///
    /// # Errors
    /// The value is missing or unknown.
    pub fn given(self, which: &str, wanted: &str) -> Result<&'a str, String> {
        self.text().ok_or_else(|| format!("the value {which} is missing: give {wanted}"))
    }
}

/// The texts of the two values of a list.
pub(crate) fn pair(raw: &str) -> Option<[&str; 2]> {
    scan::pair(raw).or_else(|| {
        let pair: [&RawValue; 2] = serde_json::from_str(raw).ok()?;
        Some(pair.map(RawValue::get))
    })
}

/// The value that stands there, in a message that has room for the beginning of it.
pub(crate) fn cannot_hold(which: &str, raw: &str, wanted: &str) -> String {
    format!("the value {which} is {}, which the model cannot hold: give {wanted}", beginning(raw))
}

/// A response says another value than was asked about.
pub(crate) fn contradiction(value: Json<'_>, asked: &str) -> String {
    let value = beginning(value.text().unwrap_or_default());
    format!("the response says {value}, which contradicts its invocation: {asked}")
}

/// The text, or its beginning and how much more there is: of a value within a message.
pub(crate) fn beginning(text: &str) -> String {
    shortened(text, 60)
}

/// The text, or its beginning and how much more there is.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}
