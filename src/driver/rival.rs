//! One strategy, set up under one scenario and ready to be measured slice by slice.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::backend::chat::ContextId;
use crate::backend::service::{
    Backend, ChatService, DynBackend, DynChatService, Prompts, Simulator, SimulatorConfig, Surrounded,
};
use crate::backend::session::{Durability, Env, Traffic};
use crate::backend::store::{Faults, MemoryStore, Store};
use crate::strategy::{
    AnyStore, Assembly, IdSource, Setup, Strategy, StrategyError, TokioClock, assemble, assemble_dyn,
    assemble_tracked, in_memory,
};
use crate::workload::{Model, Scenario};
use lockyard_track::Watch;

use super::client::Client;
use super::leaving::Requests;
use super::population::Population;
use super::site::Site;
use super::slice::Slice;
use super::stage::Stage;
use super::tracking;

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

    /// Who is there to judge; nobody where there is no backend behind it.
    fn subject(&self) -> Option<Subject> {
        None
    }

    /// Where it runs, if that is anybody's concern.
    fn stage(&self) -> Option<&Stage> {
        None
    }

    /// The server that it is, if it is one.
    fn site(&self) -> Option<&Site> {
        None
    }
}

/// Who is judged.
pub(super) struct Subject {
    /// What clients ask.
    pub(super) service: Arc<dyn DynChatService>,
    /// What stands behind it, to be looked at when all have asked.
    pub(super) backend: Arc<dyn DynBackend>,
    pub(super) stage: Stage,
}

/// A store that holds the population.
pub(super) fn stock(population: &Population, runtime: &Handle) -> MemoryStore {
    let store = MemoryStore::default();
    for context in &population.contexts {
        runtime.block_on(store.put(context.clone())).expect("a memory store takes everything");
    }
    store
}

/// Sets a strategy up under a scenario, over the population's `store`: with tracked locks if the stage has a tracker, and
/// with clients of which the share `leave` goes away. With neither, nothing stands between clients and strategy.
pub(super) fn set_up(
    strategy: &Strategy,
    scenario: &Scenario,
    population: &Population,
    store: MemoryStore,
    seed: u64,
    stage: &Stage,
    leave: Option<f64>,
) -> Result<Box<dyn Rival>, StrategyError> {
    let (factors, setup) = (strategy.factors(), setup(scenario, store, seed, stage.runtime()));
    let contend = Contend::new(population, stage);
    let backend = match stage.tracker() {
        None if leave.is_none() => return assemble(factors, setup, contend),
        None => assemble_dyn(factors, setup)?,
        Some(tracker) => assemble_tracked(factors, setup, tracker)?,
    };
    let service: Arc<dyn DynChatService> = backend.clone();
    let requests = Requests::new(scenario, leave.unwrap_or_default(), seed);
    let service = Arc::new(Surrounded::new(service, requests));
    Ok(contend.with_service(service, backend))
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
    stage: Stage,
    ids: Arc<[ContextId]>,
}

impl Contend {
    pub(super) fn new(population: &Population, stage: &Stage) -> Self {
        Self { stage: stage.clone(), ids: population.ids.clone() }
    }

    /// Clients ask `service`, and behind it stands `backend`.
    fn with_service(self, service: Arc<impl ChatService>, backend: Arc<dyn DynBackend>) -> Box<dyn Rival> {
        let Self { stage, ids } = self;
        let saved = backend.clone();
        let auto_save =
            stage.spawn(|| "auto-save".to_owned(), async move { saved.auto_save(AUTO_SAVE).await });
        let (asked, client_stage) = (service.clone(), stage.clone());
        let start = move |client, slice, kind, give_back| {
            spawn(&client_stage, asked.clone(), client, slice, kind, give_back);
        };
        let watch = stage.tracker().map(|tracker| tracker.watch(tracking::PATIENCE));
        Box::new(Contender { start: Box::new(start), service, backend, auto_save, stage, ids, _watch: watch })
    }
}

impl Assembly for Contend {
    type Output = Box<dyn Rival>;

    fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) -> Box<dyn Rival> {
        let service = Arc::new(backend);
        self.with_service(service.clone(), service)
    }
}

/// Lets a client ask `service` for one slice.
pub(super) fn spawn(
    stage: &Stage,
    service: Arc<impl ChatService>,
    mut client: Client,
    slice: Arc<Slice>,
    kind: Kind,
    give_back: GiveBack,
) {
    let index = client.index;
    stage.spawn(|| format!("client {index}"), async move {
        client.run(&*service, &slice, kind).await;
        give_back(client);
    });
}

/// Starts a client; see [`Rival::start`].
type Start = dyn Fn(Client, Arc<Slice>, Kind, GiveBack) + Send + Sync;

struct Contender {
    /// The one thing that knows the types inside: clients ask it directly, and nothing of what they ask is boxed.
    start: Box<Start>,
    service: Arc<dyn DynChatService>,
    backend: Arc<dyn DynBackend>,
    auto_save: JoinHandle<()>,
    stage: Stage,
    ids: Arc<[ContextId]>,
    _watch: Option<Watch>,
}

impl Rival for Contender {
    fn start(&self, client: Client, slice: Arc<Slice>, kind: Kind, give_back: GiveBack) {
        (self.start)(client, slice, kind, give_back);
    }

    fn warm(&self) {
        self.stage.block_on(async {
            for id in self.ids.iter() {
                if let Err(error) = self.backend.state(*id).await {
                    tracing::warn!(%error, "a session could not be read while warming up");
                }
            }
        });
    }

    fn tidy(&self, made: Vec<ContextId>, grown: &[usize], population: &Population) {
        self.stage.block_on(async {
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
        self.stage.block_on(self.backend.traffic())
    }

    fn subject(&self) -> Option<Subject> {
        let Self { service, backend, stage, .. } = self;
        Some(Subject { service: service.clone(), backend: backend.clone(), stage: stage.clone() })
    }

    fn stage(&self) -> Option<&Stage> {
        Some(&self.stage)
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        self.auto_save.abort();
    }
}
