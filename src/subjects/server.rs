//! A server that runs elsewhere, as a subject: asked over HTTP by the same clients.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};

use lockyard_bench::{
    Broken, Fault, HistoryWriter, Meter, Recorded, Recorder, Settled, Setup, Subject, System, json_lines,
};
use lockyard_history::Given;
use parking_lot::Mutex;

use crate::backend::chat::{ContextId, StateKind};
use crate::backend::remote::Address;
use crate::backend::service::{MessagePage, ServiceError};
use crate::checks::invariants;
use crate::checks::spec::{Answer, Call, Recording, Sessions, acknowledged, has_unknown_changes};
use crate::workload::{Scenario, Step};

use super::ask::ask;
use super::client::Client;
use super::population::Populations;
use super::questions::Questions;
use super::recording::{name_of, record};
use super::server_sessions::ServerSessions;
use super::settling;

/// A server to be measured from outside.
#[derive(Clone, Debug)]
pub struct Server {
    name: String,
    address: Address,
}

impl Server {
    /// The server at this address, under a name for reports.
    pub fn new(name: impl Into<String>, address: Address) -> Self {
        Self { name: name.into(), address }
    }

    /// What reports call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }
}

impl Server {
    /// The server as a subject: measured and judged over the same sessions, which are made through its own routes.
    #[must_use]
    pub fn subject(&self) -> Subject<Scenario> {
        let place = Arc::new(ServerSites::new(self.clone()));
        let (measured, judged) = (place.clone(), place);
        Subject::new(self.name(), move |setup: &Setup<'_, Scenario>| measured.asked(setup))
            .outside()
            .settled_as(move |setup| judged.asked(setup))
            .into()
    }
}

/// Where a server's sessions are made once, for all that ask it meanwhile.
struct ServerSites {
    server: Server,
    populations: Populations,
    /// The site of each scenario that is measured now.
    sites: Mutex<Vec<(String, Weak<ServerSessions>)>>,
}

impl ServerSites {
    fn new(server: Server) -> Self {
        Self { server, populations: Populations::default(), sites: Mutex::default() }
    }

    fn asked(&self, setup: &Setup<'_, Scenario>) -> Result<ServerSystem, Fault> {
        let scenario = setup.workload();
        let population = self.populations.of(scenario, setup.seed());
        let questions = Arc::new(Questions::new(scenario, &population, setup.seed()));
        let mut sites = self.sites.lock();
        sites.retain(|(_, site)| site.strong_count() > 0);
        let known =
            sites.iter().find(|(name, _)| *name == scenario.name).and_then(|(_, site)| site.upgrade());
        // A measured subject that is set up anew finds its old site still there only while it is judged.
        let site = if let Some(site) = known {
            site
        } else {
            let patience = settling::patience(scenario);
            let site = ServerSessions::new(self.server.address(), population, patience, |done, of| {
                setup.filled(done, of);
            })?;
            let site = Arc::new(site);
            sites.push((scenario.name.clone(), Arc::downgrade(&site)));
            site
        };
        Ok(ServerSystem { site, questions, made: Mutex::default(), stuck: Mutex::default() })
    }
}

/// A server that is asked.
struct ServerSystem {
    site: Arc<ServerSessions>,
    questions: Arc<Questions>,
    /// Sessions that recording clients made, by their numbers.
    made: Mutex<BTreeMap<u32, ContextId>>,
    /// Sessions that are left in a working state, with no task working on them.
    stuck: Mutex<Vec<(u32, StateKind)>>,
}

impl System<Scenario> for ServerSystem {
    type Client = Client;

    async fn client(&self, task: usize) -> Result<Client, Fault> {
        Ok(Client::new(task))
    }

    fn call(&self, client: &mut Client, step: &Step, meter: &mut Meter) -> impl Future<Output = ()> + Send {
        ask(&*self.site.service, &self.questions, client, step, meter)
    }

    async fn reset(&self, clients: &mut [&mut Client]) -> Result<(), Fault> {
        let made = clients.iter_mut().flat_map(|client| client.made.drain(..)).collect();
        let grown = clients.iter_mut().flat_map(|client| client.grown.drain(..));
        let grown = grown.map(|index| index as usize).collect();
        self.site.keep(move |site| async move { site.tidy(made, grown).await }).await;
        Ok(())
    }

    async fn lost(&self) -> Option<Fault> {
        self.site.keep(|site| async move { site.lost().await }).await
    }
}

impl Recorded<Scenario> for ServerSystem {
    type Spec = Sessions;

    fn spec(&self) -> &Sessions {
        &Sessions
    }

    fn history_writer(&self) -> Option<HistoryWriter<Sessions>> {
        Some(json_lines)
    }

    async fn given(&self) -> Result<Vec<Given<Sessions>>, Fault> {
        let given = self.site.keep(|site| async move {
            site.tidy(Vec::new(), Vec::new()).await;
            if !site.is_tidy() {
                return Err(Fault::new("some sessions hold messages of another slice"));
            }
            site.contexts().await.map_err(Fault::new)
        });
        let given = given.await?.into_iter();
        Ok(given.map(|(key, context)| (key, Call::Given, Answer::Context(context))).collect())
    }

    fn record(
        &self,
        client: &mut Client,
        step: &Step,
        log: &mut Recorder<'_, Sessions>,
    ) -> impl Future<Output = ()> + Send {
        record(&*self.site.service, &self.questions, client, step, log)
    }

    async fn closing(
        &self,
        clients: &mut [&mut Client],
        answers: &Recording,
        log: &mut Recorder<'_, Sessions>,
    ) {
        let made: BTreeMap<_, _> =
            clients.iter().flat_map(|client| client.writing.made.iter().copied()).collect();
        self.made.lock().clone_from(&made);
        let given = 0..self.questions.ids.len() as u32;
        let answered = acknowledged(answers).map(|change| change.key).chain(made.keys().copied());
        let unknown = given.chain(made.keys().copied()).filter(|key| has_unknown_changes(answers, *key));
        let changed: BTreeSet<u32> = answered.chain(unknown).collect();
        for (key, id) in changed.iter().filter_map(|key| Some((*key, self.id(*key)?))) {
            if let Err(error) = self.look(key, id, log).await {
                tracing::warn!(%error, "not all sessions could be looked at after a slice");
                break;
            }
        }
        // What the clients made goes with the slice, and what has grown is replaced.
        for client in clients.iter_mut() {
            client.made.extend(client.writing.made.drain(..).map(|(_, id)| id));
        }
        if let Some(first) = clients.first_mut() {
            first.grown.extend(changed.into_iter().filter(|key| (*key as usize) < self.questions.ids.len()));
        }
    }

    fn name(&self, key: u32) -> String {
        name_of(key, self.id(key))
    }
}

impl ServerSystem {
    /// The id that the server has given to the session of this number.
    fn id(&self, key: u32) -> Option<ContextId> {
        self.site.id(key).or_else(|| self.made.lock().get(&key).copied())
    }

    /// Reads a session once more, whole, once no turn is at work in it.
    async fn look(
        &self,
        key: u32,
        id: ContextId,
        log: &mut Recorder<'_, Sessions>,
    ) -> Result<(), ServiceError> {
        let rest = self.site.keep(move |site| async move { site.rest(id).await }).await?;
        self.stuck.lock().extend(rest.filter(|kind| kind.is_working()).map(|kind| (key, kind)));
        let ticket = log.invoke(key, Call::Context);
        let context = self.site.keep(move |site| async move { site.context(id).await }).await?;
        let total = if let Answer::Context(context) = context { context.total } else { 0 };
        log.ok(ticket, context);
        let limit = MessagePage::MAX_LIMIT;
        for offset in (0..total).step_by(limit) {
            let ticket = log.invoke(key, Call::Page { offset, limit: limit as u32 });
            let page = self.site.keep(move |site| async move { site.page(id, offset).await }).await?;
            log.ok(ticket, page);
        }
        Ok(())
    }
}

impl Settled<Scenario> for ServerSystem {
    /// Of a server only what was answered is known, and where sessions are left.
    async fn settled(&self, answers: &Recording) -> Vec<Broken> {
        let none = BTreeMap::new();
        let found = [
            invariants::versions(answers, &none),
            self.stuck.lock().iter().map(|&(key, kind)| invariants::stuck(key, kind)).collect(),
        ];
        found.into_iter().flatten().map(settling::broken).collect()
    }
}
