//! What every strategy of a scenario is given: a store that holds its sessions, a model, room in the cache.

use std::num::NonZeroUsize;

use tokio::runtime::Handle;

use crate::backend::service::{Prompts, SimulatorConfig};
use crate::backend::session::{Durability, SessionLimits};
use crate::backend::store::{Faults, MemoryStore, Store};
use crate::strategy::{AnyStore, IdSource, Setup, in_memory};
use crate::workload::{LlmProfile, Scenario};

use super::population::Population;

/// A store that holds the population.
pub(super) fn stock(population: &Population, runtime: &Handle) -> MemoryStore {
    let store = MemoryStore::default();
    for context in &population.contexts {
        runtime.block_on(store.write(context.clone())).expect("a memory store takes everything");
    }
    store
}

/// What every strategy of a scenario is given.
pub(super) fn setup(scenario: &Scenario, store: MemoryStore, seed: u64, runtime: &Handle) -> Setup<AnyStore> {
    let faults = Faults { save_delay: scenario.save, ..Faults::default() };
    Setup {
        store: in_memory(store, faults),
        capacity: NonZeroUsize::try_from(scenario.capacity).expect("a capacity fits the address space"),
        durability: Durability::WriteThrough,
        limits: SessionLimits::default(),
        model: scenario.model.as_ref().map_or_else(SimulatorConfig::default, |model| simulated(model, seed)),
        prompts: Prompts::default(),
        // Not the ids of the population.
        ids: IdSource::seeded(!seed),
        runtime: runtime.clone(),
    }
}

fn simulated(model: &LlmProfile, seed: u64) -> SimulatorConfig {
    SimulatorConfig {
        latency: model.latency(),
        chunk_interval: model.chunk_interval(),
        chunks: model.chunks.clone(),
        tool_calls: model.tool_calls_percent.share().get(),
        transient_failures: model.transient_percent.share().get(),
        fatal_failures: model.fatal_percent.share().get(),
        seed,
    }
}
