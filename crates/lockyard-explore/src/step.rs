//! One step of a run: a task goes on from where it stands, or is given up there.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Context;

use super::failure::FailureKind;
use super::fault::InjectedFault;
use super::footprint::Object;
use super::guest::state::TaskEnd;
use super::guest::turn_waker;
use super::planned_task::TaskOrigin;
use super::quiet::place_of_panic;
use super::run::Run;
use super::run_state::{self, RunState};
use super::schedule::{FOREIGN, Move, MoveKind};
use super::stopped::{Stopped, said};
use super::wake;

impl Run<'_> {
    /// Makes one step.
    pub(super) fn step(&mut self, chosen: Move) -> Result<(), Stopped> {
        let Move { task, stop, kind } = chosen;
        let at = usize::from(task);
        let fault = match kind {
            MoveKind::Fail => InjectedFault::Fails,
            MoveKind::FailLate => InjectedFault::FailsLate,
            MoveKind::Slow => InjectedFault::Slow,
            _ => InjectedFault::None,
        };
        let mut fires = false;
        wake::begin_step(at);
        // Set for a step that gives the task up as well: the next one alike waits for this one to begin, not to go
        // on.
        self.bench.tasks[at].begun = true;
        // Whether the places where clients may be given up are wanted.
        let watched = self.setting.cancels + self.setting.stalls > 0;
        let own = &self.bench.wakers[at];
        let foreign = run_state::with(|state| {
            own.begin_step();
            let waits_elsewhere = own.waits_elsewhere(&state.yield_points[at]);
            let _of_no_step = turn_waker::take_woken();
            state.begin_step(at, fault);
            state.own_waker = own.waker.data().addr();
            if !chosen.goes_on() {
                state.give_up(kind);
                // A task that is dropped in a foreign wait may pass on a wake-up, or free what it has; which
                // steps that makes possible is part of this one.
                if waits_elsewhere {
                    state.touch(Object::FOREIGN, true);
                }
                return None;
            }
            if watched {
                state.awaits.extend(state.yield_points[at].iter().map(|point| (at, point.place)));
            }
            fires = state.fires(stop);
            state.go_on_from(stop)
        });
        // Of the clock it is asked once it is known that it goes on, for that costs a look at all that is possible.
        if fires && self.goes_on_without_clock() {
            run_state::with(|state| {
                state.guest.early_left = state.guest.early_left.saturating_sub(1);
                state.footprint.ordered = true;
            });
        }
        match kind {
            MoveKind::Cancel => {
                self.end.cancelled += 1;
                self.drop_task(at, TaskEnd::Cancelled)?;
            }
            MoveKind::Abort => self.drop_task(at, TaskEnd::Aborted)?,
            MoveKind::Stall => {
                self.end.stalled += 1;
                self.bench.tasks[at].stalled = true;
            }
            _ => {
                if fault != InjectedFault::None {
                    self.end.faults += 1;
                }
                // The yield point is inside a set of futures, which polls only members that were woken. Without
                // this call the poll below would skip it.
                if let Some(foreign) = foreign {
                    foreign.wake();
                    wake::begin_step(at);
                }
                self.poll(at)?;
            }
        }
        self.end_step(at)
    }

    /// What a step has done beside its own task: whom it has woken, and what it has spawned.
    fn end_step(&mut self, at: usize) -> Result<(), Stopped> {
        let woken = wake::has_woken();
        if woken {
            let by_another = |it: &usize| self.bench.wakers[*it].is_woken_by_another();
            self.foreign = self.foreign.or_else(|| (0..self.bench.tasks.len()).find(by_another));
        }
        let mut spawned = std::mem::take(&mut self.bench.spawned);
        run_state::with(|state| {
            if woken {
                state.touch(Object::FOREIGN, true);
            }
            // Whom it has woken can go on, whether or not it has told of an access.
            state.footprint.touch(turn_waker::take_woken(), true);
            state.end_step();
            if !state.spawned.is_empty() {
                std::mem::swap(&mut state.spawned, &mut spawned);
            }
            self.check_yield_points_in(state, at)
        })?;
        if !spawned.is_empty() {
            // `add` works as the new task, with an empty footprint. Both are put back: the chooser has yet to read
            // what the step that spawned it has touched.
            let (task, footprint) = run_state::with(|state| (state.task, state.footprint));
            spawned.drain(..).try_for_each(|planned| self.add(planned, false))?;
            run_state::with(|state| (state.task, state.footprint) = (task, footprint));
        }
        self.bench.spawned = spawned;
        Ok(())
    }

    /// Notes if a task that was polled waits for something that the explorer does not see.
    pub(super) fn check_yield_points(&mut self, at: usize) -> Result<(), Stopped> {
        run_state::with(|state| self.check_yield_points_in(state, at))
    }

    fn check_yield_points_in(&mut self, state: &RunState, at: usize) -> Result<(), Stopped> {
        if self.bench.tasks[at].job.is_none() {
            return Ok(());
        }
        let points = &state.yield_points[at];
        if self.bench.wakers[at].looks_elsewhere(points) {
            self.foreign.get_or_insert(at);
        }
        let points = points.len();
        if points >= usize::from(FOREIGN) {
            let message = format!(
                "task {at} waits at {points} places at once; the explorer supports fewer than {FOREIGN}"
            );
            return Err(Stopped::failed(FailureKind::BadProgram, "program", message));
        }
        Ok(())
    }

    /// Polls a task once.
    pub(super) fn poll(&mut self, at: usize) -> Result<(), Stopped> {
        let task = &mut self.bench.tasks[at];
        let Some(job) = &mut task.job else { return Ok(()) };
        let waker = &self.bench.wakers[at];
        waker.lower();
        let context = &mut Context::from_waker(&waker.waker);
        match catch_unwind(AssertUnwindSafe(|| job.as_mut().poll(context))) {
            Ok(poll) if poll.is_ready() => self.drop_task(at, TaskEnd::Returned),
            Ok(_) => Ok(()),
            Err(panic) => {
                let said = said(&*panic);
                let message = match (task.origin, place_of_panic()) {
                    (TaskOrigin::Guest(_), Some(place)) => {
                        format!("task {} has panicked at {place}: {said}", task.title())
                    }
                    (TaskOrigin::Guest(_), None) => format!("task {} has panicked: {said}", task.title()),
                    _ => said,
                };
                Err(Stopped::failed(FailureKind::Panic, "task", message))
            }
        }
    }

    /// Ends a task: what it still has is dropped, and those who wait for its end can go on.
    fn drop_task(&mut self, at: usize, end: TaskEnd) -> Result<(), Stopped> {
        let task = &mut self.bench.tasks[at];
        let job = task.job.take();
        // Dropped outside `run_state::with`: guards that end with the job enter the state themselves. A panic in a drop is
        // a failure of the run, not of the explorer.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(job)));
        if matches!(task.origin, TaskOrigin::Guest(_)) {
            run_state::with(|state| {
                if let Some(life) = state.guest.ends(at, end) {
                    state.touch(life, true);
                }
            });
        }
        dropped.map_err(|_| {
            let message = "a task has panicked while it was dropped";
            Stopped::failed(FailureKind::Panic, "cancelled task", message)
        })
    }
}
