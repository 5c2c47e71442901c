//! What one task of a chat workload owns, between slices and during one.

use crate::backend::chat::ContextId;

/// One client.
#[derive(Default)]
pub struct Client {
    pub(super) task: usize,
    /// Sessions that this client made and has not deleted.
    pub(super) made: Vec<ContextId>,
    /// The index of a session for each message that this slice put into it.
    pub(super) grown: Vec<u32>,
    /// What it must remember to write down what it asks.
    pub(super) writing: Writing,
}

impl Client {
    pub(super) fn new(task: usize) -> Self {
        Self { task, ..Self::default() }
    }
}

/// What a client must remember to write down what it asks.
#[derive(Default)]
pub(super) struct Writing {
    /// Messages sent, and sessions asked for.
    pub(super) sent: u64,
    pub(super) tried: u32,
    /// Messages in each session of the scenario, as this client saw it last.
    pub(super) totals: Vec<u32>,
    /// Sessions that this client made: all, and those it has not deleted, by their numbers.
    pub(super) made: Vec<(u32, ContextId)>,
    pub(super) left: Vec<(u32, ContextId)>,
}
