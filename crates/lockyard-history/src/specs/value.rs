//! What a register or a set can hold, of any history.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::files::Json;
use crate::files::json::{beginning, cannot_hold};

/// A value of a history. Two are equal if JSON says the same of them: `1.0` is `1`, `"1"` is not, and the order of an
/// object's fields is of no account. Numbers within a list or an object are compared as 64-bit ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing was written yet, or null was.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(Arc<str>),
    /// Anything else, as JSON has it: a list, an object, another number.
    Json(Arc<str>),
}

/// Decimal numbers of so many digits are told apart as floating-point ones.
const EXACT_DIGITS: usize = 15;

/// Whole numbers below this have no more digits.
const MOST_EXACT: f64 = 1e15;

impl Value {
    /// Reads it.
    ///
    /// # Errors
    /// It is missing or unknown, or no JSON. The error says which value it is about, as in "the value `to write`".
    pub fn read(json: Json<'_>, which: &str) -> Result<Self, String> {
        let raw = json.given(which, "a value, which may be null")?;
        Self::parse(raw).ok_or_else(|| cannot_hold(which, raw, "JSON"))
    }

    /// From the text of a JSON value; nothing if it is none.
    pub fn parse(raw: &str) -> Option<Self> {
        // Most are small numbers and plain strings, for which a parser would be the dearest part of reading a history.
        match raw.as_bytes().first()? {
            b'n' if raw == "null" => Some(Self::Null),
            b't' if raw == "true" => Some(Self::Bool(true)),
            b'f' if raw == "false" => Some(Self::Bool(false)),
            b'"' if !raw.contains('\\') => Some(Self::Text(raw.get(1..raw.len() - 1)?.into())),
            b'"' => serde_json::from_str::<String>(raw).ok().map(|text| Self::Text(text.into())),
            b'-' | b'0'..=b'9' => match raw.parse() {
                Ok(number) => Some(Self::Int(number)),
                Err(_) => Self::number(raw),
            },
            _ => Self::other(raw),
        }
    }

    /// A number that is no whole number of 64 bits as it is written.
    fn number(raw: &str) -> Option<Self> {
        let number: f64 = serde_json::from_str(raw).ok()?;
        let mantissa = raw.split(['e', 'E']).next().unwrap_or(raw);
        let digits = mantissa.trim_matches(|next: char| !next.is_ascii_digit() || next == '0');
        let is_exact = digits.chars().filter(char::is_ascii_digit).count() <= EXACT_DIGITS;
        Some(match number {
            // Rounded, two different numbers could be one.
            _ if !is_exact => Self::Json(raw.into()),
            _ if number.fract() == 0.0 && number.abs() < MOST_EXACT => Self::Int(number as i64),
            _ => Self::Json(number.to_string().into()),
        })
    }

    fn other(raw: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(raw).ok()?;
        // Written anew, so that spaces and the order of fields are of no account.
        serde_json::to_string(&value).ok().map(|text| Self::Json(text.into()))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => f.write_str(&beginning(&format!("{value:?}"))),
            Self::Json(value) => f.write_str(&beginning(value)),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Json(value) => {
                use serde::ser::Error;
                serde_json::from_str::<serde_json::Value>(value)
                    .map_err(S::Error::custom)?
                    .serialize(serializer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_equal_if_json_says_the_same_of_them() {
        let parse = |raw| Value::parse(raw).unwrap();
        for (one, other) in [
            ("1", "1.0"),
            ("-0", "0"),
            ("100", "1e2"),
            ("0.5", "5e-1"),
            ("1.50", "1.5"),
            (r#""x""#, r#""\u0078""#),
            (r#"{"a":1,"b":[1, 2]}"#, r#"{ "b": [1,2], "a": 1 }"#),
        ] {
            assert_eq!(parse(one), parse(other), "{one} and {other}");
        }
        for (one, other) in
            [("1", r#""1""#), ("null", r#""null""#), ("[1,2]", "[2,1]"), ("0.5", "0.25"), ("\"\"", "null")]
        {
            assert_ne!(parse(one), parse(other), "{one} and {other}");
        }
        for wrong in ["", "nul", "\"", "[1", "1 2", "x"] {
            assert_eq!(Value::parse(wrong), None, "{wrong:?}");
        }
        for (long, longer) in [
            ("9223372036854775808", "9223372036854775809"),
            ("123456789012345678901234567890", "123456789012345678901234567891"),
            ("0.1234567890123456789", "0.1234567890123456788"),
        ] {
            assert_ne!(parse(long), parse(longer), "numbers are not rounded");
        }
    }

    #[test]
    fn a_long_value_is_shown_by_its_beginning() {
        let long = Value::Text("é".repeat(1 << 20).into()).to_string();
        assert!(long.starts_with("\"éé") && long.ends_with("… (2097154 bytes)"), "{long}");
    }
}
