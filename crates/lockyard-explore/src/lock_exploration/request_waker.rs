//! The waker of one that asks for an explored lock: whether it was woken, and not too often in vain.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

/// So often a waiter is polled in vain before something else happens. Locks may wake waiters that they do not let in,
/// in turns and without an end; each further turn would be an order of its own, and show nothing that this one does
/// not.
const POLLED_IN_VAIN: u32 = 2;

/// What the lock has. All of it is used by one thread, so no order is needed; a waker has to be sendable.
struct Flags {
    woken: AtomicBool,
    in_vain: AtomicU32,
    /// Wakes the task.
    task: Mutex<Waker>,
}

impl Flags {
    fn wake_task(&self) {
        self.task.lock().unwrap_or_else(PoisonError::into_inner).wake_by_ref();
    }
}

impl Wake for Flags {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Relaxed);
        if self.in_vain.load(Relaxed) < POLLED_IN_VAIN {
            self.wake_task();
        }
    }
}

/// The waker of one that asks.
pub(super) struct RequestWaker(Arc<Flags>);

impl RequestWaker {
    pub(super) fn new(task: &Waker) -> Self {
        let task = Mutex::new(task.clone());
        Self(Arc::new(Flags { woken: AtomicBool::new(false), in_vain: AtomicU32::new(0), task }))
    }

    /// What the lock is polled with.
    pub(super) fn for_poll(&self, task: &Waker) -> Waker {
        self.0.woken.store(false, Relaxed);
        self.0.task.lock().unwrap_or_else(PoisonError::into_inner).clone_from(task);
        Waker::from(self.0.clone())
    }

    pub(super) fn is_woken(&self) -> bool {
        self.0.woken.load(Relaxed)
    }

    pub(super) fn was_polled_in_vain(&self) {
        self.0.in_vain.fetch_add(1, Relaxed);
    }

    /// Something else has happened: what was held back wakes the task now.
    pub(super) fn pass_on(&self) {
        if self.0.in_vain.swap(0, Relaxed) >= POLLED_IN_VAIN && self.is_woken() {
            self.0.wake_task();
        }
    }
}
