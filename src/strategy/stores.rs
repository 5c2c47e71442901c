//! The one type of store that the program's own strategies stand on, so that each is compiled for one and not for every
//! store there is.

use crate::backend::store::{Faults, FaultyStore, MemoryStore};

use super::host::TokioClock;

/// A memory store that can be slow, or a durable one.
#[cfg(feature = "redb")]
pub type AnyStore = crate::backend::store::EitherStore<
    FaultyStore<MemoryStore, TokioClock>,
    crate::backend::store::RedbStore,
>;

/// A memory store that can be slow.
#[cfg(not(feature = "redb"))]
pub type AnyStore = FaultyStore<MemoryStore, TokioClock>;

/// A memory store with `faults` in front of it.
pub fn in_memory(store: MemoryStore, faults: Faults) -> AnyStore {
    let store = FaultyStore::new(store, TokioClock, faults);
    #[cfg(feature = "redb")]
    let store = AnyStore::One(store);
    store
}
