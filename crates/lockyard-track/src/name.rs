//! What a task or a branch is called: by a name that was given, or by the place where it was spawned.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// What a task or a branch is called in reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// By this name.
    Given(Arc<str>),
    /// By the place where it was spawned, and a number that no other task has. Nothing is written before a report asks.
    Spawned(&'static Location<'static>),
}

impl Name {
    /// In words, of the task that has this number.
    pub(super) fn words(&self, number: u64) -> String {
        match self {
            Self::Given(name) => name.to_string(),
            Self::Spawned(at) => format!("{}:{} #{number}", at.file(), at.line()),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(name) => f.write_str(name),
            Self::Spawned(at) => write!(f, "{}:{}", at.file(), at.line()),
        }
    }
}

impl From<Arc<str>> for Name {
    fn from(name: Arc<str>) -> Self {
        Self::Given(name)
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self::Given(name.into())
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self::Given(name.into())
    }
}
