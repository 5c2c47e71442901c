//! Why a run ends before all its tasks have, or fails when they have.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::failure::{Cause, FailureKind};
use super::run_state;
use super::schedule::Move;

/// Why a run did not come to a good end.
pub(super) enum Stopped {
    Pruned,
    Failed(Box<Cause>),
}

impl Stopped {
    pub(super) fn failed(kind: FailureKind, source: &str, message: impl Into<String>) -> Self {
        Self::Failed(Box::new(Cause::new(kind, source, message.into())))
    }
}

/// Why a run ends that was ended by what is explored: as no program for it, or by a part that watches its callers.
pub(super) fn reported() -> Stopped {
    let (refusal, failure) = run_state::with(|state| (state.guest.refusal.take(), state.failure.take()));
    match refusal {
        Some(reason) => Stopped::failed(FailureKind::BadProgram, "refused", reason),
        None => Stopped::failed(FailureKind::Violation, "reported", failure.unwrap_or_default()),
    }
}

/// What a panic has said.
pub(super) fn said(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<String>().cloned();
    let said = said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    said.unwrap_or_else(|| "a panic without words".to_owned())
}

/// Asks a property. One that panics is broken, and says nothing of the program; the run has failed all the same.
pub(super) fn ask<R>(
    source: &str,
    nth: usize,
    check: impl FnOnce() -> Result<R, String>,
) -> Result<R, Stopped> {
    match catch_unwind(AssertUnwindSafe(check)) {
        Ok(answer) => answer.map_err(|violated| {
            Stopped::failed(FailureKind::Violation, &format!("{source} {nth}"), violated)
        }),
        Err(panic) => {
            let message = format!("a property has panicked: {}", said(&*panic));
            Err(Stopped::failed(FailureKind::Panic, &format!("{source} {nth}"), message))
        }
    }
}

pub(super) fn too_many(tasks: usize, most: usize) -> String {
    format!("the program has {tasks} tasks, and the explorer takes {most} at most")
}

pub(super) fn not_enabled(kind: FailureKind, depth: usize, known: Move) -> Stopped {
    match kind {
        FailureKind::BadSchedule => {
            let message =
                format!("schedule does not match this model: step {depth}, {known}, is not enabled");
            Stopped::failed(kind, "schedule", message)
        }
        _ => differs(depth, "could not be made again"),
    }
}

/// The same schedule has not led to the same steps.
pub(super) fn differs(depth: usize, how: &str) -> Stopped {
    let message = format!(
        "the program is not deterministic: step {depth} of the same schedule {how}. Something besides the schedule decides, \
         such as the start branch of `select!` without `biased`, the order of a `HashMap`, or time"
    );
    Stopped::failed(FailureKind::Nondeterminism, "determinism", message)
}
