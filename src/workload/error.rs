//! What is wrong with a scenario, where it stands, and what would be right.

use std::fmt;
use std::io;

use super::operation::Operation;

/// Why there is no scenario to run.
#[derive(Debug, thiserror::Error)]
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

/// A name that does not exist, with the names that do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    kind: &'static str,
    name: String,
    known: Vec<&'static str>,
}

impl Unknown {
    /// `name` is none of `known`; `kind` says what the names name, for example "operation".
    pub(super) fn new(
        kind: &'static str,
        name: impl Into<String>,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        Self { kind, name: name.into(), known: known.into_iter().collect() }
    }

    /// The known name that was most likely meant; `None` if nothing is alike.
    pub fn nearest(&self) -> Option<&'static str> {
        // Jaro-Winkler, because a shared beginning counts: what is typed wrong is mostly cut short or ends wrong.
        let alike = |known: &str| strsim::jaro_winkler(&self.name.to_lowercase(), known);
        let nearest = self.known.iter().copied().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
        (alike(nearest) > 0.6).then_some(nearest)
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} `{}`", self.kind, self.name)?;
        match self.nearest() {
            Some(nearest) => write!(f, ", did you mean `{nearest}`?")?,
            None => f.write_str(".")?,
        }
        write!(f, " There are: {}", self.known.join(", "))
    }
}

impl std::error::Error for Unknown {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_named_only_if_it_is_near() {
        let unknown = |name: &str| Unknown::new("scenario", name, ["polling", "hot-context", "churn"]);
        assert_eq!(unknown("pooling").nearest(), Some("polling"));
        assert_eq!(unknown("hot").nearest(), Some("hot-context"));
        assert_eq!(unknown("Churn").nearest(), Some("churn"));
        assert_eq!(unknown("xyz").nearest(), None);
        assert_eq!(
            unknown("xyz").to_string(),
            "unknown scenario `xyz`. There are: polling, hot-context, churn"
        );
    }
}
