//! Programs run under schedules, one run after another, and what comes of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::failure::{Cause, FailureKind};
use super::place::Place;
use super::program::Program;
use super::quiet::Quiet;
use super::run::{Run, RunBuffers};
use super::run_state;
use super::scheduler::Scheduler;
use super::setting::Setting;
use super::stopped::{Stopped, said};

/// How a run went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// To its end, and all held.
    Held,
    /// It was given up: what comes was seen in another order.
    Pruned,
    /// Something does not hold.
    Failed(Box<Cause>),
}

impl Verdict {
    /// Whether another run of the same schedule came to the same: the words of a message may differ.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Failed(one), Self::Failed(other)) => {
                one.kind == other.kind && one.property == other.property
            }
            _ => self == other,
        }
    }
}

/// One run that is over.
pub(super) struct ExecutedRun {
    pub(super) verdict: Verdict,
    pub(super) steps: usize,
    pub(super) outcome: Option<String>,
    /// The first task that has waited for something that the explorer does not see, and its name.
    pub(super) foreign: Option<(usize, String)>,
    /// The first task that has left a future which had not begun, and where that was asked for.
    pub(super) left: Option<(usize, String, Place)>,
    /// Whether some tasks are alike, so that outcomes stand for others in which their names are exchanged.
    pub(super) alike: bool,
    /// How many operations the program has, those that are left out counted.
    pub(super) operations: usize,
    /// How many timers have woken a task.
    pub(super) timers: u32,
}

/// Runs programs, in memory that is kept, so that a run costs little but its steps.
#[derive(Default)]
pub(super) struct Executor {
    bench: RunBuffers,
    program: Program,
    /// Whether programs are asked what they have come to.
    outcomes: bool,
}

impl Executor {
    pub(super) fn new(outcomes: bool) -> Self {
        Self { outcomes, ..Self::default() }
    }

    /// Runs the program that `build` puts together. `at_end` is called at the end with the program and, if the run is shown,
    /// with the names of its tasks.
    pub(super) fn run(
        &mut self,
        setting: &Setting,
        left_out: &[usize],
        build: &dyn Fn(&mut Program),
        chooser: &mut dyn Scheduler,
        at_end: &mut dyn FnMut(Vec<String>, &Program),
    ) -> ExecutedRun {
        let Self { bench, program, outcomes } = self;
        let _quiet = Quiet::begin();
        program.shown = run_state::with(|state| {
            state.begin(setting);
            state.notes.is_some()
        });
        // Before `build`, which numbers the operations as it adds them and passes over these.
        program.left_out.extend_from_slice(left_out);
        // What is built is the caller's, and so is its panic.
        let built = catch_unwind(AssertUnwindSafe(|| build(program))).map_err(|panic| {
            let message = format!("the program has panicked while it was built: {}", said(&*panic));
            Stopped::failed(FailureKind::Panic, "build", message)
        });
        let alike = program.tasks.iter().any(|task| task.alike);
        let operations = program.operations.len();
        let mut run = Run::new(bench, setting);
        let mut outcome = None;
        let result = built
            .and_then(|()| run.begin(program, chooser))
            .and_then(|()| run.drive(program, chooser))
            .and_then(|()| {
                outcome = run.finish(program, *outcomes)?;
                Ok(())
            });
        let foreign = run.foreign.map(|at| (at, run.bench.tasks[at].title()));
        let left = run_state::with(|state| state.guest.left.take());
        let left = left.map(|(at, place)| (at, run.bench.tasks[at].title(), place));
        // While tasks and program still exist: both are cleared below.
        at_end(if program.shown { bench.names() } else { Vec::new() }, program);
        // What is left ends outside the schedule, and may make new tasks in doing so.
        let (steps, timers) = run_state::with(|state| {
            state.stepping = false;
            (state.clock as usize, state.timers)
        });
        // Each by itself: one that panics as it is dropped must not leave the others to the next run.
        let quietly = |end: &mut dyn FnMut()| drop(catch_unwind(AssertUnwindSafe(end)));
        quietly(&mut || bench.clear());
        while !program.is_clear() {
            quietly(&mut || program.clear());
        }
        while !run_state::with(|state| state.spawned.is_empty()) {
            // Taken inside, dropped outside: the end of a job enters the world itself, and may spawn again.
            let spawned = run_state::with(|state| std::mem::take(&mut state.spawned));
            let mut spawned = Some(spawned);
            quietly(&mut || drop(spawned.take()));
        }
        let verdict = match result {
            Ok(()) => Verdict::Held,
            Err(Stopped::Pruned) => Verdict::Pruned,
            Err(Stopped::Failed(cause)) => Verdict::Failed(cause),
        };
        ExecutedRun { verdict, steps, outcome, foreign, left, alike, operations, timers }
    }
}
