//! Polls of a scope: which of its futures are suspended meanwhile, what it holds across them, and whether anything but a lock
//! can have it polled again.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, Release, SeqCst};
use std::task::Waker;

use super::clock::{self, Ticks};
use super::hold::Hold;
use super::mode::Mode;
use super::state::State;
use super::strand::{Strand, replace_current};
use super::wait::Wait;

impl Strand {
    /// Whether a thread is in its poll. Of a strand that is no scope this is not known: `None`.
    pub(super) fn is_running(&self) -> Option<bool> {
        self.name.is_some().then(|| self.running.load(SeqCst))
    }

    /// Whether it is a scope that has ended: guards and waits may keep it.
    pub(super) fn is_over(&self) -> bool {
        self.waker.as_ref().is_some_and(|waker| waker.is_over())
    }

    pub(super) fn polls(&self) -> u64 {
        self.polls.load(SeqCst)
    }

    /// A poll of this scope begins on this thread; of a future with `waker`.
    pub(super) fn enter(self: &Arc<Self>, waker: Option<&Waker>) -> PollGuard {
        // The count before the flag, each released. The watch reads the flag and then the count: if it sees the flag of this
        // poll, it sees the count of this poll. In the other order it could pair the new flag with the old count and report
        // that the poll of an earlier wait never returned. Counted without an atomic step of two: polls of one scope come one
        // after the other.
        self.polls.store(self.polls.load(Relaxed) + 1, Release);
        self.polled_at.store(clock::now(), Release);
        if let (Some(own), Some(waker)) = (&self.waker, waker) {
            self.wakes_before.store(own.polled_by(waker), SeqCst);
        }
        self.running.store(true, Release);
        let outer = replace_current(Some(self.clone()));
        PollGuard { strand: self.clone(), outer }
    }

    /// When its last poll began. Of a strand that is no scope this is not known: `None`.
    pub(super) fn polled_at(&self) -> Option<Ticks> {
        self.name.is_some().then(|| self.polled_at.load(SeqCst))
    }

    /// For how many nanoseconds its task was not polled, if it is seen to sleep and waits for no tracked lock; a thread
    /// that runs code of its own, and a task without a name, are not seen to.
    pub(super) fn stopped(&self, now: Ticks) -> Option<u64> {
        let waits = |strand: &Self| strand.state().waits.iter().any(|wait| wait.explains());
        let explained =
            self.with_parents().any(waits) || Self::branches_of(self.task).iter().any(|it| waits(it));
        if explained { None } else { self.asleep(now) }
    }

    /// The same, whatever it waits for.
    pub(super) fn asleep(&self, now: Ticks) -> Option<u64> {
        let task = self.root();
        task.waker.as_ref()?;
        let polled = task.polled_at()?;
        (task.is_running() == Some(false)).then(|| clock::nanos(polled, now))
    }

    /// For how many nanoseconds it has waited for something that does not come by itself.
    pub(super) fn waits_for(&self, now: Ticks) -> Option<u64> {
        let state = self.state();
        let waits = state.waits.iter().filter(|wait| !wait.lock.ends.is_time());
        waits.map(|wait| clock::nanos(wait.asked, now)).max()
    }

    /// Whether it is a whole task, whose future nothing but the runtime polls.
    pub(super) fn is_whole_task(&self) -> bool {
        self.waker.is_some() && !self.is_branch && self.parent.is_none()
    }

    /// Woken, and not polled since. Known of scopes.
    pub(super) fn is_woken(&self) -> bool {
        self.waker.as_ref().is_some_and(|waker| waker.is_woken())
    }

    /// The outermost scope around this strand.
    pub(super) fn root(&self) -> &Self {
        self.with_parents().last().unwrap_or(self)
    }

    /// Futures of this scope that are suspended while its poll is on: those whose wake-up is still to come, and those
    /// that were woken in this very poll. Of a strand that is no future, nothing is known, and none is counted.
    fn suspended_futures(&self) -> usize {
        self.waker.as_ref().map_or(0, |waker| {
            let woken = waker.wakes().saturating_sub(self.wakes_before.load(SeqCst));
            waker.clones() + usize::try_from(woken).unwrap_or(usize::MAX)
        })
    }

    /// A wait of its own is about to wake it and keeps its clone of the waker: it counts by the clone, and not twice.
    pub(super) fn expect_wake(&self) {
        self.wakes_before.fetch_add(1, SeqCst);
    }

    /// Futures of this scope that are known to be suspended: its own waits, and the scopes in it.
    fn suspended_on_waits(&self, state: &State) -> usize {
        let Some(waker) = &self.waker else { return 0 };
        let branches = Self::branches_of(self.task);
        let branches =
            branches.iter().filter_map(|it| it.waker.as_ref()).filter(|it| it.is_polled_with(waker));
        state.waits.iter().filter(|it| it.is_polled_with(waker)).count() + branches.count()
    }

    /// Whether the code that runs now is all that there is of this strand, so that what the strand holds is held by the
    /// one who asks. `inner` is the scope in it that runs now, if any.
    fn is_sequence(&self, inner: Option<&Self>) -> bool {
        let Some(waker) = &self.waker else {
            // A scope for code that is not async is a sequence by contract; of a task without a name nothing is known.
            return self.name.is_some();
        };
        let known = match inner.map(|inner| inner.waker.as_ref()) {
            None => 0,
            // Polled by a set of futures with a waker of its own: the set has others, for all that is known.
            Some(inner) if inner.is_none_or(|inner| !inner.is_polled_with(waker)) => return false,
            Some(_) => 1,
        };
        self.suspended_futures() == known
    }

    /// Whether this task sleeps, and nothing can wake it but the tracked waits that it and its branches have;
    /// those waits are given to `wait`.
    pub(super) fn sleeps_on_waits(&self, mut wait: impl FnMut(&Arc<Wait>)) -> bool {
        // A branch that was woken and left does not count as woken: its wake-up was the task's, which has been polled.
        if self.is_woken() {
            return false;
        }
        let branches = Self::branches_of(self.task);
        std::iter::once(self).chain(branches.iter().map(|it| &**it)).all(|strand| {
            let Some(waker) = &strand.waker else { return false };
            let known = {
                let state = strand.state();
                state.waits.iter().for_each(&mut wait);
                strand.suspended_on_waits(&state)
            };
            // In no poll nothing adds a clone, and the count can only fall.
            strand.is_running() == Some(false) && waker.clones() == known
        })
    }

    /// Whether what is held here is held by the code that asks now, and not by another future of the same scope: so that
    /// one waits for the other.
    pub(super) fn asks_in_sequence(&self) -> bool {
        let mut inner = None;
        self.with_parents().all(|strand| {
            // Around it only those scopes matter that hold something.
            let alone = strand.is_sequence(inner) || inner.is_some() && strand.state().holds.is_empty();
            inner = Some(strand);
            alone
        })
    }
}

/// A poll that is on.
pub(super) struct PollGuard {
    strand: Arc<Strand>,
    outer: Option<Arc<Strand>>,
}

impl PollGuard {
    /// The poll has returned, and the scope is not at its end: what it still holds, it holds across an await. Those it
    /// took with a lock that blocks, newly noticed, are given back: that is no way to hold them.
    pub(super) fn suspended(&self) -> Vec<Hold> {
        let mut hazards = Vec::new();
        if self.strand.is_idle() {
            return hazards;
        }
        let mut state = self.strand.state();
        if state.holds.is_empty() {
            return hazards;
        }
        // Where a thread would have been blocked, this crate's own wait has yielded instead: that is no await of the
        // program's. Any other wait for a lock is one, and a wait for something else than a lock besides.
        let for_a_lock = state.waits.iter().any(|wait| wait.mode != Mode::Event);
        let awaits = !state.waits.iter().any(|wait| wait.lock.blocks);
        if self.strand.suspended_futures() != 1 || self.strand.suspended_on_waits(&state) != 1 {
            // Which of its futures has these locks is not known from here on: several are suspended, or one on something
            // that may stand for several (tokio keeps one waker for all futures of a task that yield).
            state.holds.mark_ambiguous();
        }
        for hold in state.holds.iter_mut() {
            if hold.taken.mode == Mode::Look {
                continue;
            }
            hold.across |= !for_a_lock;
            // Once set it stays, so each hold is counted as a hazard once, and `pop` takes the count back once.
            if hold.blocks && awaits && !hold.is_hazard {
                hold.is_hazard = true;
                self.strand.tracker.hazard_begun();
                hazards.push(*hold);
            }
        }
        hazards
    }
}

impl Drop for PollGuard {
    fn drop(&mut self) {
        // The handle that this replaces is not the last one, for `self.strand` is another: no strand ends inside
        // the borrow.
        drop(replace_current(self.outer.take()));
        // Of two tasks that are suspended together, each lowers its own flag and then looks at the other's: in one order of
        // all, or both could see the other one run.
        self.strand.running.store(false, SeqCst);
    }
}
