//! What a strand has and wants, locked; and the hold that it may have beside that, which is noted without locking.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Release};

use lockyard_lock::sync::SpinMutexGuard;

use super::clock;
use super::cycle::StrandId;
use super::hold::Hold;
use super::lock::Lock;
use super::order::LockUse;
use super::state::State;
use super::strand::{Strand, with_current};
use super::times::Sample;

/// What a strand has and wants, with all that it holds in the list.
pub(super) struct StateGuard<'a> {
    strand: &'a Strand,
    state: SpinMutexGuard<'a, State>,
}

impl Deref for StateGuard<'_> {
    type Target = State;

    #[inline]
    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for StateGuard<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for StateGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        let is_busy = !self.state.holds.is_empty() || !self.state.waits.is_empty();
        // Released, and before the unlock: see `state`.
        self.strand.is_busy.store(is_busy, Release);
    }
}

impl Strand {
    /// Locks it.
    pub(super) fn state(&self) -> StateGuard<'_> {
        let mut state = self.state.lock();
        if !self.sole.is_empty() {
            // Before the hold is taken out: the thread that runs the strand looks whether it is there and then at this, and
            // must not conclude that the strand has nothing.
            self.is_busy.store(true, Release);
            if let Some(hold) = self.sole.take() {
                state.list(hold);
                // What was given for this hold keeps no strand.
                state.keeps = self.own.upgrade();
            }
        }
        StateGuard { strand: self, state }
    }

    /// Whether it holds nothing and waits for nothing, as the thread sees it that runs it.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.sole.is_empty() && !self.is_busy.load(Acquire)
    }

    /// Lists what is noted beside the list.
    pub(super) fn settle(&self) {
        if !self.sole.is_empty() {
            drop(self.state());
        }
    }

    /// Notes a hold without locking, where the strand and those around it have neither holds nor waits: its number.
    /// Called by the thread that runs it.
    #[inline]
    fn note_sole(&self, lock: &Lock, taken: LockUse) -> Option<u64> {
        let is_alone = self.name.is_some() && self.with_parents().all(Self::is_idle);
        is_alone.then(|| {
            let taken = LockUse { private: lock.is_private_to(self), ..taken };
            self.sole.fill(&taken, lock.blocks, clock::now())
        })
    }

    /// A hold that was noted without locking is no more, wherever it is by now.
    #[inline]
    pub(super) fn end_sole(&self, number: u64) {
        let released = clock::now();
        let mut state = self.state.lock();
        if let Some(hold) = self.sole.take_numbered(number) {
            state.last_place = Some(hold.taken.place);
            let full = self.ended(&mut state, &hold, released);
            drop(state);
            full.into_iter().for_each(|samples| self.hand_in(samples));
        } else {
            let at = state.holds.find(number);
            drop(state);
            at.into_iter().for_each(|at| self.pop(at, number));
        }
    }

    /// Counts a hold that is no more; samples to hand in, if they are many enough.
    #[inline]
    pub(super) fn ended(
        &self,
        state: &mut State,
        hold: &Hold,
        released: clock::Ticks,
    ) -> Option<Vec<Sample>> {
        state.samples.push(Sample::new(hold, self.name.is_none(), state.label, released));
        (state.samples.len() >= SAMPLES).then(|| std::mem::take(&mut state.samples))
    }

    /// Hands in what was gathered, with the strand unlocked: the tracker's lock is not taken under a strand's, so that the two
    /// have no order that could be inverted.
    #[cold]
    pub(super) fn hand_in(&self, mut samples: Vec<Sample>) {
        self.tracker.hand_in(&samples);
        samples.clear();
        let mut state = self.state.lock();
        // The buffer goes back unless another sample has come since: that one lies in a newer buffer.
        if state.samples.capacity() == 0 {
            state.samples = samples;
        }
    }
}

/// How many samples a strand gathers before it hands them in: so many that the tracker is seldom met, and so few that
/// those of all strands stay near.
const SAMPLES: usize = 32;

/// Notes a hold of the strand that runs on this thread without locking, if that has no other: the strand, and the number.
#[inline]
pub(super) fn note_sole(lock: &Lock, taken: LockUse) -> Option<(StrandId, u64)> {
    with_current(|strand| {
        let strand = strand.filter(|it| it.tracker.is(&lock.tracker))?;
        Some((strand.id, strand.note_sole(lock, taken)?))
    })
}

/// Such a hold of this strand is no more.
#[inline]
pub(super) fn end_sole(strand: StrandId, number: u64) {
    let is_here = with_current(|current| {
        let current = current.filter(|it| it.id == strand);
        current.inspect(|it| it.end_sole(number)).is_some()
    });
    if !is_here {
        // Its guard was moved. A strand that is gone has taken its holds along.
        Strand::of(strand).into_iter().for_each(|it: Arc<Strand>| it.end_sole(number));
    }
}
