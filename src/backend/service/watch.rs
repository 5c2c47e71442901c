//! Observing a turn while it runs, for a client that reads along.

use crate::backend::chat::{StateKind, Version};

/// What a turn has just done. By then it is in the session, and others can read it; stored it may not be yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnEvent<'a> {
    /// A change was accepted; the first of a turn is its beginning.
    Step {
        /// The state that the change left.
        state: StateKind,
        /// The version that it made.
        version: Version,
    },
    /// The model said this, and it stands in the conversation.
    Text(&'a str),
}

/// Is notified of what a turn does, between its steps and with no lock held. Not to wait in: the turn waits as well.
///
/// `()` looks away.
pub trait TurnWatch: Send + Sync {
    /// Called once for each event, in their order.
    fn saw(&self, event: TurnEvent<'_>);
}

impl TurnWatch for () {
    fn saw(&self, _: TurnEvent<'_>) {}
}
