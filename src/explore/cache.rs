//! The cache of an explored run: the production code behind model locks, or a cache each call of which is one step.
//!
//! A concurrent cache from the shelf cannot be taken apart here; as one step it does what it promises. That it keeps its
//! promise under threads is for others to test, and so is what it does in the background.

use std::num::NonZeroUsize;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::chat::ContextId;
use crate::session::{Cache, CacheStats, MutexLru, ShardedLru};

use super::footprint::Object;
use super::lock::Model;
use super::point::Point;
use super::setting::CacheModel;
use super::world::{self, Want};

/// The cache that the run's [`Setting`](super::Setting) names.
pub struct ModelCache<V: Send + Sync + 'static>(Kind<V>);

enum Kind<V: Send + Sync + 'static> {
    Mutex(MutexLru<Model, V>),
    Sharded(ShardedLru<Model, V>),
    Step(StepCache<V>),
}

impl<V: Send + Sync + 'static> Cache<V> for ModelCache<V> {
    fn new(capacity: NonZeroUsize) -> Self {
        let (cache, object) = world::with(|world| (world.setting.cache, world.object()));
        Self(match cache {
            CacheModel::MutexLru => Kind::Mutex(Cache::new(capacity)),
            CacheModel::ShardedLru => Kind::Sharded(Cache::new(capacity)),
            CacheModel::OneStep | CacheModel::Visited => Kind::Step(StepCache {
                object,
                capacity: capacity.get(),
                visited: cache == CacheModel::Visited,
                inside: Mutex::default(),
            }),
        })
    }

    async fn visit<R: Send>(&self, id: ContextId, look: impl FnOnce(&V) -> R + Send) -> Option<R> {
        match &self.0 {
            Kind::Step(cache) if cache.visited => cache.visit(id, look).await,
            _ => None,
        }
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        let value = match &self.0 {
            Kind::Mutex(cache) => cache.get(id).await,
            Kind::Sharded(cache) => cache.get(id).await,
            Kind::Step(cache) => cache.get(id).await,
        };
        looks_at_words();
        value
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        match &self.0 {
            Kind::Mutex(cache) => cache.insert(id, value).await,
            Kind::Sharded(cache) => cache.insert(id, value).await,
            Kind::Step(cache) => cache.insert(id, value).await,
        }
        looks_at_words();
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

/// What follows in the same step may read the word of a session.
fn looks_at_words() {
    world::with(|world| {
        if world.words {
            world.touch(Object::WORDS, false);
        }
    });
}

/// An exact LRU each call of which is one step.
struct StepCache<V> {
    object: Object,
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
        let place = Location::caller();
        Point::new(Want::Go(what), place).await;
        world::with(|world| world.flash(self.object, true, place));
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn visit<R>(&self, id: ContextId, look: impl FnOnce(&V) -> R) -> Option<R> {
        let value = self.step("visits the cache").await.renew(id)?;
        looks_at_words();
        Some(look(&value))
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        self.step("asks the cache").await.renew(id)
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        // What is displaced ends outside.
        let _displaced: (Option<Arc<V>>, Vec<_>) = {
            let mut inside = self.step("puts into the cache").await;
            let same = inside.take(id);
            inside.values.push((id, value));
            let surplus = inside.values.len().saturating_sub(self.capacity);
            inside.evictions += surplus as u64;
            (same, inside.values.drain(..surplus).collect())
        };
    }

    async fn remove(&self, id: ContextId) {
        let _removed = { self.step("takes out of the cache").await.take(id) };
    }

    fn stats(&self) -> CacheStats {
        world::with(|world| world.touch(self.object, false));
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        CacheStats { len: inside.values.len(), evictions: inside.evictions, refused: 0 }
    }
}
