//! Something that a strand was granted, and has until it is given back: which hold it is, and of which strand.

use std::sync::Arc;

use super::exclusion;
use super::hold::HoldIndex;
use super::lock::Lock;
use super::mode::Mode;
use super::strand::Strand;

/// A hold, by the strand that has it and its place there.
pub(super) struct Granted {
    strand: Arc<Strand>,
    at: HoldIndex,
    number: u64,
    mode: Mode,
}

impl Granted {
    #[inline]
    pub(super) fn new(strand: Arc<Strand>, (at, number): (HoldIndex, u64), mode: Mode) -> Self {
        Self { strand, at, number, mode }
    }

    /// It is given back next.
    #[inline]
    pub(super) fn end(&self, lock: &Lock) {
        exclusion::released(lock, &self.strand, self.mode);
        self.strand.pop(self.at, self.number);
    }

    /// It is of another mode from now on, such as a write that becomes a read.
    pub(super) fn change(&mut self, lock: &Lock, mode: Mode) {
        exclusion::released(lock, &self.strand, self.mode);
        let strand = self.strand.clone();
        self.go_to(strand, mode);
    }

    /// A part of it, as one by itself: `of` of its permits.
    pub(super) fn split(&mut self, of: u32) -> Option<Self> {
        let Mode::Permits(all) = self.mode else { return None };
        let hold = self.strand.state().holds.get(self.at, self.number)?;
        self.go_to(self.strand.clone(), Mode::Permits(all.saturating_sub(of)));
        let mut taken = hold;
        taken.taken.mode = Mode::Permits(of);
        let put = self.strand.state().put(taken);
        Some(Self::new(self.strand.clone(), put, Mode::Permits(of)))
    }

    /// It is found with `strand`, to which it was moved.
    #[inline]
    pub(super) fn is_used_by(&mut self, strand: &Arc<Strand>) {
        if !Arc::ptr_eq(&self.strand, strand) {
            self.go_to(strand.clone(), self.mode);
        }
    }

    /// The permits that it has.
    pub(super) fn permits(&self) -> u32 {
        if let Mode::Permits(of) = self.mode { of } else { 0 }
    }

    #[cold]
    fn go_to(&mut self, strand: Arc<Strand>, mode: Mode) {
        // One state is locked at a time. In between the hold is nowhere: a search then sees too little, and looks again.
        let hold = self.strand.state().holds.remove(self.at, self.number);
        let Some(mut hold) = hold else { return };
        hold.taken.mode = mode;
        let (at, number) = strand.state().put(hold);
        (self.strand, self.at, self.number, self.mode) = (strand, at, number, mode);
    }
}
