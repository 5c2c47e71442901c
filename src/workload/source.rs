//! The text of a scenario with the overrides laid over it, and where each value of the two came from.
//!
//! Overrides are laid over the parsed text before anything is checked, so that a value from the command line is judged by
//! the same rules as one from the file. The parser marks each value with its span of bytes in the text; an override is
//! marked with a span past the end of the text, and so one span is enough to know where any value came from.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Place, ScenarioError};
use super::scenario::Origin;

/// A text and its overrides.
pub(super) struct Source<'a> {
    name: &'a str,
    text: &'a str,
    overrides: &'a [String],
}

impl<'a> Source<'a> {
    /// The scenario `text`, called `name` in messages, with `overrides` of the form `key=value`, the last one winning.
    pub(super) fn new(name: &'a str, text: &'a str, overrides: &'a [String]) -> Self {
        Self { name, text, overrides }
    }

    /// What was read, to be read again.
    pub(super) fn origin(&self) -> Origin {
        let Self { name, text, overrides } = *self;
        Origin { name: name.to_owned(), text: text.to_owned(), overrides: overrides.to_vec() }
    }

    /// The parsed text with the overrides in it.
    pub(super) fn tree(&self) -> Result<Spanned<DeTable<'a>>, ScenarioError> {
        let mut tree = DeTable::parse(self.text).map_err(|error| self.invalid(&error))?;
        for (index, given) in self.overrides.iter().enumerate() {
            let malformed = || ScenarioError::MalformedOverride { place: Place::Override(given.clone()) };
            let (key, value) = given.split_once('=').ok_or_else(malformed)?;
            let path: Vec<&str> = key.split('.').map(str::trim).collect();
            if path.contains(&"") {
                return Err(malformed());
            }
            let start = self.text.len() + 1 + index;
            put(tree.get_mut(), &path, value_of(value), &(start..start + 1));
        }
        Ok(tree)
    }

    /// Where the value marked with `span` came from.
    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        if let Some(index) = span.start.checked_sub(self.text.len() + 1)
            && let Some(given) = self.overrides.get(index)
        {
            return Place::Override(given.clone());
        }
        let before = &self.text[..self.text.floor_char_boundary(span.start)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place::Text {
            source: self.name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The error that the value marked with `span` contradicts others.
    pub(super) fn contradiction(&self, span: &Range<usize>, message: &'static str) -> ScenarioError {
        ScenarioError::Contradiction { place: self.place(span), message }
    }

    /// What the parser found wrong, as an error that knows its place.
    pub(super) fn invalid(&self, error: &toml::de::Error) -> ScenarioError {
        // The parser may spread its message over lines; here a message is one paragraph.
        let message = error.message().lines().map(str::trim).collect::<Vec<_>>().join("; ");
        ScenarioError::Invalid { place: self.place(&error.span().unwrap_or_default()), message }
    }
}

/// The value of an override: TOML, or else a bare word, so that `writer_keys=own` needs no quotes.
fn value_of(text: &str) -> DeValue<'_> {
    let text = text.trim();
    match DeValue::parse(text) {
        Ok(value) => value.into_inner(),
        Err(_) => DeValue::String(text.into()),
    }
}

/// Puts `value` at `path`, and marks it with `span` together with all that contains it: a mix that an override brought out
/// of balance is the override's fault, not the file's.
fn put<'a>(table: &mut DeTable<'a>, path: &[&'a str], value: DeValue<'a>, span: &Range<usize>) {
    let [key, rest @ ..] = path else { return };
    let value = if rest.is_empty() {
        marked(value, span)
    } else {
        let mut inner = match table.remove(*key).map(Spanned::into_inner) {
            Some(DeValue::Table(inner)) => inner,
            _ => DeTable::new(),
        };
        put(&mut inner, rest, value, span);
        Spanned::new(span.clone(), DeValue::Table(inner))
    };
    table.remove(*key); // else the key would keep its old span
    table.insert(Spanned::new(span.clone(), (*key).into()), value);
}

/// `value` with everything in it marked with `span`.
fn marked<'a>(value: DeValue<'a>, span: &Range<usize>) -> Spanned<DeValue<'a>> {
    let value = match value {
        DeValue::Array(items) => {
            DeValue::Array(items.into_iter().map(|item| marked(item.into_inner(), span)).collect())
        }
        DeValue::Table(entries) => {
            let entry = |(key, value): (Spanned<_>, Spanned<_>)| {
                (Spanned::new(span.clone(), key.into_inner()), marked(value.into_inner(), span))
            };
            DeValue::Table(entries.into_iter().map(entry).collect())
        }
        plain => plain,
    };
    Spanned::new(span.clone(), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let source = Source::new("a.toml", "about = \"ß\"\nname = \"é\" # é\n", &[]);
        let text = |line, column| Place::Text { source: "a.toml".to_owned(), line, column };
        assert_eq!(source.place(&(0..5)), text(1, 1));
        assert_eq!(source.place(&(13..17)), text(2, 1));
        assert_eq!(source.place(&(source.text.len()..source.text.len())), text(3, 1));
    }

    #[test]
    fn the_last_override_of_a_field_wins() {
        let overrides = ["tasks=1", "tasks = 2", "model.scale=0.5"].map(str::to_owned);
        let source = Source::new("a.toml", "tasks = 3\n[model]\nscale = 1", &overrides);
        let tree = source.tree().expect("all well-formed");
        let tasks = &tree.get_ref()["tasks"];
        assert_eq!(tasks.get_ref().as_integer().map(toml::de::DeInteger::as_str), Some("2"));
        assert_eq!(source.place(&tasks.span()).to_string(), "--set tasks = 2");
        assert_eq!(source.place(&tree.get_ref()["model"].span()).to_string(), "--set model.scale=0.5");
    }
}
