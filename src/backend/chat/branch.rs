//! One line of a conversation: which messages of the pool it runs through, in order.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::backend::shared_vec::SharedVec;

use super::{MessageId, MessagePool, NewMessage};

/// A named line through the message pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// Shared by all that name the branch.
    pub(super) name: Arc<str>,
    /// Shared by all copies of the branch.
    pub(super) system_prompt: Option<Arc<str>>,
    pub(super) order: SharedVec<MessageId>,
}

impl Branch {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self { name, system_prompt: None, order: SharedVec::new() }
    }

    /// What the branch is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The instructions the branch stands under. They are no message and are not counted as one.
    pub fn system_prompt(&self) -> Option<&str> {
        self.system_prompt.as_deref()
    }

    /// The ids of its messages, oldest first.
    pub fn order(&self) -> &SharedVec<MessageId> {
        &self.order
    }

    /// Adds a message to the pool and to the end of this branch.
    pub(super) fn append(&mut self, pool: &mut MessagePool, message: NewMessage) -> MessageId {
        let id = pool.push(self.order.last().copied(), message);
        self.order.push(id);
        id
    }

    /// A copy under a name of its own, which shares the order so far.
    pub(super) fn fork(&self, name: &str) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// A copy that shares no memory with this branch.
    pub(super) fn deep_clone(&self) -> Self {
        Self {
            name: self.name.as_ref().into(),
            system_prompt: self.system_prompt.as_deref().map(Arc::from),
            order: self.order.iter().copied().collect(),
        }
    }
}
