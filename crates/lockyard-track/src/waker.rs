//! The waker of a scope: it passes wake-ups on to the task, and its clones show who else may still wake the scope.
//!
//! A future that is suspended has left a clone of its waker with whatever is to wake it, or has woken it at once. So the
//! clones of a scope's own waker, and the wake-ups of one poll, say how many futures of the scope are suspended: one
//! where its code runs in sequence, more where it has branches. And once every clone is accounted for by a wait for a
//! tracked lock, nothing else can wake the scope.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Wake, Waker};

use lockyard_lock::sync::{AtomicBool, AtomicU64, Mutex};

/// What a scope gives its future to be woken by.
pub(super) struct ScopeWaker {
    /// What the scope itself is polled with.
    outer: Mutex<Waker>,
    woken: AtomicBool,
    wakes: AtomicU64,
    over: AtomicBool,
}

/// Handles that belong to the scope: its own, and the one in the waker that it polls its future with.
const OWN: usize = 2;

impl ScopeWaker {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            outer: Mutex::new(Waker::noop().clone()),
            woken: AtomicBool::new(false),
            wakes: AtomicU64::new(0),
            over: AtomicBool::new(false),
        })
    }

    /// A poll begins, with `waker`; the wake-ups so far.
    pub(super) fn polled_by(&self, waker: &Waker) -> u64 {
        // Before the poll and not after it: a wake-up during the poll asks for the next one, and its mark must last
        // until then.
        self.woken.store(false, SeqCst);
        let mut outer = self.outer.lock();
        if !outer.will_wake(waker) {
            outer.clone_from(waker);
        }
        self.wakes.load(SeqCst)
    }

    /// The scope has ended: guards may keep its strand alive, and must not seem to be a future of the scope around it.
    pub(super) fn ended(&self) {
        self.over.store(true, SeqCst);
        let gone = std::mem::replace(&mut *self.outer.lock(), Waker::noop().clone());
        drop(gone);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(SeqCst)
    }

    /// Woken, and not polled since.
    pub(super) fn is_woken(&self) -> bool {
        self.woken.load(SeqCst)
    }

    pub(super) fn wakes(&self) -> u64 {
        self.wakes.load(SeqCst)
    }

    /// Clones of the waker that others keep. A wake-up under way on another thread may count for a moment: so what is
    /// read is never too low.
    pub(super) fn clones(self: &Arc<Self>) -> usize {
        Arc::strong_count(self).saturating_sub(OWN)
    }

    /// Whether `waker` is a clone of this one.
    pub(super) fn is(self: &Arc<Self>, waker: &Waker) -> bool {
        std::ptr::eq(waker.data(), Arc::as_ptr(self).cast())
    }

    /// Whether `outer` is what this scope is polled with.
    pub(super) fn is_polled_with(&self, outer: &Arc<Self>) -> bool {
        outer.is(&self.outer.lock())
    }

    /// Has the scope polled, though nothing has happened in it.
    pub(super) fn pass_on(&self) {
        let outer = self.outer.lock().clone();
        outer.wake();
    }

    fn mark(&self) -> Waker {
        // The marks before the wake-up: the poll that it causes clears the first. Set after, it would stay on a scope
        // that has been polled, and the scope would pass for one that its task has abandoned.
        self.wakes.fetch_add(1, SeqCst);
        self.woken.store(true, SeqCst);
        self.outer.lock().clone()
    }
}

impl Wake for ScopeWaker {
    fn wake(self: Arc<Self>) {
        let outer = self.mark();
        // Given up before the poll that follows, in which it would count as a waker that may still wake the scope.
        drop(self);
        outer.wake();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.mark().wake();
    }
}
