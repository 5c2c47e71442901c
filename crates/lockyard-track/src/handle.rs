//! A handle by which waits are ended, such as a sender, and the task that was last seen to use it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use lockyard_lock::sync::AtomicU64;

use super::ends::Ends;
use super::lock::Lock;
use super::strand::Strand;

/// A handle of a [`Resource`](super::Resource): it ends waits for it. It is one as long as this lives.
pub struct Handle {
    lock: Arc<Lock>,
    /// The task that used it last, by its number; 0 before it was used.
    owner: AtomicU64,
}

impl Handle {
    pub(super) fn new(lock: Arc<Lock>) -> Self {
        if let Ends::Handles(handles) = &lock.ends {
            handles.added();
        }
        Self { lock, owner: AtomicU64::new(0) }
    }

    /// The task at work has used it, so that is who has it. A handle that was never used may be with any task.
    #[inline]
    pub fn used(&self) {
        if !self.lock.tracker.is_on() {
            return;
        }
        let owner = Strand::current(&self.lock.tracker).root().id;
        // Looked at first: one that is used by one task alone, as nearly all are, writes nothing that others read.
        if self.owner.load(Relaxed) != owner {
            self.moved(owner);
        }
    }

    /// It stays one for good, and is with a task that is not known: what is done by it from now on is not seen.
    pub fn unseen(self) {
        let owner = self.owner.load(Relaxed);
        if let Ends::Handles(handles) = &self.lock.ends {
            handles.moved((owner != 0).then_some(owner), None);
        }
        // It counts as one that is there, which its drop would undo: so it is never dropped, and what it stands for is kept.
        std::mem::forget(self);
    }

    #[cold]
    pub(super) fn moved(&self, owner: u64) {
        let before = self.owner.swap(owner, Relaxed);
        if let Ends::Handles(handles) = &self.lock.ends {
            handles.moved((before != 0).then_some(before), Some(owner));
        }
    }
}

impl Clone for Handle {
    /// Who clones it has it. With whom the clone will be is not known.
    fn clone(&self) -> Self {
        self.used();
        Self::new(self.lock.clone())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let owner = self.owner.load(Relaxed);
        if let Ends::Handles(handles) = &self.lock.ends {
            handles.removed((owner != 0).then_some(owner));
        }
    }
}
