//! What the tests of caches share: ids, and a cache used without a runtime around.

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lockyard::backend::chat::ContextId;
use lockyard::backend::session::{Cache, CacheStats};
use uuid::Uuid;

/// The cache of `V`s, by its row in the list of caches: over a plain lock where it has one.
macro_rules! cache_of {
    ($value:ty, $cache:ident lock) => {
        <lockyard::strategy::family::$cache<lockyard::lock::ParkingLotMutex> as CacheFamily>::Cache<$value>
    };
    ($value:ty, $cache:ident) => {
        <lockyard::strategy::family::$cache as CacheFamily>::Cache<$value>
    };
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Spread as random ids are, and the same in every run.
pub fn id(number: u64) -> ContextId {
    ContextId(Uuid::from_u64_pair(number, number.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

pub fn room(capacity: usize) -> NonZeroUsize {
    NonZeroUsize::new(capacity).unwrap()
}

pub fn get<V, C: Cache<V>>(cache: &C, number: u64) -> Option<Arc<V>> {
    block_on(cache.get(id(number)))
}

pub fn put<V, C: Cache<V>>(cache: &C, number: u64, value: V) {
    block_on(cache.insert(id(number), Arc::new(value)));
}

pub fn stats<V, C: Cache<V>>(cache: &C) -> CacheStats {
    block_on(cache.stats())
}

/// Which of these are cached. Renews their recency, in this order.
pub fn inside<V, C: Cache<V>>(cache: &C, numbers: impl IntoIterator<Item = u64>) -> Vec<u64> {
    numbers.into_iter().filter(|number| get(cache, *number).is_some()).collect()
}
