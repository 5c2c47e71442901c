//! One slice of measuring: begun by the last task that is ready, and ended by the runner.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use quanta::Instant;
use tokio::sync::SetOnce;

use crate::alloc;

/// What all tasks of one slice share: read by all, and not written while the slice runs.
pub(crate) struct Slice {
    /// Where in their steps the tasks begin. Systems that are compared begin alike: what differs between them is then
    /// not what they were asked.
    pub(crate) position: u64,
    /// Is set once every task was handed to the runtime.
    all_started: SetOnce<()>,
    /// Clients that are not ready yet.
    missing: AtomicUsize,
    begun: OnceLock<SliceInstant>,
    over: AtomicBool,
    /// Is called by the last task that is ready.
    announce: Option<Box<dyn Fn() + Send + Sync>>,
}

/// A moment, such as that in which a slice began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SliceInstant {
    pub(crate) at: Instant,
    /// Allocations of the whole process until then; `None` if allocations are not counted.
    pub(crate) allocations: Option<u64>,
}

impl SliceInstant {
    /// The present one.
    pub(crate) fn now() -> Self {
        Self { allocations: alloc::process_count().map(|count| count.allocations), at: Instant::now() }
    }
}

impl Slice {
    /// For so many tasks.
    pub(crate) fn new(position: u64, tasks: usize) -> Self {
        Self {
            position,
            all_started: SetOnce::new(),
            missing: AtomicUsize::new(tasks),
            begun: OnceLock::new(),
            over: AtomicBool::new(false),
            announce: None,
        }
    }

    /// The same, and its beginning is announced.
    pub(super) fn announced_by(self, announce: Box<dyn Fn() + Send + Sync>) -> Self {
        Self { announce: Some(announce), ..self }
    }

    /// One more task is ready, which the slice waits for. How many are not.
    pub(crate) fn arrive(&self) -> usize {
        // AcqRel, because each arrival releases what its task prepared and the last one acquires it all: the chain
        // of decrements is one release sequence. What the last one has seen reaches the others through `begun`.
        let missing = self.missing.fetch_sub(1, Ordering::AcqRel) - 1;
        if missing == 0 {
            // Before the beginning, so that neither its time nor what it allocates is in the slice.
            if let Some(announce) = &self.announce {
                announce();
            }
            // By the one task that saw zero, so it is initialised once; `OnceLock` publishes it to those that wait.
            self.begun.get_or_init(SliceInstant::now);
        }
        missing
    }

    /// How many tasks are not ready.
    pub(super) fn missing(&self) -> usize {
        // Only to be said.
        self.missing.load(Ordering::Relaxed)
    }

    /// When it began, once it has.
    pub(crate) fn begun(&self) -> Option<SliceInstant> {
        self.begun.get().copied()
    }

    /// Every task was handed to the runtime. Best said from one of its workers: they are busy from then on, and the thread that
    /// starts tasks might wait for a core for longer than a slice takes.
    pub(super) fn all_are_started(&self) {
        // It is said once; said again it would not change.
        let _ = self.all_started.set(());
    }

    /// Is ready, and lets others run until all are.
    pub(crate) async fn begin(&self) -> Instant {
        // Those that are started first wait asleep: awake they would take the cores from the thread that starts the others.
        self.all_started.wait().await;
        self.arrive();
        loop {
            match self.begun() {
                Some(begun) => return begun.at,
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Blocks this thread until it has begun: for whom its beginning was announced, so that it is a matter of a moment.
    pub(crate) fn wait(&self) -> SliceInstant {
        *self.begun.wait()
    }

    /// Ends it.
    pub(crate) fn end(&self) {
        // Relaxed on both sides: the flag says stop and hands over no data. Logs come back through a channel, which
        // orders them; a task that sees the flag late does a step more.
        self.over.store(true, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    /// Awake it would take a core from the thread that starts the others.
    #[test]
    fn a_task_waits_asleep_until_all_are_started() {
        let slice = Slice::new(0, 1);
        let mut begins = pin!(slice.begin());
        let mut context = Context::from_waker(Waker::noop());
        assert!(begins.as_mut().poll(&mut context).is_pending());
        assert_eq!(slice.missing(), 1, "it has not arrived");
        slice.all_are_started();
        assert!(begins.as_mut().poll(&mut context).is_ready());
    }
}
