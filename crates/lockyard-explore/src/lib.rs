//! **Is there an order of events in which this goes wrong?** Every interleaving of a small async program: an executor
//! that decides, at each await, which task resumes.
//!
//! One thread polls the program's tasks one step at a time, a step reaching from one await to the next. Which task
//! resumes is a choice, and so is whether a task is cancelled there, whether it is stalled (never polled again), and whether
//! an external call fails. The explorer runs the program once for every sequence of choices, or once for each trace of them
//! (see [`Reduction`]), and checks the program's properties.
//!
//! [`Explorer::search_parallel`] does that on several threads, and comes to the same.
//!
//! The program is any code over the [`ModelLocks`] locks, or over real ones that are polled as [guests](guest). Whatever else its tasks share reports its accesses by a
//! [`Shared`]: tables, atomic words, calls of something outside that may fail.
//!
//! ```
//! use std::sync::Arc;
//! use lockyard_explore::{Explorer, ModelLocks, Setting};
//! use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock};
//!
//! static COUNTER: LockClass = LockClass::new("counter");
//!
//! /// Reads, and writes what it has read: two locks where one would be right.
//! async fn increment<F: LockFamily>(counter: Arc<LockOf<F, u32>>) {
//!     let seen = *counter.read().await;
//!     *counter.write().await = seen + 1;
//! }
//!
//! let report = Explorer::new(Setting::default()).search(&|program| {
//!     let counter: Arc<LockOf<ModelLocks, u32>> = Arc::new(SharedLock::new(&COUNTER, 0));
//!     for name in ["one", "other"] {
//!         program.task(name).op("increment", increment::<ModelLocks>(counter.clone())).done();
//!     }
//!     program.at_end(move |_| match lockyard_explore::look(async { *counter.read().await })? {
//!         2 => Ok(()),
//!         count => Err(format!("two increments have made {count}")),
//!     });
//! });
//! let failure = report.failure.expect("one increment is lost");
//! assert_eq!(failure.message, "two increments have made 1");
//! println!("{}", failure.schedule); // such as 0.3x1.2x0
//! ```
//!
//! | item | what |
//! | --- | --- |
//! | [`Explorer`], [`Limits`], [`Report`] | what to search, how far, and what came of it |
//! | [`Proof`], [`Unsound`] | what it is worth that nothing failed |
//! | [`Program`], [`RunEnd`], [`marks`] | tasks, operations, properties; when operations were invoked and answered |
//! | [`Reduction`] | which equivalent schedules are left out |
//! | [`Random`] | schedules at random |
//! | [`point()`], [`point_at`], [`sleep`], [`spawn`], [`fail`] | steps of a task beside its locks |
//! | [`Schedule`] | a run as text, to be replayed |
//! | [`Setting`], [`LockModel`], [`ModelLocks`] | which locks follow which rules; the rules; the locks |
//! | [`Shared`] | how a part of your own says what it does |
//! | [`guest`] | real locks and channels instead of models, polled step by step; tasks, a clock and choices of their own |
//! | [`lock()`], [`LockExploration`], [`LockReport`] | a lock's own code, its waiters and wakers, in every order |
//! | [`Failure`], [`RunTrace`] | a failure, minimized; and drawn |
//!
//! # What is not seen
//!
//! - **Within a step** no other task runs. On several threads another can, unless the step only locks before it
//!   only unlocks (Lipton, "Reduction", 1975). Steps that do otherwise are reported: [`Report::coarse`].
//! - **Atomics and third-party locks** are no steps, and no part of what a reduction knows of a step. A task that waits for
//!   one is noticed, and the search is [unsound](Unsound::ForeignWait). An uncontended one, as an atomic, is noticed only
//!   if a random schedule comes to something that the [reduced search](Reduction) has not seen; what no schedule of awaits
//!   shows is not.
//! - **Cells behind a read guard**: what a reader changes there is seen by nobody, as a read that ends with its step is no change
//!   even of a lock that keeps other readers out.
//! - **What else decides.** The branch that an unbiased `select!` polls first, the order of a `HashMap`, time, threads: where the
//!   same schedule does not lead to the same steps, the failure is of kind [`Nondeterminism`](FailureKind::Nondeterminism). It is
//!   noticed by what steps touch and what can go on after them, not by values.
//! - **A poll that never returns**, such as of a blocking lock that is not free: the search hangs with it, unless a wrapper
//!   [refuses](guest::refuse) it.
//! - **Memory order**: every write is visible to all tasks at once. That is for loom.
//! - A stalled waiter keeps its place in a queue, but an unfair model lock skips it: a wake-up that is lost with such a
//!   waiter is not seen.

mod checked_search;
mod choice;
#[cfg(test)]
mod conformance;
mod cross_check;
mod enabled;
mod execute;
mod explorer;
mod failure;
mod fault;
mod footprint;
pub mod guest;
mod history;
mod lock_exploration;
mod lock_state;
mod looks;
mod model_lock;
mod next_step;
mod note;
mod noting;
mod operations;
mod outcomes;
mod parallel;
mod place;
mod planned_task;
mod program;
mod proof;
mod quiet;
mod random;
mod report;
mod run;
mod run_state;
mod schedule;
mod scheduler;
mod search;
mod sequential;
mod setting;
mod shared;
mod shrink;
mod step;
mod stopped;
mod stuck;
mod threads;
mod trace;
mod traversal;
mod wake;
mod yield_point;
mod yield_points;

pub use explorer::{Explorer, Limits};
pub use failure::{Failure, FailureKind};
pub use fault::InjectedFault;
pub use history::{EventKind, OperationEvent};
pub use lock_exploration::{LockExploration, LockFailure, LockReport, lock};
pub use lock_state::LockModel;
pub use model_lock::{ModelLock, ModelLocks, ModelRead, ModelWrite};
pub use noting::annotate;
pub use place::CoarseStep;
pub use program::{Program, ResultCell, RunEnd, TaskPlan, Violated, look};
pub use proof::{ASSUMPTION, Proof, Unsound};
pub use random::Random;
pub use report::Report;
pub use run_state::{fail, marks, spawn};
pub use schedule::{Move, MoveKind, Schedule, ScheduleError};
pub use search::Reduction;
pub use setting::Setting;
pub use shared::Shared;
pub use trace::RunTrace;
pub use yield_point::{point, point_as, point_at, sleep};

/// The first example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
