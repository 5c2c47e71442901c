//! A strategy in this process, set up under a scenario: clients ask it directly, and whatever is not measured is asked
//! through objects.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lockyard_bench::{
    Broken, CacheCounters, Counters, Fault, HistoryWriter, Meter, Recorded, Recorder, Runtime, Settled,
    System, json_lines,
};
use lockyard_history::Given;
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::backend::chat::{ChatContextDTO, ContextId};
use crate::backend::service::{ChatService, DynBackend};
use crate::checks::spec::{Answer, Call, Context, Recording, Sessions};
use crate::workload::{Scenario, Step};

use super::ask::ask;
use super::client::Client;
use super::population::Population;
use super::questions::Questions;
use super::recording::{name_of, record};
use super::settling;

/// How often whatever is unsaved is saved in the background.
const AUTO_SAVE: Duration = Duration::from_secs(1);

/// A chat service with the backend behind it.
pub(super) struct InProcess<S> {
    service: Arc<S>,
    context: ServiceContext,
}

/// What stands behind a service, and is the same for all: so whatever is not measured is compiled once.
struct ServiceContext {
    backend: Arc<dyn DynBackend>,
    questions: Arc<Questions>,
    population: Arc<Population>,
    /// Messages that each session has gained since it was last restored.
    growth: Mutex<Vec<u32>>,
    /// Sessions that recording clients made, by their numbers.
    made: Mutex<BTreeMap<u32, ContextId>>,
    auto_save: JoinHandle<()>,
}

impl<S: ChatService> InProcess<S> {
    /// Clients ask `service`, and behind it stands `backend`. Reads every session once, so that the cache is as full as it
    /// will be.
    pub(super) fn new(
        service: Arc<S>,
        backend: Arc<dyn DynBackend>,
        questions: Arc<Questions>,
        population: Arc<Population>,
        runtime: &Runtime,
    ) -> Self {
        Self { service, context: ServiceContext::new(backend, questions, population, runtime) }
    }
}

impl ServiceContext {
    fn new(
        backend: Arc<dyn DynBackend>,
        questions: Arc<Questions>,
        population: Arc<Population>,
        runtime: &Runtime,
    ) -> Self {
        let saved = backend.clone();
        let auto_save =
            runtime.spawn(|| "auto-save".to_owned(), async move { saved.auto_save(AUTO_SAVE).await });
        runtime.block_on(async {
            for id in population.ids.iter() {
                if let Err(error) = backend.state(*id).await {
                    tracing::warn!(%error, "a session could not be read while warming up");
                }
            }
        });
        let (growth, made) = (Mutex::default(), Mutex::default());
        Self { backend, questions, population, growth, made, auto_save }
    }

    /// Notes which sessions have grown, and which of these are longer by a quarter than they began.
    fn grown(&self, clients: &mut [&mut Client]) -> Vec<usize> {
        let mut growth = self.growth.lock();
        let mut long = Vec::new();
        // Not before it is needed: what a strategy keeps for each session is counted.
        growth.resize(self.population.contexts.len(), 0);
        for index in clients.iter_mut().flat_map(|client| client.grown.drain(..)) {
            let index = index as usize;
            growth[index] += 1;
            if growth[index] as usize == self.population.contexts[index].pool().len() / 4 + 1 {
                long.push(index);
            }
        }
        for index in &long {
            growth[*index] = 0;
        }
        long
    }

    /// The id of the session with this number, if it is known.
    fn id(&self, key: u32) -> Option<ContextId> {
        self.population.ids.get(key as usize).copied().or_else(|| self.made.lock().get(&key).copied())
    }

    /// Deletes the sessions that clients made, and gives those that have grown the messages back that they began with.
    /// Otherwise the last slice would not measure what the first did, and the fastest subject would have the longest
    /// conversations.
    async fn reset(&self, clients: &mut [&mut Client]) -> Result<(), Fault> {
        for id in clients.iter_mut().flat_map(|client| client.made.drain(..)).collect::<Vec<_>>() {
            if let Err(error) = self.backend.delete(id).await {
                tracing::warn!(%error, "a session made during a slice could not be deleted");
            }
        }
        for index in self.grown(clients) {
            let (id, initial) = (self.population.ids[index], &self.population.contexts[index]);
            // One in which a turn is at work is trimmed another time.
            if let Err(error) = self.backend.restore(id, initial).await {
                tracing::warn!(%error, "a session could not be trimmed");
            }
        }
        Ok(())
    }

    async fn counters(&self) -> Counters {
        let traffic = self.backend.traffic().await;
        let cache = CacheCounters {
            misses: traffic.misses,
            evictions: traffic.cache.evictions,
            turned_away: traffic.cache.refused,
        };
        Counters { cache: Some(cache), others: Vec::new() }
    }
}

impl<S: ChatService> System<Scenario> for InProcess<S> {
    type Client = Client;

    fn client(&self, task: usize) -> impl Future<Output = Result<Client, Fault>> + Send {
        ready(Ok(Client::new(task)))
    }

    fn call(&self, client: &mut Client, step: &Step, meter: &mut Meter) -> impl Future<Output = ()> + Send {
        ask(&*self.service, &self.context.questions, client, step, meter)
    }

    fn reset(&self, clients: &mut [&mut Client]) -> impl Future<Output = Result<(), Fault>> + Send {
        self.context.reset(clients)
    }

    fn counters(&self) -> impl Future<Output = Counters> + Send {
        self.context.counters()
    }
}

impl<S: ChatService> Recorded<Scenario> for InProcess<S> {
    type Spec = Sessions;

    fn spec(&self) -> &Sessions {
        &Sessions
    }

    fn history_writer(&self) -> Option<HistoryWriter<Sessions>> {
        Some(json_lines)
    }

    async fn given(&self) -> Result<Vec<Given<Sessions>>, Fault> {
        let given = |(key, context)| {
            let context = Context::from(&ChatContextDTO::from(context));
            (key, Call::Given, Answer::Context(context))
        };
        Ok((0..).zip(&self.context.population.contexts).map(given).collect())
    }

    fn record(
        &self,
        client: &mut Client,
        step: &Step,
        log: &mut Recorder<'_, Sessions>,
    ) -> impl Future<Output = ()> + Send {
        record(&*self.service, &self.context.questions, client, step, log)
    }

    async fn closing(&self, clients: &mut [&mut Client], _: &Recording, _: &mut Recorder<'_, Sessions>) {
        self.context
            .made
            .lock()
            .extend(clients.iter().flat_map(|client| client.writing.made.iter().copied()));
    }

    fn name(&self, key: u32) -> String {
        name_of(key, self.context.id(key))
    }
}

impl<S: ChatService> Settled<Scenario> for InProcess<S> {
    async fn settled(&self, answers: &Recording) -> Vec<Broken> {
        let context = &self.context;
        let given = (0..).zip(context.population.ids.iter().copied());
        let names = given.chain(context.made.lock().iter().map(|(key, id)| (*key, *id))).collect();
        let deadline = Instant::now() + settling::patience(&context.questions.scenario);
        settling::settled(&*context.backend, &context.questions.scenario, answers, &names, deadline).await
    }
}

impl Drop for ServiceContext {
    fn drop(&mut self) {
        self.auto_save.abort();
    }
}
