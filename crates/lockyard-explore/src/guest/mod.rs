//! **Real code under the explorer**: what a drop-in for an async runtime needs so that real futures run over real locks,
//! semaphores and channels, step by step. Nothing is modelled: fairness, cancellation and errors are those of the real thing.
//!
//! A *guest* is such code. Its wrappers have one [`Shared`](super::Shared) for each thing that tasks share, and poll the real
//! thing by a [`Turn`]: that makes it a step before its first poll, and another each time it was woken.
//!
//! ```
//! use std::panic::Location;
//! use std::pin::pin;
//! use std::sync::Arc;
//!
//! use lockyard_explore::guest::{self, Holding, Turn};
//! use lockyard_explore::{FailureKind, Setting, Shared, point};
//!
//! /// A real lock, and how it is reported.
//! struct Mutex<T>(tokio::sync::Mutex<T>, Shared);
//!
//! impl<T> Mutex<T> {
//!     fn new(value: T) -> Self {
//!         Self(tokio::sync::Mutex::new(value), Shared::new("mutex"))
//!     }
//!
//!     #[track_caller]
//!     fn lock(&self) -> impl Future<Output = (tokio::sync::MutexGuard<'_, T>, Holding)> {
//!         let place = Location::caller();
//!         async move {
//!             let mut turn = Turn::lock(&self.1, "write", true, place);
//!             let mut real = pin!(self.0.lock());
//!             let guard = std::future::poll_fn(|context| turn.poll(context, |context| real.as_mut().poll(context))).await;
//!             (guard, Holding::new(&self.1, "write", true, place))
//!         }
//!     }
//! }
//!
//! let report = guest::explorer(Setting::default()).search(&|program| {
//!     let (a, b) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
//!     let main = async move {
//!         point().await;
//!         let (its_a, its_b) = (a.clone(), b.clone());
//!         guest::spawn("other", async move {
//!             let _a = its_a.lock().await;
//!             let _b = its_b.lock().await;
//!         });
//!         let _b = b.lock().await;
//!         let _a = a.lock().await;
//!     };
//!     program.task("main").op("main", main).done();
//! });
//! let failure = report.failure.expect("they wait for each other");
//! assert_eq!(failure.kind, FailureKind::Deadlock);
//! assert_eq!(failure.edges.len(), 2);
//! ```
//!
//! | item | what |
//! | --- | --- |
//! | [`explorer`] | a search that is right for guests: every schedule |
//! | [`is_on`], [`run_number`], [`task`] | whether a step is at work, of which run and task |
//! | [`Turn`], [`Holding`] | an operation, as steps; who holds what |
//! | [`spawn`], [`abort`], [`TaskEnd`] | tasks, and their ends |
//! | [`now`], [`Timer`] | the virtual clock |
//! | [`choose`] | a choice within a step |
//! | [`refuse`] | what cannot be explored |
//! | [`LockOrder`] | which locks were held when others were asked for |
//!
//! # What is not seen
//!
//! - **What is not wrapped.** A task that waits for it is noticed, and the search is [unsound](super::Unsound::ForeignWait).
//! - **Atomics, blocking locks that are free, a `RefCell`** are no part of what [sleep sets](super::Reduction::SleepSets) know
//!   of a step, so an [`explorer`] for guests runs every schedule. With sleep sets a failure that only such accesses bring
//!   about may be missed, unless a random schedule shows it.
//! - **A poll that never returns**: the search hangs with it. Wrappers [`refuse`] what would block.
//! - **Wake-ups by another thread**: no schedule decides when they come.
//! - **A cooperative budget**, where a real thing has one: that it yields is no step unless it is polled by a turn.

pub(crate) mod ask;
pub(crate) mod choices;
mod clock;
mod holding;
pub(crate) mod order;
mod situation;
pub(crate) mod state;
mod task;
mod turn;
pub(crate) mod turn_waker;

pub use clock::{Timer, now};
pub use holding::Holding;
pub use order::{LockOrder, LockUse};
pub use situation::{choose, explorer, is_on, refuse, run_number, task};
pub use state::TaskEnd;
pub use task::{SpawnOptions, TaskId, abort, end_of, is_over, spawn, spawn_with};
pub use turn::Turn;
