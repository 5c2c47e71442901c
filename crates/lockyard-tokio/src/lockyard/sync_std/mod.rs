//! `std::sync`, with a `Mutex`, `RwLock` and `Condvar` that report: one line of a source changes.
//!
//! ```
//! # use lockyard_tokio as tokio;
//! // use std::sync::{Arc, Mutex};
//! use tokio::lockyard::sync_std::{Arc, Mutex};
//!
//! let counts = Arc::new(Mutex::named("counts", vec![0]));
//! counts.lock().unwrap()[0] += 1;
//! assert_eq!(*counts.lock().unwrap(), [1]);
//! ```
//!
//! A guard that is held across an await is found, orders of these locks and of tokio's are one graph, and a wait for one of them
//! is seen. They poison as the standard library's do. In an explored run a lock that is not free is refused: there is nothing
//! else that could run while it blocks.

mod condvar;
mod mutex;
mod rwlock;

/// All else is the standard library's own.
pub use std::sync::*;

pub use condvar::Condvar;
pub use mutex::{Mutex, MutexGuard};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What trying gave, unless it would have had to wait.
fn at_once<G>(tried: TryLockResult<G>) -> Option<LockResult<G>> {
    match tried {
        Ok(guard) => Some(Ok(guard)),
        Err(TryLockError::Poisoned(error)) => Some(Err(error)),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// The same with another guard.
fn map<G, H>(result: LockResult<G>, guard: impl FnOnce(G) -> H) -> LockResult<H> {
    match result {
        Ok(inner) => Ok(guard(inner)),
        Err(error) => Err(PoisonError::new(guard(error.into_inner()))),
    }
}
