//! tokio's `sync`, whose waits, holds and changes are reported.
//!
//! Each type is a wrapper around tokio's own of the same name, which decides who gets what and when. What a method does, and
//! when it panics, tokio's documentation says. Cancelling is tokio's, too: a future that is dropped drops tokio's.
#![allow(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "tokio's documentation has them, method by method"
)]
#![cfg_attr(feature = "explore", allow(clippy::result_large_err, reason = "the signatures are tokio's"))]

mod barrier;
mod blocking;
pub mod broadcast;
mod event;
mod extend;
pub mod mpsc;
mod mutex;
mod notify;
mod once_cell;
pub mod oneshot;
mod rwlock;
mod semaphore;
mod set_once;
pub mod watch;

// By name: of two globs neither would win.
pub use barrier::Barrier;
pub use mutex::{MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard};
pub use notify::Notify;
pub use once_cell::OnceCell;
pub use real::sync::{
    AcquireError, BarrierWaitResult, SetError, SetOnceError, TryAcquireError, TryLockError,
};
pub use rwlock::{
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, RwLockMappedWriteGuard,
    RwLockReadGuard, RwLockWriteGuard,
};
pub use semaphore::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
pub use set_once::SetOnce;

/// Futures that have names.
pub mod futures {
    pub use super::notify::{Notified, OwnedNotified};
}
