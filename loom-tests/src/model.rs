//! Running a model: every execution there is, or every one within a bound, and how many that were.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How far a model is explored, and how far at least.
#[derive(Clone, Copy)]
pub struct Model {
    /// What it is called in the output.
    pub name: &'static str,
    /// How often an execution may take a thread off that could go on. `None`: as often as it likes, so the search is
    /// exhaustive.
    pub preemptions: Option<usize>,
    /// Fewer executions than this mean that loom has stopped seeing something.
    pub at_least: u64,
}

impl Model {
    /// Runs `program` once for every execution, and prints how many there were.
    ///
    /// # Panics
    /// As `program` does in some execution; when threads wait for each other; when there were too few executions.
    pub fn check(self, program: impl Fn() + Send + Sync + 'static) {
        let executions = Arc::new(AtomicU64::new(0));
        let count = executions.clone();
        self.builder().check(move || {
            count.fetch_add(1, Relaxed);
            program();
        });
        let Self { name, at_least, .. } = self;
        let executions = executions.load(Relaxed);
        println!("{name}: {executions} executions, {}", self.extent());
        assert!(executions >= at_least, "{name}: {executions} executions, expected at least {at_least}");
    }

    fn extent(&self) -> String {
        match self.preemptions {
            None => "exhaustive".to_owned(),
            Some(bound) => format!("bounded by {bound} preemptions"),
        }
    }

    /// The environment may not cut a search short without a word, so every limit is set here.
    fn builder(&self) -> loom::model::Builder {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = self.preemptions;
        builder.max_branches = 100_000;
        builder.max_permutations = None;
        builder.max_duration = None;
        builder
    }
}

/// Runs the broken twin of a model, which must fail in some execution, saying `complaint`.
///
/// # Panics
/// When it holds in all executions, or fails for another reason.
pub fn must_fail(
    name: &str,
    preemptions: Option<usize>,
    complaint: &str,
    program: impl Fn() + Send + Sync + 'static,
) {
    let executions = Arc::new(AtomicU64::new(0));
    let count = executions.clone();
    let model = Model { name: "", preemptions, at_least: 0 };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        model.builder().check(move || {
            count.fetch_add(1, Relaxed);
            program();
        });
    }));
    let Err(panic) = outcome else { panic!("{name}: broken, and nobody noticed") };
    let said = panic.downcast_ref::<String>().cloned();
    let said = said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default();
    assert!(said.contains(complaint), "{name}: failed for another reason: {said}");
    println!("{name}: fails as it must, in execution {}", executions.load(Relaxed));
}
