//! What a strand holds, with the scopes around it, which cannot go on before it ends.
//!
//! One state is locked at a time: no two strands are ever locked together, so they need no order among themselves.

use super::cycle::LockId;
use super::hold::Hold;
use super::mode::Mode;
use super::order::HeldNow;
use super::state::HeldAround;
use super::strand::Strand;

impl Strand {
    /// What it holds, and the scopes around it with it.
    pub(super) fn held(&self) -> Vec<Hold> {
        let own = |strand: &Self| strand.state().holds.iter().copied().collect::<Vec<_>>();
        self.with_parents().flat_map(own).collect()
    }

    /// Whether it still has the hold of this number.
    pub(super) fn has_hold(&self, number: u64) -> bool {
        self.state().holds.iter().any(|hold| hold.number == number)
    }

    /// The lock among what it reads itself.
    pub(super) fn read_of(&self, lock: LockId) -> Option<Hold> {
        let state = self.state();
        state.holds.iter().find(|hold| hold.taken.lock == lock && hold.taken.mode == Mode::Read).copied()
    }

    /// The lock among what it holds itself.
    pub(super) fn hold_of(&self, lock: LockId) -> Option<Hold> {
        let state = self.state();
        state.holds.iter().find(|hold| hold.taken.lock == lock && hold.taken.mode != Mode::Look).copied()
    }

    /// What the scopes around it hold, in short, when it is about to ask.
    #[inline]
    pub(super) fn held_around(&self) -> HeldAround {
        self.with_parents().skip(1).fold(HeldAround::default(), |sum, strand| {
            let mut state = strand.state();
            // It waits, and its scope in here asks: these are two branches, and what it holds may be the other's.
            if !state.waits.is_empty() {
                state.holds.mark_ambiguous();
            }
            HeldAround { hash: sum.hash.wrapping_add(state.holds.hash()), len: sum.len + state.holds.len() }
        })
    }

    /// What it and the scopes around it hold, as the order graph keeps it.
    pub(super) fn held_now(&self) -> Option<HeldNow> {
        let around = self.parent.as_ref().and_then(|parent| parent.held_now());
        let (list, holds, built) = around.map_or((None, 0, 0), |it| (Some(it.held), it.holds, it.built));
        let mut state = self.state();
        let (list, own) = state.holds.list(list);
        let holds = holds.wrapping_add(state.holds.hash());
        let task = state.title.get_or_insert_with(|| self.title().into()).clone();
        list.map(|held| HeldNow { held, holds, built: built + own, task })
    }
}
