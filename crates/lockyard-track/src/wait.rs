//! One wait for a lock, and the wait queue of a lock.
//!
//! A waiter joins the tracker's queue in the same moment in which it joins the lock's own: under the mutex of the
//! tracker's. So the two are in the same order, and what a lock promises about its queue can be checked.
//! A lock that blocks is the exception: its waiter is queued before it blocks, and no order is concluded from
//! that.

use std::collections::VecDeque;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::task::{Wake, Waker};

use lockyard_lock::sync::{AtomicBool, AtomicU64, AtomicUsize, Mutex};
use lockyard_lock::{LockClass, Policy};

use super::clock::{self, Ticks};
use super::cycle::{LockId, Request};
use super::hold::Acquisition;
use super::mode::{Mode, Rule};
use super::number::number;
use super::order::LockUse;
use super::strand::Strand;
use super::tracker::Tracker;
use super::waker::ScopeWaker;

/// A tracked lock, apart from what it guards.
pub(super) struct Lock {
    pub(super) id: LockId,
    pub(super) class: &'static LockClass,
    pub(super) family: &'static str,
    pub(super) rule: Rule,
    pub(super) blocks: bool,
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
    ) -> Arc<Self> {
        let maker = Strand::task_here(&tracker);
        Arc::new(Self {
            id: number(),
            class,
            family,
            rule: Rule::of(policy),
            blocks,
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
            wait.place.store(place, SeqCst);
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

    fn leave(&self, wait: &Wait) {
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
        self.tracker.forget(self.id);
    }
}

/// A wait for a lock.
pub(super) struct Wait {
    pub(super) number: u64,
    pub(super) strand: Arc<Strand>,
    pub(super) lock: Arc<Lock>,
    pub(super) mode: Mode,
    pub(super) at: &'static Location<'static>,
    pub(super) asked: Ticks,
    /// How often its strand had been polled by then.
    pub(super) polls_before: u64,
    /// Its place in the queue; 0 until it has one.
    place: AtomicU64,
    inner: Mutex<Waker>,
    pub(super) woken: AtomicBool,
    woken_at: AtomicU64,
    polls: AtomicU64,
    /// It has ended, with the lock or without.
    over: AtomicBool,
    /// It has ended with the lock.
    granted: AtomicBool,
    /// Others that came later and had the lock before it.
    pub(super) overtaken: AtomicU64,
    /// It does not block, though its lock does.
    pub(super) polling: AtomicBool,
    /// A finding is about it.
    pub(super) accused: AtomicBool,
    /// A futurelock was reported of it.
    pub(super) reported: AtomicBool,
}

impl Wait {
    pub(super) fn new(
        strand: Arc<Strand>,
        lock: Arc<Lock>,
        mode: Mode,
        at: &'static Location<'static>,
    ) -> Arc<Self> {
        let polls_before = strand.polls();
        Arc::new(Self {
            number: number(),
            strand,
            lock,
            mode,
            at,
            asked: clock::now(),
            polls_before,
            place: AtomicU64::new(0),
            inner: Mutex::new(Waker::noop().clone()),
            woken: AtomicBool::new(false),
            woken_at: AtomicU64::new(0),
            polls: AtomicU64::new(0),
            over: AtomicBool::new(false),
            granted: AtomicBool::new(false),
            overtaken: AtomicU64::new(0),
            polling: AtomicBool::new(false),
            accused: AtomicBool::new(false),
            reported: AtomicBool::new(false),
        })
    }

    pub(super) fn place(&self) -> Option<u64> {
        Some(self.place.load(SeqCst)).filter(|place| *place > 0)
    }

    pub(super) fn request(&self) -> Request {
        Request {
            wait: self.number,
            strand: self.strand.id,
            lock: self.lock.id,
            mode: self.mode,
            rule: self.lock.rule,
            place: self.place(),
            of: self.strand.state().waits.len(),
        }
    }

    /// A poll of the wait begins: what it is to wake from now on.
    pub(super) fn polled_by(&self, waker: &Waker) {
        // Before the lock is polled: cleared afterwards, a grant that comes during the poll would seem not to have
        // come.
        self.woken.store(false, SeqCst);
        self.polls.fetch_add(1, SeqCst);
        let mut inner = self.inner.lock();
        if !inner.will_wake(waker) {
            inner.clone_from(waker);
        }
    }

    pub(super) fn polls(&self) -> u64 {
        self.polls.load(SeqCst)
    }

    /// Whether it is what a poll with this waker, or a clone of it, has left behind.
    pub(super) fn is_polled_with(&self, waker: &Arc<ScopeWaker>) -> bool {
        waker.is(&self.inner.lock())
    }

    pub(super) fn is_woken(&self) -> bool {
        self.woken.load(SeqCst)
    }

    /// Whether it has ended, with the lock or without.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(SeqCst)
    }

    /// Whether it has ended with the lock, and not because it was cancelled.
    pub(super) fn was_granted(&self) -> bool {
        self.granted.load(SeqCst)
    }

    /// Asks to be polled once more, though nothing has happened.
    pub(super) fn nudge(&self) {
        let waker = self.inner.lock().clone();
        match &self.strand.waker {
            // Past the strand's own mark: a branch that bears it and is not polled counts as left alone, and two
            // branches that ask each other so would recurse indefinitely.
            Some(own) if own.is(&waker) => own.pass_on(),
            _ => waker.wake(),
        }
    }

    /// Wakes the task that polled it last.
    fn wake_up(&self) {
        // Woken outside the mutex: a waker may poll at once, on this thread, and `polled_by` locks it again.
        let waker = self.inner.lock().clone();
        if self.strand.waker.as_ref().is_some_and(|own| own.is(&waker)) {
            self.strand.expect_wake();
        }
        waker.wake();
    }

    /// When it has the lock: how long it was queued, how long it was awake and not polled, and how many passed it.
    pub(super) fn waited(&self) -> Acquisition {
        let now = clock::now();
        let (queued_ns, woken_ns) = match self.woken_at.load(SeqCst) {
            0 => (clock::nanos(self.asked, now), 0),
            woken => (clock::nanos(self.asked, woken), clock::nanos(woken, now)),
        };
        Acquisition { queued_ns, woken_ns, overtaken: self.overtaken.load(SeqCst) }
    }
}

impl Wake for Wait {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Both before the wake-up: the poll it causes clears the mark and reads the time. Set after, the mark would
        // stay on a future that was polled already. The waker's own synchronisation orders both before that poll.
        self.woken_at.store(clock::now(), SeqCst);
        self.woken.store(true, SeqCst);
        self.wake_up();
    }
}

/// A wait that is on: it ends with this.
pub(super) struct WaitGuard(Arc<Wait>);

impl WaitGuard {
    /// The wait begins, for its strand.
    pub(super) fn begin(wait: Arc<Wait>) -> Self {
        wait.strand.state().waits.push(wait.clone());
        Self(wait)
    }

    /// It ends with the lock, and not because it was cancelled.
    pub(super) fn granted(self) {
        // Before the end, which is marked when this is dropped: a reader of the end sees how.
        self.0.granted.store(true, SeqCst);
    }
}

impl Drop for WaitGuard {
    fn drop(&mut self) {
        let wait = &self.0;
        // Before the place in the lock's own queue is given up: later waiters would else seem to have overtaken it.
        wait.lock.leave(wait);
        // Lowered after the wait has gone from the queue: as long as it can be found there, a release looks for it.
        if wait.polling.load(SeqCst) {
            wait.lock.polling.fetch_sub(1, SeqCst);
        }
        wait.strand.state().waits.retain(|it| it.number != wait.number);
        // Others may keep the wait for a moment longer, but it wakes no task any more: its clone of the scope's waker
        // would count as a future that is suspended.
        let gone = std::mem::replace(&mut *wait.inner.lock(), Waker::noop().clone());
        drop(gone);
        // The end, and then the question. A report marks the wait as accused, keeps the finding, and then asks for the
        // end: whichever comes second sees the first, and no suspicion outlives its wait.
        wait.over.store(true, SeqCst);
        if wait.accused.load(SeqCst) {
            wait.lock.tracker.ended(wait.number, wait.was_granted());
        }
    }
}
