//! Which steps can be made now.

use std::time::Duration;

use super::next_step::NextStep;
use super::run::{Run, RunBuffers};
use super::run_state::{self, RunState};
use super::schedule::{FOREIGN, Move, MoveKind};

impl Run<'_> {
    /// Collects what is possible now, in an order that depends on nothing else.
    pub(super) fn possible(&mut self) {
        run_state::with(|state| {
            if let Some(deadline) = self.possible_without_clock(state) {
                self.add_timers(state, deadline);
            }
            if self.setting.cancels + self.setting.stalls > 0 {
                self.add_mishaps(state);
            }
            let moves = &mut self.bench.moves;
            if moves.len() < 2 {
                return;
            }
            // Tasks are given up last, answers come before questions, and the task of the last step goes first: so what fails
            // first is simple, and what was tried then need not be tried the other way round.
            moves.sort_by_key(|found| {
                let at = usize::from(found.task);
                (!found.is_progress(), state.is_unasked(at), state.clock > 0 && at != state.task)
            });
        });
    }

    /// Whether a task can go on without the clock.
    pub(super) fn goes_on_without_clock(&mut self) -> bool {
        run_state::with(|state| self.possible_without_clock(state));
        !self.bench.moves.is_empty()
    }

    /// Collects what tasks can go on with without the clock; the first deadline that one waits for.
    fn possible_without_clock(&mut self, state: &RunState) -> Option<Duration> {
        let Self { bench: RunBuffers { wakers, moves, tasks, .. }, end, setting, .. } = self;
        moves.clear();
        let may_fail = end.faults < setting.faults;
        let mut first = None;
        for (at, task) in tasks.iter().enumerate() {
            if !task.is_at_work() || task.in_order && !tasks[at - 1].begun {
                continue;
            }
            let number = at as u16;
            if state.guest.is_aborted(at) {
                moves.push(Move { task: number, stop: 0, kind: MoveKind::Abort });
                continue;
            }
            for (stop, point) in state.yield_points[at].iter().enumerate() {
                if !state.is_open(at, point) {
                    if let NextStep::Timer(deadline) = point.want
                        && !point.unpolled
                    {
                        first = Some(first.map_or(deadline, |first: Duration| first.min(deadline)));
                    }
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
        first
    }

    /// Adds the timers of this deadline, the first that is yet to come, if they may fire: where no task can go on, or early.
    fn add_timers(&mut self, state: &RunState, deadline: Duration) {
        let RunBuffers { moves, tasks, .. } = &mut *self.bench;
        let by = deadline.saturating_sub(state.guest.now);
        let early = state.guest.early_left > 0 && by <= self.setting.early_by;
        if !early && !moves.is_empty() {
            return;
        }
        for (at, task) in tasks.iter().enumerate() {
            if !task.is_at_work() || state.guest.is_aborted(at) || task.in_order && !tasks[at - 1].begun {
                continue;
            }
            for (stop, point) in state.yield_points[at].iter().enumerate() {
                if point.want == NextStep::Timer(deadline) && !point.unpolled {
                    moves.push(Move { task: at as u16, stop: stop as u8, kind: MoveKind::Run });
                }
            }
        }
    }

    /// Adds that tasks are given up.
    fn add_mishaps(&mut self, state: &RunState) {
        let Self { bench: RunBuffers { moves, tasks, .. }, end, setting, .. } = self;
        for (at, task) in tasks.iter().enumerate() {
            let has_turn = !task.in_order || tasks[at - 1].begun;
            let is_given_up = task.kind.is_given_up() && task.is_at_work() && has_turn;
            if !is_given_up || state.guest.is_aborted(at) {
                continue;
            }
            let mut push = |kind| moves.push(Move { task: at as u16, stop: 0, kind });
            if end.cancelled < setting.cancels {
                push(MoveKind::Cancel);
            }
            if end.stalled < setting.stalls {
                push(MoveKind::Stall);
            }
        }
    }

    /// Whether this step can be made.
    pub(super) fn is_possible(&mut self, known: Move) -> bool {
        let Move { task, stop, kind } = known;
        let at = usize::from(task);
        let Some(task) = self.bench.tasks.get(at).filter(|task| task.is_at_work()) else { return false };
        let (wakers, given_up) = (&self.bench.wakers, task.kind.is_given_up());
        let possible = run_state::with(|state| {
            let aborted = state.guest.is_aborted(at);
            match kind {
                MoveKind::Choose => Some(false),
                MoveKind::Abort => Some(aborted),
                _ if aborted => Some(false),
                MoveKind::Cancel | MoveKind::Stall => Some(given_up),
                _ if stop == FOREIGN => Some(wakers[at].is_woken()),
                _ => {
                    let Some(point) = state.yield_points[at].get(usize::from(stop)) else {
                        return Some(false);
                    };
                    // A fault is one of a call: elsewhere the step would go on without it.
                    let fits = kind == MoveKind::Run || matches!(point.want, NextStep::Call(_));
                    let open = fits && state.is_open(at, point);
                    // Whether a timer that is yet to come may fire hangs on the others.
                    (open || !matches!(point.want, NextStep::Timer(_))).then_some(open)
                }
            }
        });
        possible.unwrap_or_else(|| {
            self.possible();
            self.bench.moves.contains(&known)
        })
    }
}
