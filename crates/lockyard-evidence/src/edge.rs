//! Who waits for whom, as data.

use std::fmt;

/// One edge of a wait cycle, or of a cycle of lock orders: a task that holds a lock and waits for another one. The holder of
/// what it waits for is the task of the next edge, and after the last one that of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Edge {
    /// The task; `seen before` where an order was drawn by a task that has gone on since.
    pub task: String,
    /// The lock that it holds, with the mode; null where it is only queued ahead of another waiter.
    pub holds: Option<String>,
    /// Where it was locked, as `file:line:column`.
    pub locked_at: Option<String>,
    /// The lock that it waits for, with the mode.
    pub waits_for: String,
    /// Where it waits, as `file:line:column`.
    pub place: Option<String>,
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { task, holds, locked_at, waits_for, place } = self;
        let at = |word: &str, place: &Option<String>| {
            place.as_ref().map(|place| format!("{word} at {place}")).unwrap_or_default()
        };
        match holds {
            Some(holds) => write!(f, "{task} holds {holds}{} and ", at(", locked", locked_at))?,
            None => write!(f, "{task} is queued ahead of the next and ")?,
        }
        write!(f, "waits for {waits_for}{}", at("", place))
    }
}
