//! The cache of live sessions: strong references with recency, nothing else.
//!
//! It may drop any session at any time. That no second copy of a session comes alive is the registry's business
//! (see [`ChatSessionManager`](super::ChatSessionManager)), so a cache needs to know nothing of sessions, and any
//! cache will do.
//!
//! Here are those that a lock makes, any lock: [`MutexLru`], exact, and [`ShardedLru`], exact within a shard. Caches
//! that bring a concurrent structure of their own along stand where concrete things stand, in `strategy::cache`.

mod mutex_lru;
mod sharded_lru;

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::backend::chat::ContextId;
use lockyard_lock::LockClass;

pub use mutex_lru::MutexLru;
pub use sharded_lru::ShardedLru;

/// The class of a cache's own lock.
pub static CACHE: LockClass = LockClass::new("cache");

/// A bounded map that forgets what was not used for longest, or approximately so.
///
/// Lock order: a cache's own lock comes before any other and is released before the call returns; what it drops is
/// dropped after that.
pub trait Cache<V>: Send + Sync + 'static {
    /// An empty cache with room for `capacity` values.
    fn new(capacity: NonZeroUsize) -> Self;

    /// A look at a value without taking a handle to it, where the cache can give one at no shared write: what `look`
    /// sees cannot end while it looks. `None` when the value is not there, or when this cache gives no such looks.
    /// Renews recency.
    fn visit<R: Send>(
        &self,
        _id: ContextId,
        _look: impl FnOnce(&V) -> R + Send,
    ) -> impl Future<Output = Option<R>> + Send {
        async { None }
    }

    /// The value, if it is there. Renews recency.
    fn get(&self, id: ContextId) -> impl Future<Output = Option<Arc<V>>> + Send;

    /// Puts a value in as the most recent, in the place of one with the same id, dropping others to stay within the
    /// capacity. A cache that judges newcomers may drop this one instead.
    fn insert(&self, id: ContextId, value: Arc<V>) -> impl Future<Output = ()> + Send;

    /// Takes a value out.
    fn remove(&self, id: ContextId) -> impl Future<Output = ()> + Send;

    /// How full it is, and what it had to drop.
    fn stats(&self) -> impl Future<Output = CacheStats> + Send;
}

/// How full a cache is, and what it had to drop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Values inside now.
    pub len: usize,
    /// Values dropped for want of room since the start.
    pub evictions: u64,
    /// How many of these were newcomers: turned away, because what was inside is asked for more often. Zero for
    /// caches that take in whatever comes.
    pub refused: u64,
}
