//! Programs run under schedules, one run after another, and what comes of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::failure::FailureKind;
use super::program::Program;
use super::run::{Run, RunBuffers, Stopped};
use super::run_state;
use super::scheduler::Scheduler;
use super::setting::Setting;

/// How a run went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// To its end, and all held.
    Held,
    /// It was given up: what comes was seen in another order.
    Pruned,
    /// Something does not hold.
    Failed(FailureKind, String),
}

/// One run that is over.
pub(super) struct ExecutedRun {
    pub(super) verdict: Verdict,
    pub(super) steps: usize,
    pub(super) outcome: Option<String>,
    /// A task waited for something that the explorer does not see.
    pub(super) blind: bool,
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

    /// Runs the program that `build` puts together. `told` is called at the end with the program and, if the run is shown,
    /// with the names of its tasks.
    pub(super) fn run(
        &mut self,
        setting: &Setting,
        left_out: &[usize],
        build: &dyn Fn(&mut Program),
        chooser: &mut dyn Scheduler,
        told: &mut dyn FnMut(Vec<String>, &Program),
    ) -> ExecutedRun {
        let Self { bench, program, outcomes } = self;
        program.shown = run_state::with(|state| {
            state.begin(setting);
            state.notes.is_some()
        });
        // Before `build`, which numbers the operations as it adds them and passes over these.
        program.left_out.extend_from_slice(left_out);
        build(program);
        let mut run = Run::new(bench, setting);
        let mut outcome = None;
        let result = run.begin(program, chooser).and_then(|()| run.drive(program, chooser)).and_then(|()| {
            let tell = run.finish(program)?.filter(|_| *outcomes);
            outcome = tell.map(|tell| tell());
            Ok(())
        });
        let blind = run.blind;
        // While tasks and program still exist: both are cleared below.
        told(if program.shown { bench.names() } else { Vec::new() }, program);
        // What is left ends outside the schedule, and may make new tasks in doing so.
        let steps = run_state::with(|state| {
            state.stepping = false;
            state.clock as usize
        });
        let _ended = catch_unwind(AssertUnwindSafe(|| {
            bench.clear();
            program.clear();
            while !run_state::with(|state| state.spawned.is_empty()) {
                // Taken inside, dropped outside: the end of a job enters the world itself, and may spawn again.
                drop(run_state::with(|state| std::mem::take(&mut state.spawned)));
            }
        }));
        let verdict = match result {
            Ok(()) => Verdict::Held,
            Err(Stopped::Pruned) => Verdict::Pruned,
            Err(Stopped::Failed(kind, message)) => Verdict::Failed(kind, message),
        };
        ExecutedRun { verdict, steps, outcome, blind }
    }
}
