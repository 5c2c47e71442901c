//! What the two sides of a broadcast wait for, which both of them know.

use std::sync::Arc;

use crate::resource::{Kind, Place, Resource};

/// What is waited for at a broadcast.
pub(super) struct Channel {
    /// Or that there is no sender any more.
    pub messages: Resource,
    /// That there is no receiver.
    pub closed: Resource,
}

impl Channel {
    pub(super) fn new(at: Place, name: Option<&'static str>) -> Arc<Self> {
        Arc::new(Self {
            messages: Resource::new(Kind::Broadcast, at, name),
            closed: Resource::new(Kind::BroadcastClosed, at, name),
        })
    }
}
