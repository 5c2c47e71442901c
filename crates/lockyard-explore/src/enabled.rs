//! Which steps can be made now.

use super::program::TaskKind;
use super::run::{Run, RunBuffers, Task};
use super::run_state::{self, NextStep};
use super::schedule::{FOREIGN, Move, MoveKind};

impl Run<'_> {
    /// Collects what is possible now, in an order that depends on nothing else.
    pub(super) fn possible(&mut self) {
        let Self { bench: RunBuffers { wakers, moves, tasks }, end, setting, .. } = self;
        moves.clear();
        let may_fail = end.faults < setting.faults;
        let has_turn = |at: usize, task: &Task| !task.in_order || tasks[at - 1].begun;
        let at_work =
            || tasks.iter().enumerate().filter(|(at, task)| task.is_at_work() && has_turn(*at, task));
        run_state::with(|state| {
            for (at, _) in at_work() {
                let number = at as u16;
                for (stop, point) in state.yield_points[at].iter().enumerate() {
                    if !state.is_open(at, point) {
                        continue;
                    }
                    let mut push = |kind| moves.push(Move { task: number, stop: stop as u8, kind });
                    push(MoveKind::Run);
                    if may_fail && matches!(point.want, NextStep::Call(_)) {
                        push(MoveKind::Fail);
                        push(MoveKind::FailLate);
                        push(MoveKind::Slow);
                    }
                }
                if wakers[at].is_woken() {
                    moves.push(Move { task: number, stop: FOREIGN, kind: MoveKind::Run });
                }
            }
        });
        for (at, _) in at_work().filter(|(_, task)| task.kind == TaskKind::Client) {
            let mut push = |kind| moves.push(Move { task: at as u16, stop: 0, kind });
            if end.cancelled < setting.cancels {
                push(MoveKind::Cancel);
            }
            if end.stalled < setting.stalls {
                push(MoveKind::Stall);
            }
        }
        // Tasks are given up last, answers come before questions, and the task of the last step goes first: so what fails first
        // is simple, and what was tried then need not be tried the other way round.
        run_state::with(|state| {
            moves.sort_by_key(|found| {
                let at = usize::from(found.task);
                (!found.is_progress(), state.is_unasked(at), state.clock > 0 && at != state.task)
            });
        });
    }

    /// Whether this step can be made.
    pub(super) fn is_possible(&self, Move { task, stop, kind }: Move) -> bool {
        let at = usize::from(task);
        let Some(task) = self.bench.tasks.get(at).filter(|task| task.is_at_work()) else { return false };
        match kind {
            MoveKind::Cancel | MoveKind::Stall => task.kind == TaskKind::Client,
            _ if stop == FOREIGN => self.bench.wakers[at].is_woken(),
            _ => run_state::with(|state| {
                state.yield_points[at].get(usize::from(stop)).is_some_and(|point| {
                    // A fault is one of a call: elsewhere the step would go on without it.
                    let fits = kind == MoveKind::Run || matches!(point.want, NextStep::Call(_));
                    fits && state.is_open(at, point)
                })
            }),
        }
    }
}
