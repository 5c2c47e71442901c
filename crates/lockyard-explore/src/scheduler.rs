//! Who chooses the steps of a run: a search, a draw, or a schedule that somebody gave.

use super::footprint::Footprint;
use super::schedule::Move;

/// Who chooses.
pub(super) trait Scheduler {
    /// Whether tasks that are alike are to begin in their order.
    fn begins_in_order(&self) -> bool {
        false
    }

    /// The step at this depth, where it is known without looking at what is possible.
    fn known(&mut self, depth: usize) -> Option<Move>;

    /// One of these, which are all that is possible, the likeliest to be simple first; none to give this run up.
    fn choose(&mut self, depth: usize, moves: &[Move]) -> Option<Move>;

    /// It was taken, and touched this.
    fn taken(&mut self, depth: usize, footprint: &Footprint);
}
