//! What an event says, field by field.

use super::scan::whole_number;

/// What an event says, each as the text of a JSON value, but for whole numbers where most have one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    pub(super) process: Option<Scalar<'a>>,
    pub(super) kind: Option<&'a str>,
    pub(super) f: Option<&'a str>,
    pub(super) key: Option<&'a str>,
    pub(super) value: Option<&'a str>,
    pub(super) result: Option<&'a str>,
    pub(super) time: Option<Scalar<'a>>,
}

/// A value that should be a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    /// A whole number below [`LIMIT`].
    Whole(u64),
    /// The text of another.
    Text(&'a str),
}

/// Whole numbers from here on are left as texts.
pub(super) const LIMIT: u64 = 1 << 63;

impl<'a> Scalar<'a> {
    /// Of the text of a JSON value.
    pub(super) fn of(text: &'a str) -> Self {
        whole_number(text.as_bytes()).filter(|whole| *whole < LIMIT).map_or(Self::Text(text), Self::Whole)
    }
}
