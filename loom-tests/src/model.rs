//! Running a model: every execution there is, or every one within a bound, and how many that were.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::results::{Outcome, note_model, note_mutant};

/// How far a model is explored, and how far at least.
#[derive(Clone, Copy)]
pub struct ModelCheck {
    /// What it is called.
    pub name: &'static str,
    /// What it runs over: the strategy, where there is one.
    pub over: &'static str,
    /// How often an execution may preempt a thread that could run. `None`: as often as it likes, so the search is
    /// exhaustive.
    pub preemptions: Option<usize>,
    /// Fewer executions than this mean that loom has stopped seeing something.
    pub min_executions: u64,
}

/// The mutant of a model: the same program over something that lacks what the model needs.
#[derive(Clone, Copy)]
pub struct Mutant {
    /// The model's name, and after a slash what is missing.
    pub name: &'static str,
    /// The class of fault.
    pub class: &'static str,
    /// As the model's.
    pub preemptions: Option<usize>,
    /// What is said when it fails.
    pub complaint: &'static str,
}

impl ModelCheck {
    /// Runs `program` once for every execution, and prints how many there were.
    ///
    /// # Panics
    /// As `program` does in some execution; when threads wait for each other; when there were too few executions.
    pub fn check(self, program: impl Fn() + Send + Sync + 'static) {
        let outcome = explore(self.preemptions, program);
        note_model(&self, &outcome);
        let Outcome { executions, millis, .. } = outcome;
        println!("{}: {executions} executions in {millis} ms, {}", self.name, self.extent());
        self.judge(&outcome);
    }

    /// The verdict on what running it came to.
    ///
    /// # Panics
    /// As [`check`](Self::check).
    pub fn judge(&self, outcome: &Outcome) {
        let Self { name, min_executions, .. } = self;
        let Outcome { executions, failure, .. } = outcome;
        if let Some(failure) = failure {
            panic!("{name}: fails in execution {executions}: {failure}");
        }
        assert!(
            executions >= min_executions,
            "{name}: {executions} executions, expected at least {min_executions}"
        );
    }

    fn extent(&self) -> String {
        match self.preemptions {
            None => "exhaustive".to_owned(),
            Some(bound) => format!("bounded by {bound} preemptions"),
        }
    }
}

impl Mutant {
    /// Runs `program`, which must fail in some execution for the reason given.
    ///
    /// # Panics
    /// When it holds in all executions, or fails for another reason.
    pub fn must_fail(self, program: impl Fn() + Send + Sync + 'static) {
        let Self { name, complaint, .. } = self;
        let Outcome { executions, failure, .. } = explore(self.preemptions, program);
        let said = failure.unwrap_or_else(|| "nothing".to_owned());
        let caught = said.contains(complaint);
        note_mutant(&self, caught);
        assert!(caught, "{name} was to fail saying {complaint:?}, and {executions} executions said: {said}");
        println!("{name}: fails as it must, in execution {executions}");
    }
}

/// Every execution of `program`, up to the first that fails.
pub fn explore(preemptions: Option<usize>, program: impl Fn() + Send + Sync + 'static) -> Outcome {
    let (executions, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let count = executions.clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        builder(preemptions).check(move || {
            count.fetch_add(1, Relaxed);
            program();
        });
    }));
    let failure = outcome.err().map(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        said.unwrap_or_else(|| "a panic without words".to_owned())
    });
    Outcome { executions: executions.load(Relaxed), failure, millis: start.elapsed().as_millis() as u64 }
}

/// The environment may not cut a search short without a word, so every limit is set here.
fn builder(preemptions: Option<usize>) -> loom::model::Builder {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.max_branches = 100_000;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder
}
