//! What one strand has and wants.

use std::sync::Arc;

use super::clock;
use super::hold::{Acquisition, Hold};
use super::mode::Mode;
use super::order::LockUse;
use super::times::Sample;
use super::wait::Wait;

/// What a strand has and wants.
#[derive(Default)]
pub(super) struct State {
    pub(super) holds: Vec<Hold>,
    pub(super) waits: Vec<Arc<Wait>>,
    /// Acquisitions so far: the number of the last hold.
    holds_made: u64,
    pub(super) label: Option<&'static str>,
    /// It has asked for a lock while it waited for one: it has branches that are not told apart.
    pub(super) branched: bool,
    pub(super) samples: Vec<Sample>,
    /// Orders of classes that this strand has told the graph: the places of the two.
    told: Vec<[usize; 2]>,
}

impl State {
    /// Notes a lock that is held from now on.
    #[inline]
    pub(super) fn push(&mut self, taken: LockUse, blocks: bool, waited: Acquisition) -> u64 {
        self.holds_made += 1;
        let number = self.holds_made;
        self.holds.push(Hold { number, taken, blocks, granted: clock::now(), waited, across: false });
        number
    }

    /// Whether a lock that is asked for now stands for an order that the graph may not know. What a strand inside
    /// another one holds is not all that it holds.
    #[inline]
    pub(super) fn is_new_order(&mut self, asked: &LockUse, is_inside: bool) -> bool {
        if asked.mode == Mode::Look {
            return false;
        }
        // For good: once branches share this strand, a hold may be another branch's, and an order drawn from it
        // untrue.
        self.branched |= !self.waits.is_empty();
        if self.branched || (self.holds.is_empty() && !is_inside) {
            return false;
        }
        let [only] = &self.holds[..] else { return true };
        // What is held around this strand is not seen here, and within one class the instances decide, not the
        // places.
        if is_inside || std::ptr::eq(only.taken.class, asked.class) {
            return true;
        }
        let places = [only.taken.place, asked.place].map(|place| std::ptr::from_ref(place).addr());
        // One hold has no guards beside it: the same two places again could neither add an edge nor narrow one.
        if self.told.contains(&places) {
            return false;
        }
        if self.told.len() == TOLD {
            self.told.remove(0);
        }
        self.told.push(places);
        true
    }
}

/// How many orders of classes a strand remembers: few are drawn by one, again and again.
const TOLD: usize = 8;
