//! **Which task holds which lock, which waits for which, and which deadlocks are possible?** Deadlocks, inversions and starvation
//! seen live, in async code.
//!
//! ```
//! use lockyard_lock::{LockClass, LockOf, SharedLock, TokioMutex};
//! use lockyard_track::{Kind, Tracked, Tracker};
//!
//! static ORDERS: LockClass = LockClass::new("orders");
//! static STOCK: LockClass = LockClass::new("stock");
//!
//! let tracker = Tracker::new();
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(
//! tracker.scope("main", async {
//!     let orders: LockOf<Tracked<TokioMutex>, u32> = SharedLock::new(&ORDERS, 0);
//!     let stock: LockOf<Tracked<TokioMutex>, u32> = SharedLock::new(&STOCK, 10);
//!     drop((orders.write().await, stock.write().await));
//!     drop((stock.write().await, orders.write().await)); // the other way round
//! })
//! # );
//! assert_eq!(tracker.findings()[0].kind, Kind::OrderInversion); // and nothing hung
//! ```
//!
//! [`Tracked<F>`](Tracked) is a family around any other. Its locks report every acquisition to a [`Tracker`]: class and
//! instance, read or write, task, place in the source, when it was requested, granted and released.
//!
//! | what | seen | when |
//! | --- | --- | --- |
//! | tasks that wait for each other | wait-for graph, with what the policy adds: a reader waits for the writer queued before it | the moment the last wait begins |
//! | locks taken in both orders, recursive reads | lock-order graph, by class and instance | without any hang, when the second order is seen |
//! | a future left alone with the lock that its own task waits for | wakers | when its task was polled three times and did not poll it |
//! | upgrades, locking twice, `block_on` inside a runtime, lost wake-ups | a [watch](Tracker::watch) | when they have stood for its patience |
//! | guards of blocking locks held across an await | polls of named tasks | when the poll returns |
//! | overtaking where FIFO order is promised | the wait queue | when it happens |
//! | wait and hold times by class and [`label`] | every acquisition | on request |
//!
//! # A service of one's own
//!
//! Any tokio service whose locks come through [`LockFamily`](lockyard_lock::LockFamily) can be looked at. Untracked, `Accounts<TokioMutex>` is another type and pays nothing.
//!
//! ```
//! use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock, TokioMutex};
//! use lockyard_track::{Kind, Tracked, Tracker};
//!
//! static CHECKING: LockClass = LockClass::new("checking");
//! static SAVINGS: LockClass = LockClass::new("savings");
//!
//! struct Accounts<F: LockFamily> {
//!     checking: LockOf<F, i64>,
//!     savings: LockOf<F, i64>,
//! }
//!
//! impl<F: LockFamily> Accounts<F> {
//!     async fn save(&self, amount: i64) {
//!         let mut checking = self.checking.write().await;
//!         *self.savings.write().await += amount;
//!         *checking -= amount;
//!     }
//!
//!     async fn total(&self) -> i64 {
//!         let savings = self.savings.read().await;
//!         *savings + *self.checking.read().await // the other way round
//!     }
//! }
//!
//! let tracker = Tracker::new();
//! tracker.on_finding(|finding| eprintln!("{finding}"));
//! let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! let total = runtime.block_on(tracker.scope("main", async {
//!     let accounts = Accounts::<Tracked<TokioMutex>> {
//!         checking: SharedLock::new(&CHECKING, 100),
//!         savings: SharedLock::new(&SAVINGS, 0),
//!     };
//!     accounts.save(30).await;
//!     accounts.total().await
//! }));
//! assert_eq!(total, 100);
//! // Nothing hung, for nothing ran together. But it could have.
//! let findings = tracker.findings();
//! assert_eq!(findings[0].kind, Kind::OrderInversion);
//! assert_eq!(findings[0].places.len(), 4, "both orders, with where each lock was taken: {}", findings[0]);
//! ```
//!
//! # What it does not see
//!
//! - Branches of one task (`join!`, `select!`) that have no names of their own are taken for one sequence. A wait for what
//!   the task holds itself is then a *same-task wait* and no more, and orders across branches may be drawn that no run takes:
//!   give each branch a [`scope`]. A task that was seen to wait twice at once draws no orders any more.
//! - Polls of tasks that are in no scope: guards held across awaits are seen of tasks named by [`scope`] or [`spawn`].
//! - On runtimes other than tokio tasks are distinguished by their scope alone.
//! - Locks that are not tracked, and whatever else tasks wait for: channels, timers, semaphores.
//! - A task that was granted a tokio lock and has spent its cooperative budget waits for its next turn with the lock: that
//!   time counts as woken, not as held. It keeps its place in the wait queue.
//! - What blocking locks promise their waiters: the place in their queue cannot be seen.
//! - A guard that has moved to another task counts as held by the task that took it.

mod acquire;
mod clock;
mod cycle;
mod family;
mod finding;
mod futurelock;
mod guard;
mod histogram;
mod hold;
mod mode;
mod number;
mod order;
mod report;
mod scope;
mod state;
mod strand;
mod times;
mod tracker;
mod wait;
mod watch;

pub use family::{Tracked, TrackedLock};
pub use finding::{Certainty, Finding, Kind};
pub use guard::TrackedGuard;
pub use histogram::Histogram;
pub use lockyard_evidence::Edge;
pub use mode::Mode;
pub use scope::{label, scope, spawn};
pub use times::{AcquisitionTimes, AcrossAwait, ClassTimes};
pub use tracker::Tracker;
pub use watch::WatchGuard;

/// The first example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
