//! Ways to get it wrong that people ship, each another implementation of a seam: of the statements that are sent, of the term of
//! a lease, or of a guard. Exploring the programs over them must find each.
//!
//! | file | what |
//! | --- | --- |
//! | `altered` | a database whose connections send other statements |
//! | `transactions` | messages joined under the lock, a lock in the statement that reads, a count that nobody looks at |
//! | `fences` | a lease without a fence, with one in another row, with one that does not change |
//! | `terms` | a lease that is relied on for too long |
//! | `looks` | a cache that is only notified, a read beside the lease, recovery by whoever looks |

mod altered;
mod fences;
mod looks;
mod terms;
mod transactions;

use std::time::Duration;

use lockyard_explore::{Explorer, Failure, Limits, Program, Report, RunTrace};

use crate::backend::shared::{AdvisoryLock, RowLock};

use super::programs::SharedProgram;
use super::server::{ModelCompareAndSet, ModelGuard, ModelLease};

use altered::AlteredDatabase;
use fences::{FenceInAnotherRow, SameEpoch, Unfenced};
use looks::{NotifiedCache, ReadBesideLease, RecoveryByLook};
use terms::{CountedFromAnswer, WithoutMargin};
use transactions::{IgnoredCount, JoinedUnderLock, LockedWhileReading};

/// One way to get it wrong, and the program that shows it.
pub struct SharedPitfall {
    /// Its name.
    pub name: &'static str,
    /// What is wrong, in a sentence.
    pub about: &'static str,
    /// The program that fails over it.
    pub program: SharedProgram,
    build: fn(SharedProgram) -> Build,
}

type Build = Box<dyn Fn(&mut Program)>;

const fn pitfall<G: ModelGuard>(
    name: &'static str,
    about: &'static str,
    program: SharedProgram,
) -> SharedPitfall {
    SharedPitfall { name, about, program, build: |program| Box::new(program.build::<G>()) }
}

/// Every one.
pub const SHARED_PITFALLS: &[SharedPitfall] = &[
    pitfall::<RowLock<AlteredDatabase<JoinedUnderLock>>>(
        "joined-under-lock",
        "messages are joined in the statement that locks the head row, by a snapshot from before its wait",
        SharedProgram::Writes,
    ),
    pitfall::<AdvisoryLock<AlteredDatabase<LockedWhileReading>>>(
        "lock-in-reading-statement",
        "an advisory lock is taken in the statement that reads, by a snapshot from before its wait",
        SharedProgram::Writes,
    ),
    pitfall::<ModelCompareAndSet<AlteredDatabase<IgnoredCount>>>(
        "ignored-count",
        "a compare-and-set that has changed no row is taken for one that has",
        SharedProgram::Writes,
    ),
    pitfall::<ModelLease<AlteredDatabase<Unfenced>>>(
        "unfenced-lease",
        "a write of a server that has lost its lease lands",
        SharedProgram::Writes,
    ),
    pitfall::<ModelLease<AlteredDatabase<FenceInAnotherRow>>>(
        "fence-in-another-row",
        "the epoch of a lease is looked up in another row than the write updates, by an older snapshot",
        SharedProgram::Writes,
    ),
    pitfall::<ModelLease<AlteredDatabase<SameEpoch>>>(
        "same-epoch",
        "after an unknown outcome a lease is taken again in the same epoch, and what was sent before lands",
        SharedProgram::LostConnection,
    ),
    pitfall::<ModelLease<super::ModelDatabase, CountedFromAnswer>>(
        "counted-from-answer",
        "the deadline of a lease is counted from the answer to what took or renewed it",
        SharedProgram::Renewal,
    ),
    pitfall::<ModelLease<super::ModelDatabase, WithoutMargin>>(
        "without-margin",
        "a lease is relied on until it expires by a clock that is behind the database's",
        SharedProgram::Writes,
    ),
    pitfall::<NotifiedCache>(
        "notified-cache",
        "a cached copy is read until the server is notified of the change",
        SharedProgram::Writes,
    ),
    pitfall::<ReadBesideLease>(
        "read-beside-lease",
        "a server that has not the lease reads from the database, ahead of the memory of the one that has it",
        SharedProgram::Readers,
    ),
    pitfall::<RecoveryByLook>(
        "recovery-by-look",
        "a look at a session ends the turn that is at work on another server",
        SharedProgram::Looks,
    ),
];

impl SharedPitfall {
    /// Searches for its failure.
    pub fn search(&self, limits: Limits) -> Report {
        self.program.explorer(limits).search(&(self.build)(self.program))
    }

    /// Its failure with the fewest operations and switches that is found in so long.
    pub fn shrink(&self, failure: &Failure, budget: Duration) -> Failure {
        self.explorer().shrink(failure, budget, &(self.build)(self.program))
    }

    /// What happens in a failure, step by step.
    pub fn trace(&self, failure: &Failure) -> RunTrace {
        self.explorer().trace(&failure.schedule, &(self.build)(self.program))
    }

    fn explorer(&self) -> Explorer {
        self.program.explorer(Limits::default())
    }
}
