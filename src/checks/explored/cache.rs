//! The cache of an explored run: the production code behind model locks, or a cache each call of which is one step.
//!
//! A concurrent cache from the shelf cannot be taken apart here; as one step it does what it promises. That it keeps its
//! promise under threads is for others to test, and so is what it does in the background.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockyard_explore::{ModelLocks, Shared};

use crate::backend::chat::ContextId;
use crate::backend::session::{Cache, CacheStats, MutexLru, ShardedLru};

/// What the cache of an explored run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CacheModel {
    /// [`MutexLru`], the production code, behind a model lock.
    #[default]
    MutexLru,
    /// [`ShardedLru`], the production code, behind model locks.
    ShardedLru,
    /// An exact LRU each call of which is one step: what a concurrent cache looks like from outside.
    OneStep,
    /// The same, and it can be visited.
    Visited,
}

/// The cache that a run's [`CacheModel`] names.
pub struct ModelCache<V: Send + Sync + 'static>(Kind<V>);

enum Kind<V: Send + Sync + 'static> {
    Mutex(MutexLru<ModelLocks, V>),
    Sharded(ShardedLru<ModelLocks, V>),
    Step(StepCache<V>),
}

impl<V: Send + Sync + 'static> ModelCache<V> {
    /// A cache like this, with room for so many.
    pub fn like(model: CacheModel, capacity: NonZeroUsize) -> Self {
        Self(match model {
            CacheModel::MutexLru => Kind::Mutex(Cache::new(capacity)),
            CacheModel::ShardedLru => Kind::Sharded(Cache::new(capacity)),
            CacheModel::OneStep | CacheModel::Visited => Kind::Step(StepCache {
                shared: Shared::default(),
                capacity: capacity.get(),
                visited: model == CacheModel::Visited,
                inside: Mutex::default(),
            }),
        })
    }
}

impl<V: Send + Sync + 'static> Cache<V> for ModelCache<V> {
    fn new(capacity: NonZeroUsize) -> Self {
        Self::like(CacheModel::default(), capacity)
    }

    async fn visit<R: Send>(&self, id: ContextId, look: impl FnOnce(&V) -> R + Send) -> Option<R> {
        match &self.0 {
            Kind::Step(cache) if cache.visited => cache.visit(id, look).await,
            _ => None,
        }
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        match &self.0 {
            Kind::Mutex(cache) => cache.get(id).await,
            Kind::Sharded(cache) => cache.get(id).await,
            Kind::Step(cache) => cache.get(id).await,
        }
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        match &self.0 {
            Kind::Mutex(cache) => cache.insert(id, value).await,
            Kind::Sharded(cache) => cache.insert(id, value).await,
            Kind::Step(cache) => cache.insert(id, value).await,
        }
    }

    async fn remove(&self, id: ContextId) {
        match &self.0 {
            Kind::Mutex(cache) => cache.remove(id).await,
            Kind::Sharded(cache) => cache.remove(id).await,
            Kind::Step(cache) => cache.remove(id).await,
        }
    }

    async fn stats(&self) -> CacheStats {
        match &self.0 {
            Kind::Mutex(cache) => cache.stats().await,
            Kind::Sharded(cache) => cache.stats().await,
            Kind::Step(cache) => cache.stats(),
        }
    }
}

/// An exact LRU each call of which is one step.
struct StepCache<V> {
    shared: Shared,
    capacity: usize,
    visited: bool,
    inside: Mutex<Inside<V>>,
}

struct Inside<V> {
    /// The oldest first.
    values: Vec<(ContextId, Arc<V>)>,
    evictions: u64,
}

impl<V> Default for Inside<V> {
    fn default() -> Self {
        Self { values: Vec::new(), evictions: 0 }
    }
}

impl<V> Inside<V> {
    fn take(&mut self, id: ContextId) -> Option<Arc<V>> {
        let place = self.values.iter().position(|(other, _)| *other == id)?;
        Some(self.values.remove(place).1)
    }

    fn renew(&mut self, id: ContextId) -> Option<Arc<V>> {
        let value = self.take(id)?;
        self.values.push((id, value.clone()));
        Some(value)
    }
}

impl<V: Send + Sync + 'static> StepCache<V> {
    async fn step(&self, what: &'static str) -> MutexGuard<'_, Inside<V>> {
        self.shared.step(what, true).await;
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A look-up, which changes the cache only if it makes another value the most recent.
    async fn renew(&self, what: &'static str, id: ContextId) -> Option<Arc<V>> {
        self.shared.step(what, false).await;
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.values.iter().rev().skip(1).any(|(older, _)| *older == id) {
            self.shared.atomic(true);
        }
        inside.renew(id)
    }

    async fn visit<R>(&self, id: ContextId, look: impl FnOnce(&V) -> R) -> Option<R> {
        Some(look(&*self.renew("look up in the cache", id).await?))
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        self.renew("get from the cache", id).await
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        // What is displaced ends outside.
        let _displaced: (Option<Arc<V>>, Vec<_>) = {
            let mut inside = self.step("insert into the cache").await;
            let same = inside.take(id);
            inside.values.push((id, value));
            let surplus = inside.values.len().saturating_sub(self.capacity);
            inside.evictions += surplus as u64;
            (same, inside.values.drain(..surplus).collect())
        };
    }

    async fn remove(&self, id: ContextId) {
        let _removed = { self.step("remove from the cache").await.take(id) };
    }

    fn stats(&self) -> CacheStats {
        self.shared.atomic(false);
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        CacheStats { len: inside.values.len(), evictions: inside.evictions, refused: 0 }
    }
}
