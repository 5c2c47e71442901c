//! **Which task holds which lock, which waits for which, and which deadlocks are possible?** Deadlocks, inversions and starvation
//! seen live, in async code.
//!
//! ```
//! use std::sync::Arc;
//!
//! use lockyard_lock::{LockClass, LockOf, SharedLock, TokioMutex};
//! use lockyard_track::{Certainty, Kind, Tracked, Tracker};
//!
//! static ORDERS: LockClass = LockClass::new("orders");
//! static STOCK: LockClass = LockClass::new("stock");
//!
//! let tracker = Tracker::new();
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(
//! tracker.scope("main", async {
//!     let orders: Arc<LockOf<Tracked<TokioMutex>, u32>> = Arc::new(SharedLock::new(&ORDERS, 0));
//!     let stock: Arc<LockOf<Tracked<TokioMutex>, u32>> = Arc::new(SharedLock::new(&STOCK, 10));
//!     let its = (orders.clone(), stock.clone());
//!     let seller = tracker.spawn("seller", async move { drop((its.0.write().await, its.1.write().await)) });
//!     // The other way round, in a task that may run at once with the first.
//!     let auditor = tracker.spawn("auditor", async move { drop((stock.write().await, orders.write().await)) });
//!     (seller.await, auditor.await)
//! })
//! # );
//! let found = &tracker.findings()[0]; // and nothing hung
//! assert_eq!((found.kind, found.certainty), (Kind::OrderInversion, Certainty::Certain));
//! ```
//!
//! [`Tracked<F>`](Tracked) is a family around any other. Its locks report every acquisition to a [`Tracker`]: class and
//! instance, read or write, task, place in the source, when it was requested, granted and released.
//!
//! | what | seen by | when, and how sure |
//! | --- | --- | --- |
//! | tasks that wait for each other | wait-for graph, with what the policy adds: a reader waits for the writer queued before it | suspected the moment the last wait begins; certain when the polls have returned and nothing else can wake the tasks, or when it has lasted |
//! | a future that was granted the lock for which its own task waits, and is not polled | wakers and polls | suspected when its task was polled three times without it; certain as above |
//! | upgrades, locking twice, a branch that holds and is not polled, lost wake-ups | holds of the task; a [watch](Tracker::watch) | suspected when the wait begins; certain when it has lasted for the watch's patience |
//! | `block_on` inside a runtime | a poll that does not return while a tracked wait in it is pending | when it has lasted for the patience |
//! | a task that stopped elsewhere with a lock that another one waits for | polls | suspected when neither was polled for the patience |
//! | locks taken in both orders, recursive reads | lock-order graph, by class and instance | without any hang, when the second order is seen; certain where each lock was taken by the sequence that asked for the next |
//! | a tracker that [panics](Tracker::panic_when_stuck), all of whose tasks sleep, on tracked waits alone | polls | suspected when all have lasted |
//! | guards of blocking locks held across an await | polls of named tasks | when the poll returns, whatever is awaited |
//! | overtaking where FIFO order is promised | the wait queue | when it happens |
//! | a lock that does not exclude | a flag that writers raise; a look at all holders | a reader beside a writer, and two writers, always; a writer that comes beside a reader in one of 64 grants |
//! | wait and hold times by class and [`label`] | every acquisition | on request |
//!
//! [`Tracker::verdict`] says at the end whether a run was clean, and what was not seen; [`Tracker::dump`] who holds and who
//! waits at this moment; [`Certainty`] what *certain* means.
//!
//! # A service of one's own
//!
//! Any tokio service whose locks come through [`LockFamily`](lockyard_lock::LockFamily) can be looked at. Untracked, `Accounts<TokioMutex>` is another type and pays nothing.
//!
//! ```
//! use std::sync::Arc;
//!
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
//!     let accounts = Arc::new(Accounts::<Tracked<TokioMutex>> {
//!         checking: SharedLock::new(&CHECKING, 100),
//!         savings: SharedLock::new(&SAVINGS, 0),
//!     });
//!     let its = accounts.clone();
//!     let saving = tracker.spawn("saving", async move { its.save(30).await });
//!     let total = tracker.spawn("total", async move { accounts.total().await });
//!     saving.await.unwrap();
//!     total.await.unwrap()
//! }));
//! assert_eq!(total, 100);
//! // Nothing hung, for on one thread neither is interrupted. But the two could have met.
//! let findings = tracker.findings();
//! assert_eq!(findings[0].kind, Kind::OrderInversion);
//! assert_eq!(findings[0].places.len(), 4, "both orders, with where each lock was taken: {}", findings[0]);
//! assert_eq!(findings[0].tasks, ["saving", "total"]);
//! ```
//!
//! # What it does not see
//!
//! - Whether the branches of a scope without names of their own (`join!`, `select!`, a set of futures) are one sequence. That
//!   there are several is seen by the scope's waker, and what is concluded from *held while asked* is then only
//!   suspected; which of them holds a lock is not: give each a [`scope`]. A future that is suspended without having left
//!   its waker anywhere, and without waking it, is not seen to be there.
//! - Polls of tasks that are in no scope: neither what they hold across awaits, nor what else may wake them. So nothing of
//!   them is certain before it has lasted.
//! - On runtimes other than tokio, which task runs, unless [`identify_tasks`] says so.
//! - Locks that are not tracked, and whatever else tasks wait for that no [`Resource`] reports: channels, timers,
//!   semaphores. A task that stopped there is listed in the [verdict](Tracker::verdict).
//! - Where a guard went: one that has moved to another task counts as held by the task that took it.
//! - A timeout around an acquisition: both orders of two locks are reported though one of the two would give up.
//! - Which order comes before which, of tasks that were spawned or joined by other means than [`spawn`] and its
//!   [`JoinHandle`]: they count as concurrent. So do tasks that only a channel or a lock keeps apart.
//! - Old orders, where there are very many: of each order of two classes the sightings of 16 tasks are kept, of locks of one
//!   class 16,384 pairs. What is dropped, and every search that is broken off, is counted in the verdict.
//! - A task that was granted a tokio lock and has spent its cooperative budget waits for its next turn with the lock: that
//!   time counts as woken, not as held. It keeps its place in the wait queue.
//! - What blocking locks promise their waiters: the place in their queue cannot be seen.

mod acquire;
mod blind_spots;
mod clock;
mod cycle;
mod deadlocks;
mod dump;
mod ends;
mod event;
mod exclusion;
mod family;
mod finding;
mod found;
mod futurelock;
mod granted;
mod guard;
mod handle;
mod held_by;
mod histogram;
mod hold;
mod identity;
mod join;
mod judge;
mod knot;
mod knot_report;
mod lock;
mod mode;
mod name;
mod number;
mod order;
mod poll;
mod quiet;
mod report;
mod resource;
mod scope;
mod sole;
mod state;
mod state_guard;
mod strand;
mod times;
mod tracker;
mod verdict;
mod wait;
mod waker;
mod watch;

pub use dump::{Dump, LockStatus, TaskStatus};
pub use event::EventWait;
pub use family::{Tracked, TrackedLock};
pub use finding::{Certainty, Finding, Kind};
pub use guard::TrackedGuard;
pub use handle::Handle;
pub use histogram::Histogram;
pub use identity::identify_tasks;
pub use join::{JoinHandle, TaskEnd};
pub use lockyard_evidence::Edge;
pub use lockyard_lock::{LockClass, Policy};
pub use mode::Mode;
pub use name::Name;
pub use resource::{Attempt, Hold, Resource};
pub use scope::{Scope, label, scope, spawn};
pub use times::{AcquisitionTimes, AcrossAwait, ClassTimes};
pub use tracker::Tracker;
pub use verdict::{BlindSpot, Outcome, Verdict};
pub use watch::WatchGuard;

/// The first example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
