//! Something that a strand was granted, and has until it is given back: which hold it is, and of which strand.

use std::sync::Arc;

use super::cycle::StrandId;
use super::exclusion;
use super::hold::HoldIndex;
use super::lock::Lock;
use super::mode::Mode;
use super::state_guard::end_sole;
use super::strand::{Strand, with_current};
use super::tracker::Tracker;

/// A hold, by the strand that has it and its place there.
pub(super) struct Granted {
    hold: HoldOf,
    number: u64,
    mode: Mode,
}

/// Where a hold stands.
enum HoldOf {
    /// In the list of a strand, which this keeps.
    Listed(Arc<Strand>, HoldIndex),
    /// With a strand that had no other when it came. To count a reference to the strand would cost as much as all the rest.
    Sole(StrandId),
}

impl Granted {
    #[inline]
    pub(super) fn listed(strand: Arc<Strand>, (at, number): (HoldIndex, u64), mode: Mode) -> Self {
        Self { hold: HoldOf::Listed(strand, at), number, mode }
    }

    #[inline]
    pub(super) fn sole((strand, number): (StrandId, u64), mode: Mode) -> Self {
        Self { hold: HoldOf::Sole(strand), number, mode }
    }

    /// The number of the strand.
    #[inline]
    fn strand(&self) -> StrandId {
        match &self.hold {
            HoldOf::Listed(strand, _) => strand.id,
            HoldOf::Sole(strand) => *strand,
        }
    }

    /// It is given back next.
    #[inline]
    pub(super) fn end(&self, lock: &Lock) {
        exclusion::released(lock, self.strand(), self.mode);
        match &self.hold {
            HoldOf::Listed(strand, at) => strand.pop(*at, self.number),
            HoldOf::Sole(strand) => end_sole(*strand, self.number),
        }
    }

    /// It is of another mode from now on, such as a write that becomes a read.
    pub(super) fn change(&mut self, lock: &Lock, mode: Mode) {
        exclusion::released(lock, self.strand(), self.mode);
        if let Some((strand, at)) = self.in_list() {
            self.go_to(&strand, at, strand.clone(), mode);
        }
    }

    /// A part of it, as one by itself: `of` of its permits.
    pub(super) fn split(&mut self, of: u32) -> Option<Self> {
        let Mode::Permits(all) = self.mode else { return None };
        let (strand, at) = self.in_list()?;
        let mut taken = strand.state().holds.get(at, self.number)?;
        self.go_to(&strand, at, strand.clone(), Mode::Permits(all.saturating_sub(of)));
        taken.taken.mode = Mode::Permits(of);
        let put = strand.state().put(taken);
        Some(Self::listed(strand, put, Mode::Permits(of)))
    }

    /// It is found with what runs on this thread, to which it was moved.
    #[inline]
    pub(super) fn is_used_here(&mut self, tracker: &Tracker) {
        let own = self.strand();
        let is_here = with_current(|strand| strand.is_some_and(|it| it.id == own && it.tracker.is(tracker)));
        if !is_here {
            self.may_have_moved(&Strand::current(tracker));
        }
    }

    #[cold]
    fn may_have_moved(&mut self, to: &Arc<Strand>) {
        if self.strand() != to.id
            && let Some((strand, at)) = self.in_list()
        {
            self.go_to(&strand, at, to.clone(), self.mode);
        }
    }

    /// The permits that it has.
    pub(super) fn permits(&self) -> u32 {
        if let Mode::Permits(of) = self.mode { of } else { 0 }
    }

    /// Where it stands in the list of its strand, where it is put if it is not. Nothing if the strand is gone.
    fn in_list(&mut self) -> Option<(Arc<Strand>, HoldIndex)> {
        if let HoldOf::Sole(strand) = &self.hold {
            let strand = Strand::of(*strand)?;
            let at = strand.state().holds.find(self.number)?;
            self.hold = HoldOf::Listed(strand, at);
        }
        match &self.hold {
            HoldOf::Listed(strand, at) => Some((strand.clone(), *at)),
            HoldOf::Sole(_) => None,
        }
    }

    fn go_to(&mut self, from: &Strand, at: HoldIndex, strand: Arc<Strand>, mode: Mode) {
        // One state is locked at a time. In between the hold is nowhere: a search then sees too little, and looks again.
        let removed = from.state().remove(at, self.number);
        let Some((mut hold, _kept)) = removed else { return };
        hold.taken.mode = mode;
        let (at, number) = strand.state().put(hold);
        *self = Self::listed(strand, (at, number), mode);
    }
}
