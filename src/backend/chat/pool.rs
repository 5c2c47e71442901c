//! All messages of a context, of every branch, each stored once: branches that fork share what they have in common.

use std::ops::{Index, IndexMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::backend::shared_vec::SharedVec;

use super::{Message, MessageId, NewMessage};

/// A tree of messages: each is found by its id and names its parent.
///
/// Ids are given out in order, so that the id is the index and no map is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessagePool {
    nodes: SharedVec<Arc<Message>>,
}

impl MessagePool {
    /// Adds a message that follows `parent` and gives it the next id.
    pub(super) fn push(&mut self, parent: Option<MessageId>, message: NewMessage) -> MessageId {
        let id = MessageId::at(self.nodes.len());
        let NewMessage { role, content } = message;
        let node = Message { id, parent, role, content, tool_calls: Vec::new(), tool_results: Vec::new() };
        self.nodes.push(Arc::new(node));
        id
    }

    /// The message with this id.
    pub fn get(&self, id: MessageId) -> Option<&Message> {
        self.nodes.get(id.index()).map(Arc::as_ref)
    }

    /// How many messages there are, over all branches.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing has been said yet.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// All messages in the order in which they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Message> {
        self.nodes.iter().map(Arc::as_ref)
    }

    /// The messages that may differ from those of `older`, as far as that can be told without looking into them.
    pub(super) fn changed_since<'a>(&'a self, older: &'a Self) -> impl Iterator<Item = &'a Message> {
        self.nodes.changed_since(&older.nodes).filter_map(|at| {
            let node = &self.nodes[at];
            // A chunk that was copied for one message has the others from before.
            let same = older.nodes.get(at).is_some_and(|old| Arc::ptr_eq(old, node));
            (!same).then_some(node.as_ref())
        })
    }

    /// A copy of every message that shares no memory with this pool.
    pub(super) fn deep_clone(&self) -> Self {
        Self { nodes: self.iter().map(|message| Arc::new(message.clone())).collect() }
    }
}

impl FromIterator<Message> for MessagePool {
    fn from_iter<I: IntoIterator<Item = Message>>(messages: I) -> Self {
        Self { nodes: messages.into_iter().map(Arc::new).collect() }
    }
}

impl Index<MessageId> for MessagePool {
    type Output = Message;

    /// # Panics
    /// If the id is of another context.
    fn index(&self, id: MessageId) -> &Message {
        &self.nodes[id.index()]
    }
}

impl IndexMut<MessageId> for MessagePool {
    /// Copies the message first if a clone of the pool shares it.
    ///
    /// # Panics
    /// If the id is of another context.
    fn index_mut(&mut self, id: MessageId) -> &mut Message {
        let node =
            self.nodes.get_mut(id.index()).unwrap_or_else(|| panic!("no message {id} in this context"));
        Arc::make_mut(node)
    }
}
