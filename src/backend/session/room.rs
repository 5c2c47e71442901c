//! Room for sessions: refused when there is none, and made by evicting what is not in use.

use crate::backend::chat::ContextId;
use crate::backend::store::Store;

use super::cache::Cache;
use super::env::{Env, Short};
use super::error::CapacityError;
use super::manager::{ChatSessionManager, Durability};

impl<E: Env> ChatSessionManager<E> {
    /// Refuses one more session when there are as many as may be. The store is asked the first time, and again when the
    /// number is reached: what was counted since then may have failed.
    pub(super) async fn admit_session(&self) -> Result<(), CapacityError> {
        let max = self.limits.sessions;
        if max == usize::MAX || self.stored.known().is_some_and(|count| count < max) {
            return Ok(());
        }
        // A store that cannot say so cannot keep another one either, and tells why.
        let Ok(count) = self.env.store().count().await else { return Ok(()) };
        self.stored.set(count);
        if count < max { Ok(()) } else { Err(CapacityError::Sessions { max }) }
    }

    /// Makes room in memory where there is little, for what is added: what is not in use is evicted, the largest first. The cache
    /// forgets what was not used for long; but when few sessions are as large as many, those are the ones to go.
    ///
    /// # Errors
    /// [`CapacityError::Memory`] when what is in use takes all that may be taken, or the store keeps so much.
    pub async fn make_room(&self) -> Result<(), CapacityError> {
        self.make_room_to_load().await?;
        self.admit(self.env.store().resident_bytes())
    }

    /// As [`make_room`](Self::make_room), for what is only looked at: what the store has in memory is there already.
    pub(super) async fn make_room_to_load(&self) -> Result<(), CapacityError> {
        if self.live.bytes() > self.limits.eviction_bytes() {
            self.evict().await;
        }
        self.admit_load(0)
    }

    /// Refuses to have so many bytes more in memory, if there is no room for them.
    pub(super) fn admit_load(&self, more: usize) -> Result<(), CapacityError> {
        self.admit(self.live.bytes().saturating_add(more))
    }

    fn admit(&self, bytes: usize) -> Result<(), CapacityError> {
        let max = self.limits.live_bytes;
        if bytes > max { Err(CapacityError::Memory { max }) } else { Ok(()) }
    }

    /// How many bytes of memory sessions take, roughly. What the store has in memory, live sessions share with it.
    pub(super) fn resident_bytes(&self) -> usize {
        self.live.bytes().max(self.env.store().resident_bytes())
    }

    #[cold]
    async fn evict(&self) {
        self.evict_idle().await;
        // In write-behind, what is unsaved has stayed. What fails to be saved does.
        let is_behind = matches!(self.durability, Durability::WriteBehind { .. });
        if is_behind && self.live.bytes() > self.limits.eviction_bytes() {
            self.flush().await;
            self.evict_idle().await;
        }
    }

    async fn evict_idle(&self) {
        let sizes = {
            let live = self.registry.at(|registry| registry.live()).await;
            live.iter().map(|entry| (entry.alive.bytes(), entry.id)).collect()
        };
        let is_enough = || self.live.bytes() <= self.limits.eviction_bytes();
        evict_largest(&self.cache, sizes, is_enough).await;
    }
}

/// Has the cache forget sessions of these sizes, the largest first, until it is enough. What a request uses lives on meanwhile.
pub(in crate::backend) async fn evict_largest<V>(
    cache: &impl Cache<V>,
    mut sizes: Vec<(usize, ContextId)>,
    is_enough: impl Fn() -> bool,
) {
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    for (_, id) in sizes {
        if is_enough() {
            break;
        }
        cache.remove(id).await;
    }
}
