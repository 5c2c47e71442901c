//! A lock family as something that is measured: the subject of its cells, and the costs that are in none.

use lockyard_lock::TryFamily;
use tokio::runtime::Runtime;

use crate::random::Random;
use crate::record::{GrantOrder, LockSummary};
use crate::subject::Subject;

use super::costs::{self, Contention};
use super::system::LockAlone;
use super::workload::LockLoop;

/// A lock that is measured alone.
#[derive(Clone)]
pub struct MeasuredLock {
    pub(super) subject: Subject<LockLoop>,
    /// What is known of it before anything is measured, costs not among it.
    pub(super) known: LockSummary,
    pub(super) handovers: fn(&Runtime, Contention) -> Option<Vec<u64>>,
    pub(super) cancellations: fn(&mut Random) -> Option<Vec<u64>>,
}

impl MeasuredLock {
    /// That of a family, with what it is in a few words. Its own name is that of the subject.
    #[must_use]
    pub fn of<F: TryFamily>(about: &str) -> Self {
        let declared = Subject::new(F::NAME, |setup| Ok(LockAlone::<F>::new(setup.workload())))
            .factor("lock", F::NAME)
            .about(about);
        // What it gains over the exclusive lock of the same library is what it does for readers.
        let declared = match F::NAME.strip_suffix("-rwlock") {
            Some(library) => declared.compared_with(format!("{library}-mutex")),
            None => declared,
        };
        let (inline_bytes, heap_bytes) = costs::bytes::<F>();
        let known = LockSummary {
            name: F::NAME.to_owned(),
            order: GrantOrder::from(F::POLICY),
            shared_reads: F::SHARED_READS,
            copy_on_write: F::COPY_ON_WRITE,
            blocks: F::BLOCKS,
            inline_bytes,
            heap_bytes,
            handover_ns: None,
            handover_of_two_ns: None,
            cancel_ns: None,
        };
        let (handovers, cancellations) = (costs::handovers::<F>, costs::cancellations::<F>);
        Self { subject: declared.into(), known, handovers, cancellations }
    }

    /// The name that records and reports use.
    #[must_use]
    pub fn name(&self) -> &str {
        self.subject.name()
    }
}

macro_rules! measured {
    ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => {
        vec![$(MeasuredLock::of::<lockyard_lock::$family>($about)),*]
    };
}

/// Every lock family of `lockyard-lock`, the baseline first.
#[must_use]
pub fn built_in() -> Vec<MeasuredLock> {
    lockyard_lock::for_each_lock!(measured)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lockyard_lock::LockFamily;

    use super::*;

    #[test]
    fn every_family_is_there_once_and_the_async_mutex_is_the_baseline() {
        let names: Vec<_> = built_in().iter().map(|lock| lock.name().to_owned()).collect();
        assert_eq!(names[0], lockyard_lock::TokioMutex::NAME);
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        assert!(names.len() >= 10, "{names:?}");
    }

    #[test]
    fn a_read_write_lock_is_held_against_the_mutex_of_its_library() {
        let all = built_in();
        let lock = all.iter().find(|lock| lock.name() == lockyard_lock::TokioRwLock::NAME).unwrap();
        assert_eq!(lock.subject.is_compared_with(), Some(lockyard_lock::TokioMutex::NAME));
    }
}
