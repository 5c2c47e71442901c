//! One run on its way: what is possible, one step, and the next.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::choice::{choices_made, give_choices};
use super::failure::FailureKind;
use super::footprint::Footprint;
use super::next_step::NextStep;
use super::planned_task::{Job, PlannedTask, TaskKind, TaskOrigin};
use super::program::{Program, RunEnd};
use super::run_state;
use super::schedule::{MOST_STEPS, Move};
use super::scheduler::Scheduler;
use super::setting::Setting;
use super::stopped::{Stopped, ask, differs, not_enabled, reported, too_many};
use super::stuck;
use super::wake::{self, TaskWaker};

/// A task at work.
pub(super) struct Task {
    pub(super) name: Cow<'static, str>,
    pub(super) job: Option<Job>,
    pub(super) kind: TaskKind,
    pub(super) origin: TaskOrigin,
    pub(super) stalled: bool,
    /// Whether it has made a step, or was given up.
    pub(super) begun: bool,
    /// Whether it is like the one before it, and begins after that.
    pub(super) in_order: bool,
}

impl Task {
    pub(super) fn is_at_work(&self) -> bool {
        self.job.is_some() && !self.stalled
    }

    /// What it is called: by where it was spawned, if it has no name.
    pub(super) fn title(&self) -> String {
        match self.origin {
            TaskOrigin::Guest(place) if self.name.is_empty() => place.to_string(),
            _ => self.name.to_string(),
        }
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
    /// What the step at work has spawned.
    pub(super) spawned: Vec<PlannedTask>,
}

impl RunBuffers {
    /// What the tasks are called.
    pub(super) fn names(&self) -> Vec<String> {
        self.tasks.iter().map(Task::title).collect()
    }

    /// Ends the tasks.
    pub(super) fn clear(&mut self) {
        self.tasks.clear();
        self.spawned.clear();
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
        chooser.begin(&program.tasks);
        run_state::with(|state| state.guest.choices.random = chooser.choice_seed());
        program.tasks.drain(..).try_for_each(|planned| self.add(planned, in_order))?;
        if run_state::with(|state| state.guest.refusal.is_some()) { Err(reported()) } else { Ok(()) }
    }

    /// Adds a task, and brings it before its first step.
    pub(super) fn add(&mut self, planned: PlannedTask, in_order: bool) -> Result<(), Stopped> {
        let PlannedTask { name, job, kind, alike, origin } = planned;
        let (at, in_order) = (self.bench.tasks.len(), in_order && alike);
        if at >= MOST_TASKS {
            return Err(Stopped::failed(FailureKind::BadProgram, "program", too_many(at + 1, MOST_TASKS)));
        }
        let task = Task { name, job: Some(job), kind, origin, stalled: false, begun: false, in_order };
        self.bench.tasks.push(task);
        if self.bench.wakers.len() <= at {
            self.bench.wakers.push(TaskWaker::new(at));
        }
        let own = &mut self.bench.wakers[at];
        own.begin();
        let before = run_state::with(|state| {
            state.background.push(!kind.ends());
            if state.yield_points.len() <= at {
                state.yield_points.resize_with(at + 1, Vec::new);
            }
            (state.task, state.footprint, state.stepping) = (at, Footprint::default(), true);
            state.own_waker = own.waker.data().addr();
            if let TaskOrigin::Guest(place) = origin {
                state.add_yield_point(NextStep::Start, place, &own.waker);
            }
            state.tasks += usize::from(origin == TaskOrigin::Program);
            state.footprint
        });
        if matches!(origin, TaskOrigin::Guest(_)) {
            return Ok(());
        }
        wake::begin_step(at);
        // Up to its first yield point, before the schedule chooses anything: so nothing shared may be touched on the way
        // there, or the order of `begin` would be an order of steps that is never varied.
        self.poll(at)?;
        self.check_yield_points(at)?;
        let bad = |message: String| Err(Stopped::failed(FailureKind::BadProgram, "program", message));
        // Such a task was run outside every schedule: to say that all orders of its steps hold would be untrue.
        if origin == TaskOrigin::Program && self.bench.tasks[at].job.is_none() {
            return bad(format!(
                "task {at} has ended before its first await, so no other could come in between: let it begin with \
                 `lockyard_explore::point().await`, and lock what the explorer sees"
            ));
        }
        let (touched, chose) =
            run_state::with(|state| (state.footprint != before, !state.guest.choices.made.is_empty()));
        if touched || chose {
            let what = if touched { "touched something shared" } else { "made a choice" };
            return bad(format!(
                "a task has {what} before its first await: let it begin with `lockyard_explore::point().await`"
            ));
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
            give_choices(depth, chosen, chooser);
            let stepped = self.step(chosen);
            let (footprint, at_rest, choices, wrong) = run_state::with(|state| {
                let at_rest = state.footprint.responds && state.in_flight == 0;
                let wrong = state.failure.is_some() || state.guest.refusal.is_some();
                (state.touched(), at_rest, state.guest.choices.are_any(), wrong)
            });
            // First, for what cannot be explored may do anything, such as differ from one run to the next.
            if wrong && run_state::with(|state| state.guest.refusal.is_some()) {
                return Err(reported());
            }
            let choices = if choices { choices_made(depth, chosen, chooser)? } else { 0 };
            // Before a failure ends the run: a search that keeps going needs the footprint of this step for its
            // siblings, of one that has panicked, too.
            if !chooser.taken(depth, choices, &footprint) {
                return Err(differs(depth, "did something else than before"));
            }
            stepped?;
            if wrong {
                return Err(reported());
            }
            if at_rest {
                // Off the schedule: what the checks read belongs to no step and must not enter a footprint.
                run_state::with(|state| state.stepping = false);
                for (nth, check) in program.at_rest.iter_mut().enumerate() {
                    ask("at_rest", nth, check)?;
                }
                run_state::with(|state| state.stepping = true);
            }
            depth += 1 + choices;
            if depth >= MOST_STEPS {
                let message = format!(
                    "no end after {MOST_STEPS} steps: a livelock, or a program too long for the explorer"
                );
                return Err(Stopped::failed(FailureKind::Endless, "run", message));
            }
        }
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
            if !task.kind.ends() {
                let job = task.job.take();
                if catch_unwind(AssertUnwindSafe(|| drop(job))).is_err() {
                    let message =
                        format!("task {} has panicked while it was dropped at the end", task.title());
                    return Err(Stopped::failed(FailureKind::Panic, "background task", message));
                }
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
        if run_state::with(|state| state.failure.is_some() || state.guest.refusal.is_some()) {
            return Err(reported());
        }
        let Some(outcome) = program.outcome.take().filter(|_| outcomes) else { return Ok(None) };
        ask("outcome", 0, || Ok(Some(outcome())))
    }
}
