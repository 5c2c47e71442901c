//! The locks of `parking_lot` that report: one line of a source changes.
//!
//! ```
//! # use lockyard_tokio as tokio;
//! // use parking_lot::RwLock;
//! use tokio::lockyard::sync_parking_lot::RwLock;
//!
//! let counts = RwLock::named("counts", vec![0]);
//! counts.write()[0] += 1;
//! assert_eq!(*counts.read(), [1]);
//! ```
//!
//! As those of [`sync_std`](super::sync_std), without poisoning. Upgradable and recursive reads, mapped and owned guards, the
//! fair mutex and the condition variable are not there.

mod mutex;
mod rwlock;

pub use mutex::{Mutex, MutexGuard};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
