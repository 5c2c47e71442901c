//! What a guest's task asks for, or waits for; and what it has.

use crate::footprint::Object;
use crate::place::Place;

/// One operation on something shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The thing, by its number in the run.
    pub(crate) number: u32,
    /// What kind of thing it is.
    pub(crate) kind: &'static str,
    /// What is done; of a lock, its mode.
    pub(crate) what: &'static str,
    /// Whether it may exclude others that do not write.
    pub(crate) write: bool,
    /// Whether it ends in holding the thing.
    pub(crate) lock: bool,
}

impl Ask {
    pub(crate) fn object(&self) -> Object {
        Object::nth(self.number)
    }

    /// Whether one that has or awaits this may keep the other waiting.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        self.number == other.number && (self.write || other.write)
    }
}

/// What a task has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// Unlike every other of the run.
    pub(crate) stamp: u32,
    pub(crate) task: usize,
    pub(crate) ask: Ask,
    pub(crate) place: Place,
}
