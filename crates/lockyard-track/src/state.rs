//! What one strand has and wants.

use std::panic::Location;
use std::sync::Arc;

use super::clock;
use super::hold::{Acquisition, Hold, HoldIndex, Holds};
use super::order::{IdSet, LockUse, mix};
use super::strand::Strand;
use super::times::Sample;
use super::wait::Wait;

/// What a strand has and wants.
#[derive(Default)]
pub(super) struct State {
    pub(super) holds: Holds,
    pub(super) waits: Vec<Arc<Wait>>,
    /// Acquisitions so far: the number of the last hold.
    holds_made: u64,
    pub(super) label: Option<&'static str>,
    /// Where it last took a lock.
    pub(super) last_place: Option<&'static Location<'static>>,
    /// It has no name, so that nothing is known of its futures.
    unnamed: bool,
    pub(super) samples: Vec<Sample>,
    /// The name as it stands in reports, once it was asked for.
    pub(super) title: Option<Arc<str>>,
    /// Contexts that this strand has reported to the graph, by their hashes.
    reported: IdSet<u64>,
    /// The strand itself, as long as it has a hold by which nothing else keeps it.
    pub(super) keeps: Option<Arc<Strand>>,
}

/// What is held around a strand.
#[derive(Clone, Copy, Default)]
pub(super) struct HeldAround {
    pub(super) hash: u64,
    pub(super) len: usize,
}

impl State {
    pub(super) fn new(unnamed: bool) -> Self {
        Self { unnamed, ..Self::default() }
    }

    /// Notes a lock that is held from now on: where it stands among the holds, and its number.
    #[inline]
    pub(super) fn push(
        &mut self,
        taken: LockUse,
        blocks: bool,
        waited: Option<Acquisition>,
    ) -> (HoldIndex, u64) {
        self.holds_made += 1;
        self.last_place = Some(taken.place);
        let number = self.holds_made;
        // Its own wait, if it had one, is still there. With another one there are branches, and which of them will
        // ask next, this one or the other, is not known.
        let own_waits = usize::from(waited.is_some());
        let taken = LockUse { sequence: !self.unnamed && self.waits.len() <= own_waits, ..taken };
        let waited = waited.unwrap_or_default();
        let hold =
            Hold { number, taken, blocks, granted: clock::now(), waited, across: false, is_hazard: false };
        (self.holds.push(hold), number)
    }

    /// Lists a hold of its own that was noted beside the list.
    pub(super) fn list(&mut self, hold: Hold) {
        self.last_place = Some(hold.taken.place);
        self.holds.push(hold);
    }

    /// Takes a hold out of the list. What comes with it may be all that keeps the strand: it is dropped last.
    #[inline]
    pub(super) fn remove(&mut self, at: HoldIndex, number: u64) -> Option<(Hold, Option<Arc<Strand>>)> {
        let hold = self.holds.remove(at, number)?;
        Some((hold, if self.holds.is_empty() { self.keeps.take() } else { None }))
    }

    /// Takes over a hold of another strand, or one of its own that has changed.
    pub(super) fn put(&mut self, hold: Hold) -> (HoldIndex, u64) {
        self.holds_made += 1;
        let number = self.holds_made;
        // What is held here was taken elsewhere: what is asked for next is not asked by the same sequence for certain.
        let taken = LockUse { sequence: false, ..hold.taken };
        (self.holds.push(Hold { number, taken, ..hold }), number)
    }

    /// Whether a lock that is asked for now stands for an order that the graph may not know. What a strand inside
    /// another one holds is not all that it holds. `segment` is that of its moment.
    #[inline]
    pub(super) fn is_new_order(&mut self, asked: &LockUse, around: HeldAround, segment: u64) -> bool {
        if !self.waits.is_empty() {
            // A branch waits and another one asks. What is held by now may be either's; what is taken later, when
            // they are through, is not touched by it.
            self.holds.mark_ambiguous();
        }
        if !asked.mode.is_ordered() || self.holds.len() + around.len == 0 {
            return false;
        }
        let context = match self.holds.newest() {
            // One hold has no guards beside it, and within another class the instances do not matter: then the class
            // and the place stand for all of them, so that ten thousand locks are drawn once.
            Some(only)
                if self.holds.len() == 1
                    && around.len == 0
                    && !std::ptr::eq(only.taken.class, asked.class) =>
            {
                mix(only.taken.kind_hash(), asked.kind_hash())
            }
            _ => mix(self.holds.hash().wrapping_add(around.hash), asked.hash()),
        };
        // A spawn or a join in between makes it another order. That two contexts have one hash among all that a
        // program has is not to be expected of 64 bits.
        let context = mix(context, segment);
        if self.reported.contains(&context) {
            return false;
        }
        if self.reported.len() == MAX_REPORTED {
            // They are reported once more, which the graph ignores.
            self.reported.clear();
        }
        self.reported.insert(context);
        true
    }
}

/// How many reported contexts a strand remembers.
const MAX_REPORTED: usize = 2_048;
