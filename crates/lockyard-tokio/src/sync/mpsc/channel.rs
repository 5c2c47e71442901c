//! What the two sides of a channel wait for, which both of them know.

use std::sync::Arc;

use crate::resource::{Kind, Place, Resource, Serving};

/// What is waited for at a channel.
pub(super) struct Channel {
    /// Or that there is no sender any more.
    pub messages: Resource,
    /// Or that the receiver is closed. Unused where there is no bound.
    pub room: Resource,
    /// That the receiver is closed.
    pub closed: Resource,
}

impl Channel {
    pub(super) fn new(at: Place, name: Option<&'static str>) -> Arc<Self> {
        Arc::new(Self {
            messages: Resource::new(Kind::MpscMessages, at, name),
            room: Resource::new(Kind::MpscRoom, at, name),
            closed: Resource::new(Kind::MpscClosed, at, name),
        })
    }

    /// The receiver gives room, and may close the channel.
    pub(super) fn served_by_receiver(&self) -> [Serving; 2] {
        [self.room.serve(), self.closed.serve()]
    }

    /// Some messages were taken, or the channel was found closed.
    pub(super) fn received(&self, [room, _]: &[Serving; 2]) {
        self.room.access(true);
        room.used();
    }

    /// The receiver closed the channel.
    pub(super) fn close(&self) {
        self.messages.access(true);
        self.room.access(true);
        self.closed.access(true);
    }

    /// What is waited for is looked at.
    pub(super) fn printed(&self) {
        self.messages.access(false);
        self.room.access(false);
        self.closed.access(false);
    }
}
