//! Every interleaving of a small async program: an executor that decides, at each await, who goes on.
//!
//! One thread polls the program's tasks one step at a time, a step reaching from one await to the next. Which task goes
//! on is a choice, and so is whether a task is dropped where it stands, whether nobody polls it any more, and whether a
//! call of the store fails. The explorer runs the program once for every sequence of choices, or once for each trace of
//! them (see [`Reduction`]), and looks whether the program's properties hold.
//!
//! The program is the production source of [`session`](crate::session) and [`service`](crate::service) over
//! [`ModelEnv`], or any code over the [`Model`] locks.
//!
//! ```
//! use std::sync::Arc;
//! use lockyard::explore::{Explorer, Model, Setting};
//! use lockyard::lock::{LockClass, LockFamily, LockOf, SharedLock};
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
//!     let counter: Arc<LockOf<Model, u32>> = Arc::new(SharedLock::new(&COUNTER, 0));
//!     for name in ["one", "other"] {
//!         program.task(name).op("increment", increment::<Model>(counter.clone())).done();
//!     }
//!     program.at_end(move |_| match lockyard::explore::look(async { *counter.read().await })? {
//!         2 => Ok(()),
//!         count => Err(format!("two increments have made {count}")),
//!     });
//! });
//! let failure = report.failure.expect("one increment is lost");
//! assert_eq!(failure.message, "two increments have made 1");
//! println!("{}", failure.schedule); // such as 0.3x1.2x0
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `explorer` | what to search, and what came of it |
//! | `program`, `history` | tasks, operations, properties; when operations were asked and answered |
//! | `search`, `footprint` | depth-first with sleep sets, and which steps may change places |
//! | `random` | schedules at random |
//! | `execute`, `run` | one run after another; one run, step by step |
//! | `world`, `point`, `stuck` | what the parts of a run share; where a task stops; why nobody can go on |
//! | `schedule` | a run as text |
//! | `setting`, `desk`, `lock` | which locks follow which rules; the rules; the locks |
//! | `env`, `cache`, `store` | the back end of the session manager |
//! | `shared` | how a part from elsewhere tells what it does |
//! | `shrink`, `lanes`, `page` | a failure made small, and drawn |
//!
//! # What is not seen
//!
//! - **Within a step** nobody comes in between. On several threads somebody can, unless the step only takes before it
//!   only lets go (Lipton, "Reduction", 1975). Steps that do otherwise are reported: [`Report::coarse`].
//! - **Atomics and other people's locks** are no steps. Who waits for one is noticed: [`Report::blind`]. A published
//!   state word is looked at in the same step as the cache.
//! - **Memory order**: everything is seen at once by all. That is for loom.
//! - A cache from the shelf is one step a call here, whatever it does inside or in the background.
//! - A waiter that is left keeps its place in a queue, but an unfair model lock passes it by: a wake-up that is lost with
//!   such a waiter is not seen.

mod cache;
#[cfg(test)]
mod conformance;
mod desk;
mod env;
mod execute;
mod explorer;
mod footprint;
mod history;
mod lanes;
mod lock;
mod note;
mod page;
mod point;
mod program;
mod random;
mod run;
mod schedule;
mod search;
mod setting;
mod shared;
mod shrink;
mod store;
mod stuck;
mod world;

pub use cache::ModelCache;
pub use desk::LockModel;
pub use env::{ModelClock, ModelEnv, ModelShort, ModelTie, numbered};
pub use execute::FailureKind;
pub use explorer::{Explorer, Failure, Limits, Report};
pub use history::{Mark, MarkKind, marks};
pub use lanes::{Held, Lanes, Row};
pub use lock::{Model, ModelLock, ModelRead, ModelWrite};
pub use point::point;
pub use program::{Complaint, End, Program, TaskPlan, Told, look};
pub use random::Random;
pub use schedule::{Move, MoveKind, Schedule, ScheduleError};
pub use search::Reduction;
pub use setting::{CacheModel, Setting};
pub use shared::Shared;
pub use store::ModelStore;
pub use world::{CoarseStep, fail};
