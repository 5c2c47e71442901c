//! How a task is woken by something that is no part of the explorer, and how it is noticed that one waits for that.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Wake, Waker};

use super::next_step::YieldPoint;

/// No task is at work.
const NONE: usize = usize::MAX;

thread_local! {
    /// Whose step it is.
    static AT_WORK: Cell<usize> = const { Cell::new(NONE) };
    /// Whether a step has woken a task, its own included.
    static WOKEN: Cell<bool> = const { Cell::new(false) };
}

/// Whether a task was woken by something else than the schedule.
struct WakeFlag {
    task: usize,
    woken: AtomicBool,
    /// In a step of another task: this one waits for something that the other has. One that wakes itself may be a set of
    /// futures that lets others go first.
    by_another: AtomicBool,
}

impl WakeFlag {
    fn set(&self) {
        self.woken.store(true, Relaxed);
        if AT_WORK.get() != self.task {
            self.by_another.store(true, Relaxed);
        }
        WOKEN.set(true);
    }
}

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.set();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.set();
    }
}

/// The waker of one task.
pub(super) struct TaskWaker {
    flag: Arc<WakeFlag>,
    pub(super) waker: Waker,
    /// How many references there were when the run began: this pair's own, and what an earlier run's program has kept.
    at_first: usize,
    /// How many there were before the last step.
    before_step: Cell<usize>,
    /// Whether the task waits for something that the explorer does not see.
    elsewhere: Cell<bool>,
}

impl TaskWaker {
    pub(super) fn new(task: usize) -> Self {
        let flag =
            Arc::new(WakeFlag { task, woken: AtomicBool::new(false), by_another: AtomicBool::new(false) });
        let waker = Waker::from(flag.clone());
        Self { flag, waker, at_first: 2, before_step: Cell::new(2), elsewhere: Cell::new(false) }
    }

    /// Forgets what came of it in the run before.
    pub(super) fn begin(&mut self) {
        self.lower();
        self.flag.by_another.store(false, Relaxed);
        self.at_first = Arc::strong_count(&self.flag);
        self.elsewhere.set(false);
        self.before_step.set(self.at_first);
    }

    /// Before a step, and whatever it wakes by way of this task's waker: that takes copies away which a poll puts back.
    pub(super) fn begin_step(&self) {
        self.before_step.set(Arc::strong_count(&self.flag));
    }

    /// Before a poll: a wake-up from inside it asks for another. The flag carries no data, so no order is needed; what it
    /// announces, the poll finds by itself.
    pub(super) fn lower(&self) {
        self.flag.woken.store(false, Relaxed);
    }

    pub(super) fn is_woken(&self) -> bool {
        self.flag.woken.load(Relaxed)
    }

    /// Whether a step of another task has woken it.
    pub(super) fn is_woken_by_another(&self) -> bool {
        self.flag.by_another.load(Relaxed)
    }

    /// After a poll: whether the task, pending at these yield points, waits for something else as well.
    pub(super) fn looks_elsewhere(&self, points: &[YieldPoint]) -> bool {
        // Yield points keep no copy of the task's own waker. One that was made in this step is kept by a foreign lock, channel
        // or timer. A set of futures with wakers of its own keeps one, too: it is made while a member is pending, mostly, and
        // where a point has another waker nothing follows from the count. Then only a wake-up gives a foreign wait away.
        let copies = Arc::strong_count(&self.flag);
        let made = copies > self.before_step.get() && points.iter().all(|point| point.waker.is_none());
        let elsewhere = points.is_empty() || self.is_woken_by_another() || made;
        self.elsewhere.set(elsewhere || self.elsewhere.get() && copies > self.at_first);
        elsewhere
    }

    /// What was found so after its last poll, or an earlier one, and has not ended as far as can be seen.
    pub(super) fn waits_elsewhere(&self, points: &[YieldPoint]) -> bool {
        self.elsewhere.get() || points.is_empty() || self.is_woken_by_another()
    }
}

/// A step of this task begins, or what the schedule itself does in it is over: what wakes a task from here on is its doing.
pub(super) fn begin_step(task: usize) {
    AT_WORK.set(task);
    WOKEN.set(false);
}

/// Whether the step has woken a task.
pub(super) fn has_woken() -> bool {
    WOKEN.get()
}
