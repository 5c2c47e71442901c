//! One slice of measuring: begun by the last client that is ready, and ended by the arena.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use quanta::Instant;

use lockyard_bench::alloc;

/// What all clients of one slice share: read by all, written by nobody while the slice is on.
pub(super) struct Slice {
    /// Where in their traces the clients begin. Rivals that are compared begin alike: what differs between them is then
    /// not what they were asked.
    pub(super) position: u64,
    /// Clients that are not ready yet.
    missing: AtomicUsize,
    begun: OnceLock<Moment>,
    over: AtomicBool,
}

/// A moment, such as that in which a slice began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: Instant,
    /// Allocations of the whole process until then; `None` where nobody counts them.
    pub(super) allocations: Option<u64>,
}

impl Moment {
    /// The present one.
    pub(super) fn now() -> Self {
        Self { allocations: alloc::process_count().map(|count| count.allocations), at: Instant::now() }
    }
}

impl Slice {
    /// For so many clients.
    pub(super) fn new(position: u64, clients: usize) -> Self {
        Self {
            position,
            missing: AtomicUsize::new(clients),
            begun: OnceLock::new(),
            over: AtomicBool::new(false),
        }
    }

    /// One more client is ready, which the slice waits for. How many are not.
    pub(super) fn arrive(&self) -> usize {
        let missing = self.missing.fetch_sub(1, Ordering::AcqRel) - 1;
        if missing == 0 {
            self.begun.get_or_init(Moment::now);
        }
        missing
    }

    /// When it began, once it has.
    pub(super) fn begun(&self) -> Option<Moment> {
        self.begun.get().copied()
    }

    /// Is ready, and lets others run until all are.
    pub(super) async fn begin(&self) -> Instant {
        self.arrive();
        loop {
            match self.begun() {
                Some(begun) => return begun.at,
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Blocks this thread until it has begun: waiting by running would keep a worker from its clients.
    pub(super) fn wait(&self) -> Moment {
        *self.begun.wait()
    }

    /// Ends it.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}
