//! Who chooses the steps of a run: a search, a draw, or a given schedule.

use super::failure::FailureKind;
use super::footprint::Footprint;
use super::planned_task::PlannedTask;
use super::schedule::Move;

/// Who chooses.
pub(super) trait Scheduler {
    /// A run begins, of these tasks, and of those that they spawn.
    fn begin(&mut self, _tasks: &[PlannedTask]) {}

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

    /// What draws the choices within steps, where the schedule does not give them; none to take the first of each.
    fn choice_seed(&mut self) -> Option<u64> {
        None
    }

    /// The `nth` choice within the step at this depth, which is known, where it is known as well.
    fn choice(&self, _depth: usize, _nth: usize) -> Option<Move> {
        None
    }

    /// In the step before, this was chosen, of so many. False if there were others to choose from when it was made before
    /// in the same run.
    fn chose(&mut self, depth: usize, choice: Move, of: u8) -> bool;

    /// The step at this depth was taken, with so many choices that follow it, and touched this. False if it touched
    /// something else when it was taken before in the same run.
    fn taken(&mut self, _depth: usize, _choices: usize, _footprint: &Footprint) -> bool {
        true
    }
}
