//! What a set is asked, and what it answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::operation::Operation;
use crate::specs::Value;

/// One operation.
pub(super) type SetOperation = Operation<SetCall, SetAnswer>;

/// What a set is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SetCall {
    /// All that is in it?
    Read,
    /// Is this in it?
    Contains(Value),
    /// Let this be in it.
    Add(Value),
    /// Let this not be in it.
    Remove(Value),
}

/// What a set answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetAnswer {
    /// To a read: this is all.
    Holds(Arc<BTreeSet<Value>>),
    /// Whether it was in it.
    Contained(bool),
    /// To an add or a remove: whether that was a change.
    Changed(bool),
    /// To an add or a remove: done, whether it was a change or not.
    Done,
}
