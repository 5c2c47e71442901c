//! A lock itself under the explorer: its own code, its waiters and its wakers, in every order.
//!
//! What is explored over [model locks](crate::ModelLocks) assumes that the real one does as its model. Here the real
//! one runs as a [guest](crate::guest): tasks that ask for it, are inside for a step, and leave, some of them
//! cancelled or never polled again, wherever they stand.

mod attempt;
mod report;
mod request_waker;

use std::any::type_name;
use std::marker::PhantomData;
use std::panic::Location;
use std::time::Duration;

use lockyard_lock::AwaitFamily;

use crate::explorer::{Explorer, Limits};
use crate::failure::{Failure, FailureKind};
use crate::guest;
use crate::place::Place;
use crate::proof::{Proof, Unsound};
use crate::schedule::{Schedule, ScheduleError};
use crate::setting::Setting;

pub use report::{LockFailure, LockReport};

/// So often a search begins anew that a clock has disturbed.
const SEARCHES: u32 = 5;

/// A counterexample is made small for so long.
const SHRINKING: Duration = Duration::from_secs(1);

/// Tries the lock of a family in every order: see [`LockExploration`].
///
/// ```
/// use lockyard_lock::TokioRwLock;
///
/// let report = lockyard_explore::lock::<TokioRwLock>().run();
/// assert!(report.holds(), "{report}");
/// println!("{report}"); // tokio-rwlock: no violation in … schedules (exhaustive)
/// ```
pub fn lock<F: AwaitFamily>() -> LockExploration<F> {
    LockExploration { tasks: 3, cancels: 2, stalls: 1, limits: Limits::default(), family: PhantomData }
}

/// How a lock is tried.
///
/// Tasks that read or write, in every combination, ask for one lock. Checked in every schedule are exclusion, the
/// order that the family's [`Policy`](lockyard_lock::Policy) promises, that no wake-up is lost, and that the lock is
/// free when all have left. A waiter is polled again only when its waker was woken, and twice in vain at most before
/// something else happens. Without more to say, three tasks are tried, of which two may be cancelled and one may
/// never be polled again.
///
/// # What is not seen
///
/// - **Two threads within one poll**, and memory orderings: a poll is one step. That is for loom.
/// - **Panics** of holders: those are tried by [the contract](lockyard_lock::contract).
/// - **Locks that block** their thread, since their polls do not return: they are no [`AwaitFamily`], and do not
///   compile here.
/// - **What a clock decides**, as that a waiter has starved. Where that changes what a schedule leads to, the search
///   begins anew some times, and else ends as [unsound](crate::Unsound::Nondeterministic), which is no failure of the
///   lock.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is run"]
pub struct LockExploration<F> {
    tasks: usize,
    cancels: u32,
    stalls: u32,
    limits: Limits,
    family: PhantomData<fn() -> F>,
}

impl<F: AwaitFamily> LockExploration<F> {
    /// So many tasks.
    pub fn tasks(self, tasks: usize) -> Self {
        Self { tasks, ..self }
    }

    /// So many of them are cancelled at most.
    pub fn cancels(self, cancels: u32) -> Self {
        Self { cancels, ..self }
    }

    /// So many of them are never polled again, at most.
    pub fn stalls(self, stalls: u32) -> Self {
        Self { stalls, ..self }
    }

    /// How far each combination of tasks is searched. A search that reaches a limit is reported as bounded.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Runs every schedule, up to the first that fails.
    #[track_caller]
    pub fn run(&self) -> LockReport {
        let (place, explorer) = (Location::caller(), self.explorer());
        let mut report = LockReport {
            family: F::NAME,
            schedules: 0,
            proof: Proof::Exhaustive { assumption: None },
            failure: None,
        };
        // Tasks that ask for the same are alike, and each may be the first to ask: how many write is all that differs.
        for writers in 0..=self.tasks {
            let writes: Vec<_> = (0..self.tasks).map(|task| task < writers).collect();
            let program = attempt::program::<F>(&writes, place);
            let mut searched = explorer.search(&program);
            for _ in 0..SEARCHES {
                if searched.unsound != Some(Unsound::Nondeterministic) {
                    break;
                }
                searched = explorer.search(&program);
            }
            report.schedules += searched.schedules();
            let is_of_the_lock = |failure: &&Failure| failure.kind != FailureKind::Nondeterminism;
            if let Some(failure) = searched.failure.as_ref().filter(is_of_the_lock) {
                let small = explorer.shrink(failure, SHRINKING, &program);
                report.failure = Some(self.failure_of(&writes, small, place));
            }
            if !searched.exhaustive() {
                report.proof = searched.proof();
            }
            if report.failure.is_some() {
                break;
            }
        }
        report
    }

    /// Runs every schedule.
    ///
    /// # Panics
    /// With a counterexample if the lock does not keep what its family promises, and if not every schedule was tried.
    #[track_caller]
    pub fn check(&self) {
        let report = self.run();
        assert!(report.holds(), "{report}");
    }

    /// Runs one schedule, as a [`LockFailure`] has it; how it fails, if it does.
    ///
    /// # Errors
    /// If it is not written as one.
    #[track_caller]
    pub fn replay(&self, run: &str) -> Result<Option<LockFailure>, ScheduleError> {
        let (tasks, schedule) = run.split_once('/').unwrap_or(("", run));
        let schedule: Schedule = schedule.parse()?;
        let (place, explorer) = (Location::caller(), self.explorer());
        let writes: Vec<_> = tasks.chars().map(|task| task == 'w').collect();
        let failure = explorer.replay(&schedule, &attempt::program::<F>(&writes, place));
        Ok(failure.map(|failure| self.failure_of(&writes, failure, place)))
    }

    fn explorer(&self) -> Explorer {
        let setting = Setting { cancels: self.cancels, stalls: self.stalls, ..Setting::default() };
        Explorer { limits: self.limits.clone(), ..guest::explorer(setting) }
    }

    fn failure_of(&self, writes: &[bool], failure: Failure, place: Place) -> LockFailure {
        let trace = self.explorer().trace(&failure.schedule, &attempt::program::<F>(writes, place));
        let tasks = writes.iter().map(|write| if *write { 'w' } else { 'r' }).collect();
        LockFailure { family: type_name::<F>(), tasks, failure, trace }
    }
}
