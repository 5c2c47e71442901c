//! A program of sessions that is written down while it runs, for the checks that judge what was written.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use lockyard_explore::Program;

use super::detection::Detection;
use super::operation_log::{Left, OperationLog, history, hold};
use super::program::PitfallProgram;

/// A program, the log of its operations, and the sessions that are there when all tasks have ended.
pub(super) struct Fixture {
    program: PitfallProgram,
    log: OperationLog,
    /// Memory and store, when all has been saved.
    left: LocalBoxFuture<'static, (Left, Left)>,
}

impl Fixture {
    pub(super) fn new(
        program: PitfallProgram,
        log: OperationLog,
        left: impl Future<Output = (Left, Left)> + 'static,
    ) -> Self {
        Self { program, log, left: left.boxed_local() }
    }

    /// Every order of it, by both checks.
    pub(super) fn explore(self, explored: &mut Program) {
        let Self { program, log, left } = self;
        let check = async move {
            let recording = log.recording();
            history(&recording)?;
            let (memory, store) = left.await;
            hold(&recording, &memory, &store)
        };
        program.finally(check).explore(explored);
    }

    /// One run of it: was there an order?
    #[track_caller]
    pub(super) fn history(self) -> Option<Detection> {
        let Self { program, log, .. } = self;
        Detection::unless(
            "not linearizable",
            program.finally(async move { history(&log.recording()) }).play(),
        )
    }

    /// One run of it: does what is left behind agree with what was answered?
    #[track_caller]
    pub(super) fn invariants(self) -> Option<Detection> {
        let Self { program, log, left } = self;
        let check = async move {
            let (memory, store) = left.await;
            hold(&log.recording(), &memory, &store)
        };
        Detection::unless("invariant", program.finally(check).play())
    }
}
