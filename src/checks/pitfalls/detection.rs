//! The two variants of a pitfall, and what a check has to say against one.

use std::panic::Location;

use lockyard_explore::Violated;
use lockyard_track::Edge;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// The pitfall.
    Wrong,
    /// Its fixed variant.
    Right,
}

/// What a check had to say against a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// What kind of thing is wrong, in a word or two.
    pub kind: String,
    /// What happened, in a sentence.
    pub message: String,
    /// Where in the source, as `file:line:column`; never empty.
    pub places: Vec<String>,
    /// The tasks that take part.
    pub tasks: Vec<String>,
    /// Of a deadlock the wait cycle: each task waits for the next, and the last one for the first.
    pub edges: Vec<Edge>,
}

impl Detection {
    /// The alarm of a check that was made where this is called, if it had something to say.
    #[track_caller]
    pub(super) fn unless(kind: &str, holds: Result<(), Violated>) -> Option<Self> {
        let places = vec![Location::caller().to_string()];
        let alarm =
            |message| Self { kind: kind.to_owned(), message, places, tasks: Vec::new(), edges: Vec::new() };
        holds.err().map(alarm)
    }
}
