//! A name that does not exist: said with those that do, and the one that was most likely meant.
//!
//! Scenarios, strategies, models and pitfalls are all named on one command line, so a name that is typed wrong is answered
//! in one way.

use std::fmt;

/// A name that does not exist, with the names that do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    kind: &'static str,
    name: String,
    known: Vec<String>,
}

impl Unknown {
    /// `name` is none of `known`; `kind` says what the names name, for example "operation".
    pub(crate) fn new(
        kind: &'static str,
        name: impl Into<String>,
        known: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { kind, name: name.into(), known: known.into_iter().map(Into::into).collect() }
    }

    /// The known name that was most likely meant; `None` if nothing is alike.
    pub fn nearest(&self) -> Option<&str> {
        // Jaro-Winkler, because a shared beginning counts: what is typed wrong is mostly cut short or ends wrong.
        let alike = |known: &str| strsim::jaro_winkler(&self.name.to_lowercase(), known);
        let nearest = self.known.iter().map(String::as_str).max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
        (alike(nearest) > 0.7).then_some(nearest)
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
