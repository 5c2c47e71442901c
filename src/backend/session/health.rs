//! Whether the store takes writes, as the last one shows: for those who ask whether the server is ready, and said once in the
//! log rather than for every session.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::backend::store::StoreError;

use super::env::Short;
use super::error::SessionError;

/// Why the store takes no writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFailure {
    /// How many writes have failed since the last one that did not.
    pub failures: u64,
    /// What the store said last.
    pub cause: StoreError,
}

/// What the last writes have shown. Nobody waits for it: it is entered for a few instructions, and on the way of writes that
/// succeed it is only looked at.
pub(in crate::backend) struct StoreHealth<S> {
    /// Whether there is a failure. It orders nothing: who comes at the same moment may be told the one or the other.
    is_failing: AtomicBool,
    failure: S,
}

impl<S: Short<Option<StoreFailure>>> StoreHealth<S> {
    pub(in crate::backend) fn new() -> Self {
        Self { is_failing: AtomicBool::new(false), failure: Short::new(None) }
    }

    /// Notes how a write has ended.
    pub(in crate::backend) fn note<T>(&self, outcome: &Result<T, SessionError>) {
        match outcome {
            Err(SessionError::Store { source, .. } | SessionError::Index(source)) => {
                self.note_failure(source);
            }
            Ok(_) if self.is_failing.load(Relaxed) => self.note_recovery(),
            _ => {}
        }
    }

    #[cold]
    fn note_failure(&self, error: &StoreError) {
        // Said once for each cause: every session that is unsaved would say it again with every auto-save.
        let (failures, is_new) = self.failure.with(|failure| {
            let failures = failure.as_ref().map_or(1, |it| it.failures + 1);
            let is_new = failure.as_ref().is_none_or(|it| it.cause != *error);
            *failure = Some(StoreFailure { failures, cause: error.clone() });
            self.is_failing.store(true, Relaxed);
            (failures, is_new)
        });
        if is_new {
            tracing::error!(failures, %error, "a write failed; while they fail for this reason, they are only counted");
        }
    }

    #[cold]
    fn note_recovery(&self) {
        let ended = self.failure.with(|failure| {
            self.is_failing.store(false, Relaxed);
            failure.take()
        });
        if let Some(StoreFailure { failures, .. }) = ended {
            tracing::warn!(failures, "the store takes writes again");
        }
    }

    /// Why the store takes no writes, if the last one has failed.
    pub(in crate::backend) fn failure(&self) -> Option<StoreFailure> {
        if self.is_failing.load(Relaxed) { self.failure.with(|failure| failure.clone()) } else { None }
    }
}
