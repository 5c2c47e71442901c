//! The seam to the world: everything the session manager and the service stand on, and nothing concrete.
//!
//! One implementation of [`Env`] is one back end: production locks on tokio, a hand-polled executor with toy locks,
//! a model checker. The manager's source is the same for all.

use std::num::NonZeroUsize;

use crate::backend::chat::ContextId;
use crate::backend::clock::Clock;
use crate::backend::store::Store;
use lockyard_lock::{AwaitFamily, LockFamily};

use super::cache::Cache;
use super::entry::Entry;
use super::save::SaveMode;
use super::state::StateMode;

/// What the session manager and the service stand on.
pub trait Env: Send + Sync + Sized + 'static {
    /// The lock of a session: what varies.
    type Locks: LockFamily;
    /// The lock that orders all I/O of one session; held across it, and never taken on a hit.
    type Gate: AwaitFamily;
    /// Short critical sections for the manager's own tables.
    type Short<T: Send + 'static>: Short<T>;
    /// Live sessions by recency.
    type Cache: Cache<Entry<Self>>;
    /// Where sessions are kept for good.
    type Store: Store;
    /// Time.
    type Clock: Clock;
    /// Whether a save happens under the session's lock or after it.
    type Save: SaveMode<Self::Locks>;
    /// Whether a session's state also stands outside its lock.
    type State: StateMode;

    /// The store.
    fn store(&self) -> &Self::Store;

    /// The clock.
    fn clock(&self) -> &Self::Clock;

    /// An empty cache with room for `capacity` sessions.
    fn cache(&self, capacity: NonZeroUsize) -> Self::Cache {
        Cache::new(capacity)
    }

    /// An id that no session ever had.
    fn new_id(&self) -> ContextId;

    /// Runs `future` beside everything else, to its end, even if the caller is cancelled.
    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static);
}

/// A short critical section around a table, never across an await.
///
/// A lock family would do, but a table of the manager is not what varies, and a synchronous section may be entered
/// while a session's guard is held without a word about lock order: nothing is ever acquired inside.
pub trait Short<T: Send>: Send + Sync + 'static {
    /// Kept by every object the table refers to weakly, so that a tool sees the object's end of life as an access
    /// to the table. Nothing in production.
    type Tie: Send + Sync;

    /// A section around `value`.
    fn new(value: T) -> Self;

    /// Runs `f` alone.
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R;

    /// A tie to this section.
    fn tie(&self) -> Self::Tie;

    /// [`with`](Self::with) as a step of its own: a scheduling point for the tools, nothing in production.
    fn at<R>(&self, f: impl FnOnce(&mut T) -> R + Send) -> impl Future<Output = R> + Send {
        async move { self.with(f) }
    }
}
