//! What a live session takes besides itself: locks, entries, tables, by count of every byte.
//!
//! The baseline is a plain map of shared handles to the same sessions, each with one message of 16 bytes: whatever a
//! strategy holds beyond that is overhead. Sessions are loaded from a store that was filled before, and share their
//! messages with it in both cases, so messages do not blur the difference.
//!
//! It sees what is allocated and not yet freed, in the sizes asked for. What the allocator itself adds, and what the
//! system gives in pages, it does not see.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lockyard_bench::alloc::{self, AllocationCount};
use lockyard_bench::{Fault, HeapUse, Runtime, Setup};
use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle};

use crate::backend::store::{MemoryStore, Store};
use crate::workload::Scenario;

use super::backend::stock;
use super::population::{Population, Populations};

/// What sessions take without a strategy, by how many they are and from which seed: each is measured once, for all strategies.
#[derive(Default)]
pub(super) struct MemoryBaselines(Mutex<BTreeMap<(u32, u64), Arc<MemoryBaseline>>>);

/// A number of sessions, all to be alive at once, and what they take in a plain map.
struct MemoryBaseline {
    scenario: Scenario,
    /// Kept, so that all strategies share it.
    population: Arc<Population>,
    plain: AllocationCount,
}

impl MemoryBaselines {
    /// What a strategy adds to each of so many sessions; `None` if allocations are not counted. `warm` sets the strategy up
    /// over a store, with all its sessions alive.
    pub(super) fn overhead<T>(
        &self,
        populations: &Populations,
        sessions: u32,
        seed: u64,
        warm: impl FnOnce(&Setup<'_, Scenario>, MemoryStore) -> Result<T, Fault>,
    ) -> Result<Option<HeapUse>, Fault> {
        if alloc::process_count().is_none() {
            return Ok(None);
        }
        let baseline = self.baseline(populations, sessions, seed)?;
        let runtime = Builder::new_current_thread().enable_time().build().map_err(Fault::new)?;
        let setup = Setup::new(&baseline.scenario, seed, Runtime::plain(runtime.handle()));
        // Filled before: what the store takes is no strategy's.
        let store = stock(&baseline.population, runtime.handle());
        let mut outcome = Ok(());
        let taken = alloc::measure(|| warm(&setup, store).map_err(|error| outcome = Err(error)));
        outcome?;
        let of_each = |bytes: i64| bytes as f64 / f64::from(sessions);
        Ok(Some(HeapUse {
            kept: of_each(taken.bytes_kept - baseline.plain.bytes_kept),
            peak: of_each(taken.bytes_peak - baseline.plain.bytes_kept),
        }))
    }

    fn baseline(
        &self,
        populations: &Populations,
        sessions: u32,
        seed: u64,
    ) -> Result<Arc<MemoryBaseline>, Fault> {
        let mut known = self.0.lock();
        if let Some(baseline) = known.get(&(sessions, seed)) {
            return Ok(baseline.clone());
        }
        let scenario = small_sessions(sessions);
        let population = populations.of(&scenario, seed);
        let runtime = Builder::new_current_thread().build().map_err(Fault::new)?;
        let store = stock(&population, runtime.handle());
        let plain = alloc::measure(|| plain_map(&population, &store, runtime.handle()));
        let baseline = Arc::new(MemoryBaseline { scenario, population, plain });
        known.insert((sessions, seed), baseline.clone());
        Ok(baseline)
    }
}

/// A scenario of so many sessions, each with one small message, with room for all.
pub(super) fn small_sessions(sessions: u32) -> Scenario {
    let [many, room] = ["sessions", "capacity"].map(|field| format!("{field}={sessions}"));
    Scenario::load("polling", &[&*many, &*room, "messages=1", "message_bytes=16"])
        .expect("a built-in scenario of at least one session")
}

/// The sessions in the plainest form that can be shared.
fn plain_map(population: &Population, store: &MemoryStore, runtime: &Handle) -> impl Sized + use<> {
    let load = |id| {
        let loaded = runtime.block_on(store.read(id)).expect("a memory store gives everything");
        (id, Arc::new(loaded.expect("it was put there")))
    };
    population.ids.iter().copied().map(load).collect::<HashMap<_, _>>()
}
