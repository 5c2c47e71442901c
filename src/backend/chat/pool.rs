//! All messages of a context, of every branch, each stored once: branches that fork share what they have in common.

use std::ops::Index;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::backend::shared_vec::SharedVec;

use super::size::message_size;
use super::{Message, MessageId, NewMessage};

/// A tree of messages: each is found by its id and names its parent.
///
/// Ids are given out in order, so that the id is the index and no map is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessagePool {
    nodes: SharedVec<Arc<Message>>,
    /// How many bytes of memory they take, roughly.
    size: usize,
}

impl MessagePool {
    /// Adds a message that follows `parent` and gives it the next id.
    pub(super) fn push(&mut self, parent: Option<MessageId>, message: NewMessage) -> MessageId {
        let id = MessageId::at(self.nodes.len());
        let NewMessage { role, content } = message;
        let node = Message { id, parent, role, content, tool_calls: Vec::new(), tool_results: Vec::new() };
        self.size += message_size(&node);
        self.nodes.push(Arc::new(node));
        id
    }

    /// Changes a message, which is copied first if a clone of the pool shares it.
    ///
    /// # Panics
    /// If the id is of another context.
    pub(super) fn change(&mut self, id: MessageId, change: impl FnOnce(&mut Message)) {
        let node =
            self.nodes.get_mut(id.index()).unwrap_or_else(|| panic!("no message {id} in this context"));
        let message = Arc::make_mut(node);
        let before = message_size(message);
        change(message);
        self.size = self.size + message_size(message) - before;
    }

    /// How many bytes of memory all messages take, roughly.
    pub(super) fn size(&self) -> usize {
        self.size
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
        let nodes = self.iter().map(|message| Arc::new(message.clone())).collect();
        Self { nodes, size: self.size }
    }
}

impl FromIterator<Message> for MessagePool {
    fn from_iter<I: IntoIterator<Item = Message>>(messages: I) -> Self {
        Self::of(messages.into_iter().map(Arc::new).collect())
    }
}

impl MessagePool {
    fn of(nodes: SharedVec<Arc<Message>>) -> Self {
        let size = nodes.iter().map(|message| message_size(message)).sum();
        Self { nodes, size }
    }
}

/// A pool is written as the list of its messages.
impl Serialize for MessagePool {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.nodes.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MessagePool {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SharedVec::deserialize(deserializer).map(Self::of)
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
