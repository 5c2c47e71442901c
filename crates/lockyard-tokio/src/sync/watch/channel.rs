//! What the two sides of a watched value wait for, which both of them know.

use std::sync::Arc;

use crate::resource::{Kind, Place, Resource};

/// What is waited for at a watched value.
pub(super) struct Channel {
    /// Or that there is no sender any more.
    pub changes: Resource,
    /// That there is no receiver.
    pub closed: Resource,
    /// The value itself, which stands behind a lock that blocks threads.
    pub value: Resource,
}

impl Channel {
    pub(super) fn new(at: Place, name: Option<&'static str>) -> Arc<Self> {
        Arc::new(Self {
            changes: Resource::new(Kind::Watch, at, name),
            closed: Resource::new(Kind::WatchClosed, at, name),
            value: Resource::new(Kind::WatchValue, at, name),
        })
    }
}
