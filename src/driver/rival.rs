//! One strategy, set up under one scenario and ready to be measured slice by slice.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::chat::ContextId;
use crate::service::{Backend, ChatService, DynBackend, Prompts, Simulator, SimulatorConfig};
use crate::session::store::{Faults, MemoryStore, Store};
use crate::session::{Durability, Env, Traffic};
use crate::strategy::{
    AnyStore, Assembly, IdSource, Setup, Strategy, StrategyError, TokioClock, assemble, in_memory,
};
use crate::workload::{Model, Scenario};

use super::client::{Client, Slice};
use super::population::Population;
use super::site::Site;

/// How often whatever is unsaved is saved in the background.
const AUTO_SAVE: Duration = Duration::from_secs(1);

/// What is kept of operations besides their count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: no clock is read.
    Bare,
    /// The latency of one in seventeen.
    Sampled,
    /// The latency of each.
    Full,
}

/// What takes a client back at the end of a slice.
pub(super) type GiveBack<C = Client> = Box<dyn FnOnce(C) + Send>;

/// A strategy under a scenario, whatever its types.
pub(super) trait Rival {
    /// Starts a client on the runtime; it is given back when the slice has ended and it has its last answer.
    fn start(&self, client: Client, slice: Arc<Slice>, kind: Kind, give_back: GiveBack);

    /// Reads every session once, so that the cache is as full as it will be.
    fn warm(&self);

    /// Undoes what slices have left: deletes these sessions, and gives those of these indices back the messages they
    /// began with. Otherwise the last slice would not measure what the first did, and the fastest rival would have
    /// the longest conversations.
    fn tidy(&self, made: Vec<ContextId>, grown: &[usize], population: &Population);

    /// What the session manager and its cache have done so far.
    fn traffic(&self) -> Traffic;

    /// The backend to judge; nothing where there is none behind it.
    fn backend(&self) -> Option<Arc<dyn DynBackend>> {
        None
    }

    /// The server that it is, if it is one.
    fn site(&self) -> Option<&Site> {
        None
    }
}

/// A store that holds the population.
pub(super) fn stock(population: &Population, runtime: &Handle) -> MemoryStore {
    let store = MemoryStore::default();
    for context in &population.contexts {
        runtime.block_on(store.put(context.clone())).expect("a memory store takes everything");
    }
    store
}

/// Sets a strategy up under a scenario, over the population's `store`.
pub(super) fn set_up(
    strategy: &Strategy,
    scenario: &Scenario,
    population: &Population,
    store: MemoryStore,
    seed: u64,
    runtime: &Handle,
) -> Result<Box<dyn Rival>, StrategyError> {
    assemble(strategy.factors(), setup(scenario, store, seed, runtime), Contend::new(population, runtime))
}

/// What every strategy of a scenario is given.
pub(super) fn setup(scenario: &Scenario, store: MemoryStore, seed: u64, runtime: &Handle) -> Setup<AnyStore> {
    let faults = Faults { save_delay: scenario.save, ..Faults::default() };
    Setup {
        store: in_memory(store, faults),
        capacity: NonZeroUsize::try_from(scenario.capacity).expect("a capacity fits the address space"),
        durability: Durability::WriteThrough,
        model: scenario.model.as_ref().map_or_else(SimulatorConfig::default, |model| simulated(model, seed)),
        prompts: Prompts::default(),
        // Not the ids of the population.
        ids: IdSource::seeded(!seed),
        runtime: runtime.clone(),
    }
}

fn simulated(model: &Model, seed: u64) -> SimulatorConfig {
    SimulatorConfig {
        latency: model.latency(),
        chunk_interval: model.chunk_interval(),
        chunks: model.chunks.clone(),
        tool_calls: model.tool_calls_percent.probability(),
        transient_failures: model.transient_percent.probability(),
        fatal_failures: model.fatal_percent.probability(),
        seed,
    }
}

/// Turns a backend of any types into a rival.
pub(super) struct Contend {
    runtime: Handle,
    ids: Arc<[ContextId]>,
}

impl Contend {
    pub(super) fn new(population: &Population, runtime: &Handle) -> Self {
        Self { runtime: runtime.clone(), ids: population.ids.clone() }
    }
}

impl Assembly for Contend {
    type Output = Box<dyn Rival>;

    fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) -> Box<dyn Rival> {
        let service = Arc::new(backend);
        let (backend, runtime): (Arc<dyn DynBackend>, _) = (service.clone(), self.runtime);
        let saved = backend.clone();
        let auto_save = runtime.spawn(async move { saved.auto_save(AUTO_SAVE).await });
        let handle = runtime.clone();
        let start = move |client, slice, kind, give_back| {
            spawn(&handle, service.clone(), client, slice, kind, give_back);
        };
        Box::new(Contender { start: Box::new(start), backend, auto_save, runtime, ids: self.ids })
    }
}

/// Lets a client ask `service` for one slice.
pub(super) fn spawn(
    runtime: &Handle,
    service: Arc<impl ChatService>,
    mut client: Client,
    slice: Arc<Slice>,
    kind: Kind,
    give_back: GiveBack,
) {
    runtime.spawn(async move {
        client.run(&*service, &slice, kind).await;
        give_back(client);
    });
}

/// Starts a client; see [`Rival::start`].
type Start = dyn Fn(Client, Arc<Slice>, Kind, GiveBack) + Send + Sync;

struct Contender {
    /// The one thing that knows the types inside: clients ask it directly, and nothing of what they ask is boxed.
    start: Box<Start>,
    backend: Arc<dyn DynBackend>,
    auto_save: JoinHandle<()>,
    runtime: Handle,
    ids: Arc<[ContextId]>,
}

impl Rival for Contender {
    fn start(&self, client: Client, slice: Arc<Slice>, kind: Kind, give_back: GiveBack) {
        (self.start)(client, slice, kind, give_back);
    }

    fn warm(&self) {
        self.runtime.block_on(async {
            for id in self.ids.iter() {
                if let Err(error) = self.backend.state(*id).await {
                    tracing::warn!(%error, "a session could not be read while warming up");
                }
            }
        });
    }

    fn tidy(&self, made: Vec<ContextId>, grown: &[usize], population: &Population) {
        self.runtime.block_on(async {
            for id in made {
                if let Err(error) = self.backend.delete(id).await {
                    tracing::warn!(%error, "a session made during a slice could not be deleted");
                }
            }
            for index in grown {
                let (id, initial) = (population.ids[*index], &population.contexts[*index]);
                // One in which a turn is at work is trimmed another time.
                if let Err(error) = self.backend.restore(id, initial).await {
                    tracing::warn!(%error, "a session could not be trimmed");
                }
            }
        });
    }

    fn traffic(&self) -> Traffic {
        self.runtime.block_on(self.backend.traffic())
    }

    fn backend(&self) -> Option<Arc<dyn DynBackend>> {
        Some(self.backend.clone())
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        self.auto_save.abort();
    }
}
