//! How many sessions live and what memory they take, counted as they begin, change and end: to count them one by one would take
//! as long as there are many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use crate::backend::byte_sum::ByteSum;

/// How many sessions live, and how much memory they take. Clones are handles to the same counts; nothing is ordered by them.
#[derive(Clone, Default)]
pub(in crate::backend) struct LiveCount(Arc<Counts>);

#[derive(Default)]
struct Counts {
    sessions: AtomicUsize,
    bytes: ByteSum,
}

impl LiveCount {
    /// One more, for as long as what is returned lives.
    pub(in crate::backend) fn begin(&self) -> Alive {
        self.0.sessions.fetch_add(1, Relaxed);
        Alive { all: self.0.clone(), bytes: AtomicU32::new(0) }
    }

    pub(in crate::backend) fn sessions(&self) -> usize {
        self.0.sessions.load(Relaxed)
    }

    /// How many bytes of memory they take, roughly.
    pub(in crate::backend) fn bytes(&self) -> usize {
        self.0.bytes.get()
    }
}

/// Stands in a session and ends with it.
pub(in crate::backend) struct Alive {
    all: Arc<Counts>,
    /// What is counted of this session: of a larger one than fits, as much as does.
    bytes: AtomicU32,
}

impl Alive {
    /// The session takes so many bytes now. Called by one caller at a time: with the session's write guard held, or before
    /// the session is known to any other.
    pub(in crate::backend) fn takes(&self, bytes: usize) {
        let bytes = self.all.bytes.follow(self.bytes(), bytes.min(u32::MAX as usize));
        self.bytes.store(u32::try_from(bytes).unwrap_or(u32::MAX), Relaxed);
    }

    /// How many bytes are counted of this session.
    pub(in crate::backend) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed) as usize
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.all.sessions.fetch_sub(1, Relaxed);
        self.takes(0);
    }
}
