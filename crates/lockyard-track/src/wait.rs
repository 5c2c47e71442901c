//! One wait, for a lock or for something else that other tasks end: since when, where, and how it ended.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Wake, Waker};

use lockyard_lock::sync::{AtomicBool, AtomicU64, Mutex};

use super::clock::{self, Ticks};
use super::cycle::Request;
use super::hold::Acquisition;
use super::lock::Lock;
use super::mode::Mode;
use super::number::number;
use super::strand::Strand;
use super::waker::ScopeWaker;

/// A wait for a lock.
pub(super) struct Wait {
    pub(super) number: u64,
    pub(super) strand: Arc<Strand>,
    pub(super) lock: Arc<Lock>,
    pub(super) mode: Mode,
    /// What is waited for, in a word: `write`, `recv`.
    pub(super) what: &'static str,
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
    /// In which poll of its strand it was polled last.
    polled_in: AtomicU64,
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
    /// It is to panic with this finding.
    stuck: Mutex<Option<Arc<str>>>,
    is_stuck: AtomicBool,
}

impl Wait {
    pub(super) fn new(
        strand: Arc<Strand>,
        lock: Arc<Lock>,
        mode: Mode,
        what: &'static str,
        at: &'static Location<'static>,
    ) -> Arc<Self> {
        let polls_before = strand.polls();
        Arc::new(Self {
            number: number(),
            strand,
            lock,
            mode,
            what,
            at,
            asked: clock::now(),
            polls_before,
            place: AtomicU64::new(0),
            inner: Mutex::new(Waker::noop().clone()),
            woken: AtomicBool::new(false),
            woken_at: AtomicU64::new(0),
            polls: AtomicU64::new(0),
            polled_in: AtomicU64::new(polls_before),
            over: AtomicBool::new(false),
            granted: AtomicBool::new(false),
            overtaken: AtomicU64::new(0),
            polling: AtomicBool::new(false),
            accused: AtomicBool::new(false),
            reported: AtomicBool::new(false),
            stuck: Mutex::new(None),
            is_stuck: AtomicBool::new(false),
        })
    }

    /// It has this place in the wait queue from now on.
    pub(super) fn queued_at(&self, place: u64) {
        self.place.store(place, SeqCst);
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
        self.polled_in.store(self.strand.polls(), SeqCst);
        let mut inner = self.inner.lock();
        if !inner.will_wake(waker) {
            inner.clone_from(waker);
        }
    }

    /// Has its next poll panic with this finding. [`wake_up`](Self::wake_up) asks for that poll.
    pub(super) fn panic_with(&self, message: &Arc<str>) {
        *self.stuck.lock() = Some(message.clone());
        // The message before the flag, and the flag before the poll that is asked for.
        self.is_stuck.store(true, SeqCst);
    }

    /// # Panics
    /// If it is to.
    #[inline]
    pub(super) fn panic_if_stuck(&self) {
        if self.is_stuck.load(SeqCst) {
            let message = self.stuck.lock().clone();
            panic!("{}", message.as_deref().unwrap_or_default());
        }
    }

    pub(super) fn polls(&self) -> u64 {
        self.polls.load(SeqCst)
    }

    /// Whether it explains why its strand is not polled: what is waited for by time alone does so only if the strand polled it
    /// when it was last polled. One that was left in between, as by a `select!`, comes to its end and helps nobody.
    pub(super) fn explains(&self) -> bool {
        let strand = &self.strand;
        !self.lock.ends.is_time() || !strand.is_over() && self.polled_in.load(SeqCst) == strand.polls()
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
    pub(super) fn wake_up(&self) {
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
