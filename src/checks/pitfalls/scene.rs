//! A program of sessions that is written down while it runs, for the checks that judge what was written.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use lockyard_explore::Program;

use super::alarm::Alarm;
use super::cast::Cast;
use super::notes::{Left, Notes, history, hold};

/// A cast, its notes, and what is left when all have ended.
pub(super) struct Scene {
    cast: Cast,
    notes: Notes,
    /// Memory and store, when all has been saved.
    left: LocalBoxFuture<'static, (Left, Left)>,
}

impl Scene {
    pub(super) fn new(cast: Cast, notes: Notes, left: impl Future<Output = (Left, Left)> + 'static) -> Self {
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
    pub(super) fn history(self) -> Option<Alarm> {
        let Self { cast, notes, .. } = self;
        Alarm::unless("not linearizable", cast.finally(async move { history(&notes.recording()) }).play())
    }

    /// One run of it: does what is left behind agree with what was answered?
    #[track_caller]
    pub(super) fn invariants(self) -> Option<Alarm> {
        let Self { cast, notes, left } = self;
        let check = async move {
            let (memory, store) = left.await;
            hold(&notes.recording(), &memory, &store)
        };
        Alarm::unless("invariant", cast.finally(check).play())
    }
}
