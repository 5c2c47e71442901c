//! What is waited for: a lock, the permits of a semaphore, an event. Its class, what ends a wait for it, and its wait queue.
//!
//! A waiter joins the tracker's queue in the same moment in which it joins the lock's own: under the mutex of the
//! tracker's. So the two are in the same order, and what a lock promises about its queue can be checked.
//! A lock that blocks is the exception: its waiter is queued before it blocks, and no order is concluded from
//! that.

use std::collections::VecDeque;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::task::Wake;

use lockyard_lock::sync::{AtomicBool, AtomicU64, AtomicUsize, Mutex};
use lockyard_lock::{LockClass, Policy};

use super::cycle::LockId;
use super::ends::Ends;
use super::mode::{Mode, Rule};
use super::number::number;
use super::order::LockUse;
use super::strand::Strand;
use super::tracker::Tracker;
use super::wait::Wait;

/// A tracked lock, apart from what it guards.
pub(super) struct Lock {
    pub(super) id: LockId,
    pub(super) class: &'static LockClass,
    pub(super) family: &'static str,
    pub(super) rule: Rule,
    pub(super) blocks: bool,
    /// What ends a wait for it.
    pub(super) ends: Ends,
    pub(super) tracker: Tracker,
    /// The task that made it, and whether another one has used it.
    maker: u64,
    shared: AtomicBool,
    queue: Mutex<VecDeque<Arc<Wait>>>,
    /// The length of the queue, for callers that need no more.
    waiting: AtomicUsize,
    /// The last place that was given in the queue.
    last_place: AtomicU64,
    /// Queued waits that wait without blocking for a lock that blocks, and must be woken by its release.
    pub(super) polling: AtomicUsize,
    /// The strand that writes now; 0 if none does.
    pub(super) writer: AtomicU64,
    /// It was taken while tracking was switched off, and may be held unnoticed ever since.
    untracked: AtomicBool,
}

impl Lock {
    pub(super) fn new(
        tracker: Tracker,
        class: &'static LockClass,
        family: &'static str,
        policy: Policy,
        blocks: bool,
        ends: Ends,
    ) -> Arc<Self> {
        let maker = Strand::task_here(&tracker);
        Arc::new(Self {
            id: number(),
            class,
            family,
            rule: Rule::of(policy),
            blocks,
            ends,
            tracker,
            maker,
            shared: AtomicBool::new(false),
            queue: Mutex::default(),
            waiting: AtomicUsize::new(0),
            last_place: AtomicU64::new(0),
            polling: AtomicUsize::new(0),
            writer: AtomicU64::new(0),
            untracked: AtomicBool::new(false),
        })
    }

    #[inline]
    pub(super) fn taken(&self, mode: Mode, place: &'static Location<'static>) -> LockUse {
        LockUse::new(self.id, self.class, mode, self.rule, place)
    }

    /// Notes who uses it now. Whether it has been used by the task that made it, and by no other.
    #[inline]
    pub(super) fn is_private_to(&self, strand: &Strand) -> bool {
        // Relaxed: where one task's use comes before another's, whatever handed the lock over orders the two; where
        // none does, either answer is right.
        if self.shared.load(Relaxed) {
            return false;
        }
        let is_private = self.maker == strand.progress.task;
        if !is_private {
            self.shared.store(true, Relaxed);
        }
        is_private
    }

    #[inline]
    pub(super) fn taken_untracked(&self) {
        // Looked at first: readers share no write but the first of them all.
        if !self.untracked.load(Relaxed) {
            self.untracked.store(true, Relaxed);
        }
    }

    /// Whether it may have a holder that was not noticed.
    pub(super) fn may_be_held_unnoticed(&self) -> bool {
        self.untracked.load(Relaxed)
    }

    /// The place of the last in the queue, unless it is empty.
    #[inline]
    pub(super) fn last_queued(&self) -> Option<u64> {
        // The count, then the place: `join` stores the place before it raises the count, so a reader of the raised
        // count sees that place or a later one. A release on the count and an acquire here would suffice;
        // `fetch_sub` continues the release sequence.
        (self.waiting.load(SeqCst) > 0).then(|| self.last_place.load(SeqCst))
    }

    /// The queued waits, in the order of their coming.
    pub(super) fn queued(&self) -> Vec<Arc<Wait>> {
        self.queue.lock().iter().cloned().collect()
    }

    /// Those who have places before this one.
    pub(super) fn before(&self, place: u64) -> Vec<Arc<Wait>> {
        let queue = self.queue.lock();
        // Places rise along the queue, because each is given under the mutex that pushes it: the first that is not
        // before ends the walk.
        queue.iter().take_while(|it| it.place().is_some_and(|other| other < place)).cloned().collect()
    }

    /// Lets `join` take a place in the lock's own queue; if it has to wait there, it is queued from then on.
    pub(super) fn join<R>(self: &Arc<Self>, wait: &Arc<Wait>, join: impl FnOnce() -> Option<R>) -> Option<R> {
        let mut queue = self.queue.lock();
        // Under the mutex: were it released between the two queues, another waiter could enter them in the opposite
        // order, and be reported for a grant that was in order.
        let joined = join();
        if joined.is_none() {
            let place = number();
            // The place, then the last place, then the count: see `last_queued`. A reader that comes through the
            // queue is ordered by its mutex; one that comes through the strand may find no place yet, and takes the
            // wait for not queued.
            wait.queued_at(place);
            self.last_place.store(place, SeqCst);
            queue.push_back(wait.clone());
            let waiting = self.waiting.fetch_add(1, SeqCst) + 1;
            // Under the mutex, as its counterpart in `leave`: the two would otherwise cross, and the table would
            // keep a lock that is not waited for, or miss one that is.
            if waiting == 1 {
                self.tracker.contended(self);
            }
        }
        joined
    }

    /// Whether any queued wait satisfies `is`.
    pub(super) fn any_queued(&self, is: impl Fn(&Wait) -> bool) -> bool {
        self.queue.lock().iter().map(|wait| &**wait).any(is)
    }

    pub(super) fn leave(&self, wait: &Wait) {
        let mut queue = self.queue.lock();
        let Some(at) = queue.iter().position(|it| it.number == wait.number) else { return };
        queue.remove(at);
        if self.waiting.fetch_sub(1, SeqCst) == 1 {
            self.tracker.uncontended(self);
        }
    }

    /// Wakes those who wait without blocking: the lock was released.
    #[inline]
    pub(super) fn released(&self) {
        // After the unlock, as `waited` raises the count before it tries the lock once more. Checked before the
        // unlock, it would miss a waiter that raises the count and fails in between, and no release would follow to
        // wake it.
        if self.polling.load(SeqCst) > 0 {
            // Of a copy: a waker runs code of the runtime, which must not find the queue locked.
            self.queued().iter().filter(|wait| wait.polling.load(SeqCst)).for_each(Wake::wake_by_ref);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // What is no lock is in no order.
        if self.ends.is_unlock() {
            self.tracker.forget(self.id);
        }
    }
}
