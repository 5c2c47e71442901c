//! The schedule without concurrency: one operation after another.

use super::next_step::NextStep;
use super::planned_task::{PlannedTask, TaskKind};
use super::run_state;
use super::schedule::{FOREIGN, Move};
use super::scheduler::Scheduler;

/// One task after another, each operation to its end. Where the one at work has to wait, what it has spawned goes on, then
/// the next task; timers fire only where no task can go on.
#[derive(Default)]
pub(super) struct Sequential {
    kinds: Vec<TaskKind>,
    /// Those that have begun, the one at work last.
    begun: Vec<u16>,
}

impl Sequential {
    /// Who is to begin, where none of those that have can go on: what was spawned, then the program's tasks in their order.
    fn rank(&self, task: u16) -> (bool, bool, u16) {
        let planned = self.kinds.get(usize::from(task));
        (planned.is_some_and(|kind| !kind.ends()), planned.is_some(), task)
    }
}

fn is_timer(Move { task, stop, .. }: Move) -> bool {
    let want = |state: &mut run_state::RunState| {
        state.yield_points[usize::from(task)].get(usize::from(stop)).map(|point| point.want)
    };
    stop != FOREIGN && matches!(run_state::with(want), Some(NextStep::Tick | NextStep::Timer(_)))
}

impl Scheduler for Sequential {
    fn begin(&mut self, tasks: &[PlannedTask]) {
        self.kinds = tasks.iter().map(|task| task.kind).collect();
        self.begun.clear();
    }

    fn chose(&mut self, _: usize, _: Move, _: u8) -> bool {
        true
    }

    fn known(&mut self, _: usize) -> Option<Move> {
        None
    }

    fn choose(&mut self, _: usize, moves: &[Move]) -> Option<Move> {
        let moves = || moves.iter().copied().filter(|it| !it.kind.is_mishap());
        let by_itself = || moves().filter(|it| !is_timer(*it));
        let of = |task: u16| by_itself().find(|it| it.task == task);
        let at_work = self.begun.iter().rev().find_map(|task| of(*task));
        let next = || by_itself().min_by_key(|it| self.rank(it.task));
        let chosen = at_work.or_else(next).or_else(|| moves().min_by_key(|it| self.rank(it.task)))?;
        if !self.begun.contains(&chosen.task) {
            self.begun.push(chosen.task);
        }
        Some(chosen)
    }
}
