//! What was read and not yet taken: the database is read faster than contexts are made of what was read, and what waits in
//! between takes memory.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// So many bytes may wait before no more is read.
const MOST: usize = 16 << 20;

/// For so long the database waits for those who have asked. One that does not take its answer cannot stop all others for good.
const PATIENCE: Duration = Duration::from_secs(1);

/// The bytes that wait. Clones are handles to the same count.
#[derive(Clone, Default)]
pub(super) struct LoadedBytes(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    bytes: Mutex<usize>,
    taken: Condvar,
}

/// Bytes that were read, until they are taken.
pub(super) struct Untaken {
    all: LoadedBytes,
    bytes: usize,
}

impl LoadedBytes {
    /// So many more wait, for as long as what is returned lives.
    pub(super) fn add(&self, bytes: usize) -> Untaken {
        *self.0.bytes.lock() += bytes;
        Untaken { all: self.clone(), bytes }
    }

    /// Whether no more should be read for now.
    pub(super) fn are_many(&self) -> bool {
        *self.0.bytes.lock() > MOST
    }

    /// Waits until some have been taken, if they are many.
    pub(super) fn wait(&self) {
        let mut bytes = self.0.bytes.lock();
        let timed_out = self.0.taken.wait_while_for(&mut bytes, |bytes| *bytes > MOST, PATIENCE);
        if timed_out.timed_out() {
            tracing::debug!(bytes = *bytes, "contexts that were loaded are not taken");
        }
    }
}

impl Drop for Untaken {
    fn drop(&mut self) {
        *self.all.0.bytes.lock() -= self.bytes;
        self.all.0.taken.notify_all();
    }
}
