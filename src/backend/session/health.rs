//! Whether the store takes writes, as the last one shows: for those who ask whether the server is ready, and said once in the
//! log rather than for every session.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::Mutex;

use crate::backend::store::StoreError;

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
#[derive(Default)]
pub(super) struct StoreHealth {
    /// Whether there is a failure. It orders nothing: who comes at the same moment may be told the one or the other.
    is_failing: AtomicBool,
    failure: Mutex<Option<StoreFailure>>,
}

impl StoreHealth {
    /// Notes how a write has ended.
    pub(super) fn note<T>(&self, outcome: &Result<T, StoreError>) {
        match outcome {
            Ok(_) if !self.is_failing.load(Relaxed) => {}
            Ok(_) => {
                let ended = self.failure.lock().take();
                self.is_failing.store(false, Relaxed);
                if let Some(StoreFailure { failures, .. }) = ended {
                    tracing::warn!(failures, "the store takes writes again");
                }
            }
            Err(error) => self.note_failure(error),
        }
    }

    #[cold]
    fn note_failure(&self, error: &StoreError) {
        let mut failure = self.failure.lock();
        let failures = failure.as_ref().map_or(1, |it| it.failures + 1);
        // Said once for each cause: every session that is unsaved would say it again with every auto-save.
        if failure.as_ref().is_none_or(|it| it.cause != *error) {
            tracing::error!(failures, %error, "a write failed; while they fail for this reason, they are only counted");
        }
        *failure = Some(StoreFailure { failures, cause: error.clone() });
        self.is_failing.store(true, Relaxed);
    }

    /// Why the store takes no writes, if the last one has failed.
    pub(super) fn failure(&self) -> Option<StoreFailure> {
        if self.is_failing.load(Relaxed) { self.failure.lock().clone() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_until_a_write_succeeds() {
        let health = StoreHealth::default();
        let full = StoreError::Failed { operation: "put", reason: "no space".to_owned() };
        health.note(&Ok(()));
        assert_eq!(health.failure(), None);
        health.note::<()>(&Err(full.clone()));
        health.note::<()>(&Err(full.clone()));
        assert_eq!(health.failure(), Some(StoreFailure { failures: 2, cause: full.clone() }));
        health.note(&Ok(()));
        assert_eq!(health.failure(), None);
        health.note::<()>(&Err(full.clone()));
        assert_eq!(health.failure(), Some(StoreFailure { failures: 1, cause: full }));
    }
}
