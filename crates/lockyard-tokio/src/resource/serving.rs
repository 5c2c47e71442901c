//! A handle by which waits are ended, such as a sender.
#![allow(clippy::unused_self, reason = "some of it is for one of the two features alone")]

#[cfg(feature = "track")]
use lockyard_track as track;

/// Its owner can end waits, until this is dropped.
#[derive(Clone)]
#[must_use]
pub(crate) struct Serving {
    /// Nothing in an explored run.
    #[cfg(feature = "track")]
    pub(super) tracked: Option<track::Handle>,
}

impl Serving {
    /// It stays one, and is with a task that will never be seen to use it.
    pub(crate) fn unseen(self) {
        #[cfg(feature = "track")]
        if let Some(tracked) = self.tracked {
            tracked.unseen();
        }
    }

    /// It is with this task, which has not used it.
    #[cfg(feature = "track")]
    pub(crate) fn is_with(&self, task: &track::TaskEnd) {
        if let Some(tracked) = &self.tracked {
            task.has(tracked);
        }
    }

    /// The owner did something by it just now.
    #[inline]
    pub(crate) fn used(&self) {
        #[cfg(feature = "track")]
        if let Some(tracked) = &self.tracked {
            tracked.used();
        }
    }
}
