//! **Which lock should guard this value?** Write the code once, generic in its lock, and find out.
//!
//! A [`LockFamily`] is one kind of lock for values of any type; [`SharedLock`] is such a lock around one value.
//! Code that is generic over a family can be measured with every lock, and *the same source* can be driven by
//! a model checker, because acquiring is always a future: for the families that block the thread as well, so that
//! every acquisition is a point where a tool may choose what runs next.
//!
//! ```
//! use lockyard_lock::{LockClass, LockFamily, SharedLock, TokioMutex, TokioRwLock};
//!
//! static BALANCE: LockClass = LockClass::new("balance");
//!
//! async fn deposit<F: LockFamily>() -> u64 {
//!     let balance: F::Lock<u64> = SharedLock::new(&BALANCE, 10);
//!     *balance.write().await += 5;
//!     *balance.read().await
//! }
//!
//! let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! assert_eq!(runtime.block_on(deposit::<TokioMutex>()), 15);
//! assert_eq!(runtime.block_on(deposit::<TokioRwLock>()), 15);
//! ```
//!
//! | family | waits by | grants reads together | grant order |
//! | --- | --- | --- | --- |
//! | [`TokioMutex`] | yielding the task | no | first come, first served |
//! | [`TokioRwLock`] | yielding the task | yes | first come, first served; a reader queues behind a waiting writer |
//! | [`ParkingLotMutex`] | blocking the thread | no | barging; occasionally fair |
//! | [`ParkingLotRwLock`] | blocking the thread | yes | writers before new readers |
//! | [`ParkingLotFairMutex`] | blocking the thread | no | a thread that is parked, before the one that unlocks |
//! | [`StdMutex`] | blocking the thread | no | barging |
//! | [`StdRwLock`] | blocking the thread | yes | writers before new readers (on Linux) |
//! | [`AsyncLockMutex`] | yielding the task | no | barging; fair to starving waiters |
//! | [`AsyncLockRwLock`] | yielding the task | yes | writers before new readers |
//! | [`ArcSwap`] | readers: never; writers: blocking the thread | yes, and beside a writer | barging |
//!
//! What only some families can do is an extension trait: [`AwaitFamily`] marks those whose guard may be held
//! across an `.await`. Generic code cannot hold another family's guard there, for the guard is not known to be
//! `Send` and the task that holds it could not be spawned: the compiler refuses what a lint could only warn of.
//!
//! Around the locks stand [`for_each_lock!`], the one list of the families above; [`contract`], the tests that any lock
//! must pass, one of your own included; [`mutant`], a lock that does not exclude, which tests of exclusion must fail over;
//! and [`sync`], what protocols of one's own are made of, so that a model checker can replace it.

mod arc_swap;
mod async_lock_mutex;
mod async_lock_rwlock;
pub mod contract;
mod family;
mod list;
pub mod mutant;
mod parking_lot_fair_mutex;
mod parking_lot_mutex;
mod parking_lot_rwlock;
mod std_mutex;
mod std_rwlock;
pub mod sync;
mod tokio_mutex;
mod tokio_rwlock;

pub use self::arc_swap::{ArcSwap, Snapshot, SnapshotRead, SnapshotWrite};
pub use async_lock_mutex::AsyncLockMutex;
pub use async_lock_rwlock::AsyncLockRwLock;
pub use family::{AwaitFamily, LockClass, LockFamily, LockOf, Policy, SharedLock, TryFamily};
pub use parking_lot_fair_mutex::ParkingLotFairMutex;
pub use parking_lot_mutex::ParkingLotMutex;
pub use parking_lot_rwlock::ParkingLotRwLock;
pub use std_mutex::StdMutex;
pub use std_rwlock::StdRwLock;
pub use tokio_mutex::TokioMutex;
pub use tokio_rwlock::TokioRwLock;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(lockyard_loom)]
#[doc(hidden)]
pub use loom::thread_local as __loom_thread_local;
