//! One run on its way: what is possible, one step, and the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Context;

use super::failure::FailureKind;
use super::fault::InjectedFault;
use super::footprint::{Footprint, Object};
use super::program::{PlannedTask, Program, RunEnd, TaskKind};
use super::run_state::{self, Job};
use super::schedule::{FOREIGN, MOST_STEPS, Move, MoveKind};
use super::scheduler::Scheduler;
use super::setting::Setting;
use super::stopped::{Stopped, ask, differs, not_enabled, said, too_many};
use super::stuck;
use super::wake::{self, TaskWaker};

/// A task at work.
pub(super) struct Task {
    name: String,
    job: Option<Job>,
    pub(super) kind: TaskKind,
    stalled: bool,
    /// Whether it has made a step, or was given up.
    pub(super) begun: bool,
    /// Whether it is like the one before it, and begins after that.
    pub(super) in_order: bool,
}

impl Task {
    pub(super) fn is_at_work(&self) -> bool {
        self.job.is_some() && !self.stalled
    }

    /// Whether the run waits for it.
    fn is_unfinished(&self) -> bool {
        self.is_at_work() && self.kind.ends()
    }
}

/// More tasks than this are no small program: the schedules could not be counted, let alone run.
const MOST_TASKS: usize = 1_000;

/// What a run works with.
#[derive(Default)]
pub(super) struct RunBuffers {
    pub(super) wakers: Vec<TaskWaker>,
    pub(super) moves: Vec<Move>,
    pub(super) tasks: Vec<Task>,
}

impl RunBuffers {
    /// What the tasks are called.
    pub(super) fn names(&self) -> Vec<String> {
        self.tasks.iter().map(|task| task.name.clone()).collect()
    }

    /// Ends the tasks.
    pub(super) fn clear(&mut self) {
        self.tasks.clear();
    }
}

/// A run on its way.
pub(super) struct Run<'a> {
    pub(super) bench: &'a mut RunBuffers,
    pub(super) setting: &'a Setting,
    pub(super) end: RunEnd,
    /// The first task that has waited for something that the explorer does not see.
    pub(super) foreign: Option<usize>,
}

impl<'a> Run<'a> {
    pub(super) fn new(bench: &'a mut RunBuffers, setting: &'a Setting) -> Self {
        Self { bench, setting, end: RunEnd::default(), foreign: None }
    }

    /// Adds the program's tasks.
    pub(super) fn begin(
        &mut self,
        program: &mut Program,
        chooser: &mut dyn Scheduler,
    ) -> Result<(), Stopped> {
        let bad = |message: String| Err(Stopped::failed(FailureKind::BadProgram, "program", message));
        if let Some(problem) = program.problem.take() {
            return bad(problem);
        }
        if program.tasks.is_empty() {
            return bad("the program has no tasks: there is nothing to explore".to_owned());
        }
        if program.tasks.len() > MOST_TASKS {
            return bad(too_many(program.tasks.len(), MOST_TASKS));
        }
        let in_order = chooser.begins_in_order();
        let kinds: Vec<_> = program.tasks.iter().map(|task| task.kind).collect();
        chooser.begin(&kinds);
        program.tasks.drain(..).try_for_each(|planned| self.add(planned, in_order))
    }

    /// Adds a task, and brings it before its first step.
    fn add(&mut self, planned: PlannedTask, in_order: bool) -> Result<(), Stopped> {
        let PlannedTask { name, job, kind, alike, spawned } = planned;
        let (at, in_order) = (self.bench.tasks.len(), in_order && alike);
        if at >= MOST_TASKS {
            return Err(Stopped::failed(FailureKind::BadProgram, "program", too_many(at + 1, MOST_TASKS)));
        }
        self.bench.tasks.push(Task { name, job: Some(job), kind, stalled: false, begun: false, in_order });
        if self.bench.wakers.len() <= at {
            self.bench.wakers.push(TaskWaker::new(at));
        }
        self.bench.wakers[at].begin();
        let before = run_state::with(|state| {
            state.background.push(kind == TaskKind::Background);
            if state.yield_points.len() <= at {
                state.yield_points.resize_with(at + 1, Vec::new);
            }
            state.stepping = true;
            (state.task, state.footprint) = (at, Footprint::default());
            state.footprint
        });
        wake::begin_step(at);
        // Up to its first yield point, before the schedule chooses anything: so nothing shared may be touched on the way
        // there, or the order of `begin` would be an order of steps that is never varied.
        self.poll(at)?;
        self.check_yield_points(at)?;
        // Such a task was run outside every schedule: to say that all orders of its steps hold would be untrue.
        if !spawned && self.bench.tasks[at].job.is_none() {
            let message = format!(
                "task {at} has ended before its first await, so no other could come in between: let it begin with \
                 `lockyard_explore::point().await`, and lock what the explorer sees"
            );
            return Err(Stopped::failed(FailureKind::BadProgram, "program", message));
        }
        if run_state::with(|state| state.footprint != before) {
            let message = "a task has touched something shared before its first await: let it begin with \
                           `lockyard_explore::point().await`";
            return Err(Stopped::failed(FailureKind::BadProgram, "program", message));
        }
        Ok(())
    }

    /// Notes if a task that was polled waits for something that the explorer does not see.
    fn check_yield_points(&mut self, at: usize) -> Result<(), Stopped> {
        if self.bench.tasks[at].job.is_none() {
            return Ok(());
        }
        let (elsewhere, points) = run_state::with(|state| {
            let points = &state.yield_points[at];
            (self.bench.wakers[at].waits_elsewhere(points), points.len())
        });
        if elsewhere && self.foreign.is_none() {
            self.foreign = Some(at);
        }
        if points >= usize::from(FOREIGN) {
            let message = format!(
                "task {at} waits at {points} places at once; the explorer supports fewer than {FOREIGN}"
            );
            return Err(Stopped::failed(FailureKind::BadProgram, "program", message));
        }
        Ok(())
    }

    /// Polls a task once.
    fn poll(&mut self, at: usize) -> Result<(), Stopped> {
        let task = &mut self.bench.tasks[at];
        let Some(job) = &mut task.job else { return Ok(()) };
        let waker = &self.bench.wakers[at];
        waker.lower();
        let context = &mut Context::from_waker(&waker.waker);
        match catch_unwind(AssertUnwindSafe(|| job.as_mut().poll(context))) {
            Ok(poll) if poll.is_ready() => task.job = None,
            Ok(_) => {}
            Err(panic) => return Err(Stopped::failed(FailureKind::Panic, "task", said(&*panic))),
        }
        Ok(())
    }

    /// Runs until all tasks that end have ended.
    pub(super) fn drive(
        &mut self,
        program: &mut Program,
        chooser: &mut dyn Scheduler,
    ) -> Result<(), Stopped> {
        let mut depth = 0;
        loop {
            if !self.bench.tasks.iter().any(Task::is_unfinished) {
                return Ok(());
            }
            let chosen = if let Some(known) = chooser.known(depth) {
                // It need not fit: it is from elsewhere, or something besides the schedule decides.
                if !self.is_possible(known) {
                    return Err(not_enabled(chooser.impossible(), depth, known));
                }
                if chooser.compares(depth) {
                    self.possible();
                    if !chooser.recognizes(depth, &self.bench.moves) {
                        return Err(differs(depth, "could go on otherwise than before"));
                    }
                }
                known
            } else {
                // Past the known prefix. Cancelling a task is always possible and may free the others, so it does
                // not count here: a program that needs it is stuck.
                self.possible();
                if !self.bench.moves.iter().any(|found| found.is_progress()) {
                    return self.none_goes_on();
                }
                chooser.choose(depth, &self.bench.moves).ok_or(Stopped::Pruned)?
            };
            let stepped = self.step(chosen);
            let (footprint, failure, at_rest) = run_state::with(|state| {
                let at_rest = state.footprint.responds && state.in_flight == 0;
                (state.footprint, state.failure.take(), at_rest)
            });
            // Before a failure ends the run: a search that keeps going needs the footprint of this step for its
            // siblings, of one that has panicked, too.
            if !chooser.taken(depth, &footprint) {
                return Err(differs(depth, "did something else than before"));
            }
            stepped?;
            if let Some(message) = failure {
                return Err(Stopped::failed(FailureKind::Violation, "reported", message));
            }
            if at_rest {
                // Off the schedule: what the checks read belongs to no step and must not enter a footprint.
                run_state::with(|state| state.stepping = false);
                for (nth, check) in program.at_rest.iter_mut().enumerate() {
                    ask("at_rest", nth, check)?;
                }
                run_state::with(|state| state.stepping = true);
            }
            depth += 1;
            if depth >= MOST_STEPS {
                let message = format!(
                    "no end after {MOST_STEPS} steps: a livelock, or a program too long for the explorer"
                );
                return Err(Stopped::failed(FailureKind::Endless, "run", message));
            }
        }
    }

    /// Makes one step.
    fn step(&mut self, Move { task, stop, kind }: Move) -> Result<(), Stopped> {
        let at = usize::from(task);
        let fault = match kind {
            MoveKind::Fail => InjectedFault::Fails,
            MoveKind::FailLate => InjectedFault::FailsLate,
            MoveKind::Slow => InjectedFault::Slow,
            _ => InjectedFault::None,
        };
        wake::begin_step(at);
        // Set for a step that gives the task up as well: the next one alike waits for this one to begin, not to go
        // on.
        self.bench.tasks[at].begun = true;
        // Whether the places where clients may be given up are wanted.
        let watched = self.setting.cancels + self.setting.stalls > 0;
        let own = &self.bench.wakers[at].waker;
        let waits_elsewhere =
            run_state::with(|state| self.bench.wakers[at].waits_elsewhere(&state.yield_points[at]));
        let foreign = run_state::with(|state| {
            state.begin_step(at, fault);
            if !(Move { task, stop, kind }).is_progress() {
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
            state.go_on_from(stop, own)
        });
        match kind {
            MoveKind::Cancel => {
                self.end.cancelled += 1;
                // Dropped outside `world::with`: guards that end with the job enter the world themselves. A panic
                // in a drop is a failure of the run, not of the explorer.
                let job = self.bench.tasks[at].job.take();
                if catch_unwind(AssertUnwindSafe(|| drop(job))).is_err() {
                    let message = "a task has panicked while it was dropped";
                    return Err(Stopped::failed(FailureKind::Panic, "cancelled task", message));
                }
            }
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
                }
                wake::begin_step(at);
                self.poll(at)?;
            }
        }
        let woken = wake::has_woken();
        if woken {
            let by_another = |it: &usize| self.bench.wakers[*it].is_woken_by_another();
            self.foreign = self.foreign.or_else(|| (0..self.bench.tasks.len()).find(by_another));
        }
        let spawned = run_state::with(|state| {
            if woken {
                state.touch(Object::FOREIGN, true);
            }
            state.end_step();
            std::mem::take(&mut state.spawned)
        });
        self.check_yield_points(at)?;
        for job in spawned {
            // `add` polls as the new task, with an empty footprint. Both are put back: the chooser has yet to read
            // what the step that spawned it has touched.
            let (task, footprint) = run_state::with(|state| (state.task, state.footprint));
            let name = "background".to_owned();
            self.add(PlannedTask { name, job, kind: TaskKind::Steady, alike: false, spawned: true }, false)?;
            run_state::with(|state| (state.task, state.footprint) = (task, footprint));
        }
        Ok(())
    }

    /// No task can go on, and not all have ended.
    fn none_goes_on(&mut self) -> Result<(), Stopped> {
        if self.end.stalled > 0 {
            // A stalled task keeps its locks. Waiting for them is no fault of the others.
            self.end.held_up = self.bench.tasks.iter().filter(|task| task.is_unfinished()).count() as u32;
            return Ok(());
        }
        Err(Stopped::Failed(Box::new(run_state::with(|state| stuck::describe(state)))))
    }

    /// Looks at what the run has come to; and in words, if `outcomes` are asked for.
    pub(super) fn finish(
        &mut self,
        program: &mut Program,
        outcomes: bool,
    ) -> Result<Option<String>, Stopped> {
        run_state::with(|state| state.stepping = false);
        self.end.overtaken = run_state::with(|state| {
            state.lock_states.iter().map(|lock_state| lock_state.overtaken).max().unwrap_or(0)
        });
        // Before the leak check: a background task ends with the run, and so does what it holds.
        for task in &mut self.bench.tasks {
            if task.kind == TaskKind::Background {
                task.job = None;
            }
        }
        if self.end.stalled == 0
            && let Some(leak) = run_state::with(|state| stuck::leak(state))
        {
            return Err(Stopped::failed(FailureKind::Violation, "released", leak));
        }
        for (nth, check) in program.at_end.drain(..).enumerate() {
            ask("at_end", nth, || check(&self.end))?;
        }
        if let Some(message) = run_state::with(|state| state.failure.take()) {
            return Err(Stopped::failed(FailureKind::Violation, "reported", message));
        }
        let Some(outcome) = program.outcome.take().filter(|_| outcomes) else { return Ok(None) };
        ask("outcome", 0, || Ok(Some(outcome())))
    }
}
