//! A program of sessions that is written down while it runs, for the checks that judge what was written.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use lockyard_explore::Program;

use super::alarm::Detection;
use super::cast::PitfallProgram;
use super::notes::{Left, OperationLog, history, hold};

/// A cast, its notes, and what is left when all have ended.
pub(super) struct Fixture {
    cast: PitfallProgram,
    notes: OperationLog,
    /// Memory and store, when all has been saved.
    left: LocalBoxFuture<'static, (Left, Left)>,
}

impl Fixture {
    pub(super) fn new(
        cast: PitfallProgram,
        notes: OperationLog,
        left: impl Future<Output = (Left, Left)> + 'static,
    ) -> Self {
        Self { cast, notes, left: left.boxed_local() }
    }

    /// Every order of it, by both checks.
    pub(super) fn explore(self, program: &mut Program) {
        let Self { cast, notes, left } = self;
        let check = async move {
            let recording = notes.recording();
            history(&recording)?;
            let (memory, store) = left.await;
            hold(&recording, &memory, &store)
        };
        cast.finally(check).explore(program);
    }

    /// One run of it: was there an order?
    #[track_caller]
    pub(super) fn history(self) -> Option<Detection> {
        let Self { cast, notes, .. } = self;
        Detection::unless("not linearizable", cast.finally(async move { history(&notes.recording()) }).play())
    }

    /// One run of it: does what is left behind agree with what was answered?
    #[track_caller]
    pub(super) fn invariants(self) -> Option<Detection> {
        let Self { cast, notes, left } = self;
        let check = async move {
            let (memory, store) = left.await;
            hold(&notes.recording(), &memory, &store)
        };
        Detection::unless("invariant", cast.finally(check).play())
    }
}
