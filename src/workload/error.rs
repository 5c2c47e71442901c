//! What is wrong with a scenario, where it stands, and what would be right.

use std::fmt;
use std::io;

use crate::backend::operation::Operation;
use crate::unknown::Unknown;

/// Why there is no scenario to run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// No built-in scenario has this name.
    #[error("{0}. A file of your own is given by a path that ends in .toml")]
    UnknownScenario(Unknown),
    /// A scenario file cannot be read.
    #[error("{path}: the scenario file cannot be read: {error}")]
    Unreadable {
        /// The path as given.
        path: String,
        /// What the file system said.
        error: io::Error,
    },
    /// An override is not of the form `key=value`.
    #[error(
        "{place}: an override is a field, an equals sign and a value, as in --set tasks=16 or --set reads.get_context=10"
    )]
    MalformedOverride {
        /// The override as given.
        place: Place,
    },
    /// The text is no TOML, or a value has the wrong type or lies outside its range.
    #[error("{place}: {message}")]
    Invalid {
        /// Where the value stands.
        place: Place,
        /// What was found, and what was expected.
        message: String,
    },
    /// A field or an operation does not exist.
    #[error("{place}: {unknown}")]
    UnknownKey {
        /// Where the key stands.
        place: Place,
        /// The key, and those that exist.
        unknown: Unknown,
    },
    /// A read stands among the writes or a write among the reads.
    #[error(
        "{place}: {operation} {}",
        if operation.is_read() { "is a read and belongs under [reads]" } else { "is a write and belongs under [writes]" }
    )]
    WrongSide {
        /// Where the operation stands.
        place: Place,
        /// The operation.
        operation: Operation,
    },
    /// The percentages of a mix do not make a whole.
    #[error("{place}: the percentages under [{table}] add up to {sum}, and must add up to 100: {shares}")]
    Sum {
        /// Where the mix stands.
        place: Place,
        /// `reads` or `writes`.
        table: &'static str,
        /// What they add up to, in percent.
        sum: f64,
        /// The mix as given.
        shares: String,
    },
    /// A value is right in itself and contradicts the others.
    #[error("{place}: {message}")]
    Contradiction {
        /// Where the value stands.
        place: Place,
        /// What contradicts what, and what would be right.
        message: &'static str,
    },
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A text: a file, or a built-in scenario.
    Text {
        /// The path, or `built-in scenario NAME`.
        source: String,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
    },
    /// An override on the command line, as it was given after `--set`.
    Override(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { source, line, column } => write!(f, "{source}:{line}:{column}"),
            Self::Override(given) => write!(f, "--set {given}"),
        }
    }
}
