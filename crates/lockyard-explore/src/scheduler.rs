//! Who chooses the steps of a run: a search, a draw, or a given schedule.

use super::failure::FailureKind;
use super::footprint::Footprint;
use super::program::TaskKind;
use super::schedule::Move;

/// Who chooses.
pub(super) trait Scheduler {
    /// A run begins, of tasks of these kinds, and of those that they spawn.
    fn begin(&mut self, _tasks: &[TaskKind]) {}

    /// Whether tasks that are alike are to begin in their order.
    fn begins_in_order(&self) -> bool {
        false
    }

    /// The step at this depth, where it is known without looking at what is possible.
    fn known(&mut self, depth: usize) -> Option<Move>;

    /// What kind of failure it is that a known step cannot be made.
    fn impossible(&self) -> FailureKind {
        FailureKind::Nondeterminism
    }

    /// Whether what is possible at this depth, where the step is known, is to be compared with what was.
    fn compares(&self, _depth: usize) -> bool {
        false
    }

    /// Whether these moves were possible at this depth when it was reached before, in the same order.
    fn recognizes(&self, _depth: usize, _moves: &[Move]) -> bool {
        true
    }

    /// One of these, which are all that is possible, the likeliest to be simple first; none to give this run up.
    fn choose(&mut self, depth: usize, moves: &[Move]) -> Option<Move>;

    /// It was taken, and touched this. False if it touched something else when it was taken before in the same run.
    fn taken(&mut self, _depth: usize, _footprint: &Footprint) -> bool {
        true
    }
}
