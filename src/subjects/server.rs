//! Servers that run elsewhere, as a subject: one alone or a group, asked over HTTP by the same clients.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};

use lockyard_bench::record::{Route, ServerGroup};
use lockyard_bench::{
    Broken, Fault, HistoryWriter, JudgedScope, Meter, Recorded, Recorder, Settled, Setup, Subject, System,
    json_lines,
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
use super::group::{GroupClient, RemoteGroup};
use super::planned_sessions::PlannedSessions;
use super::population::Populations;
use super::questions::Questions;
use super::recording::{name_of, record};
use super::server_sessions::ServerSessions;
use super::settling;

/// Servers to be measured from outside, as one.
#[derive(Clone, Debug)]
pub struct Server {
    name: String,
    addresses: Vec<Address>,
    route: Route,
}

/// Why addresses are no group of servers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// There is none.
    #[error("a group has no servers: give the address of one at least")]
    Empty,
    /// One is there twice.
    #[error("{address} is given twice in one group, and would get twice the requests: give each server once")]
    Twice {
        /// The address.
        address: String,
    },
}

impl Server {
    /// The server at this address, under a name for reports.
    pub fn new(name: impl Into<String>, address: Address) -> Self {
        Self { name: name.into(), addresses: vec![address], route: Route::default() }
    }

    /// The servers at these addresses, which keep the same sessions, as one subject under a name for reports.
    ///
    /// # Errors
    /// There is none, or one is there twice.
    pub fn group(name: impl Into<String>, addresses: Vec<Address>, route: Route) -> Result<Self, GroupError> {
        if addresses.is_empty() {
            return Err(GroupError::Empty);
        }
        let shown: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        let twice = shown.iter().enumerate().find(|(nth, address)| shown[..*nth].contains(address));
        match twice {
            Some((_, address)) => Err(GroupError::Twice { address: address.clone() }),
            None => Ok(Self { name: name.into(), addresses, route }),
        }
    }

    /// What reports call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first of its servers.
    pub fn first(&self) -> &Address {
        // A group has one at least.
        &self.addresses[0]
    }

    /// Where its servers are, and which of them gets which request, as records have it.
    pub fn servers(&self) -> ServerGroup {
        ServerGroup { addresses: self.addresses.iter().map(ToString::to_string).collect(), route: self.route }
    }

    /// The servers as a subject: measured and judged over the same sessions, which are made through their own routes.
    #[must_use]
    pub fn subject(&self) -> Subject<Scenario> {
        let place = Arc::new(ServerSites::new(self.clone()));
        let (measured, judged) = (place.clone(), place);
        Subject::new(self.name(), move |setup: &Setup<'_, Scenario>| measured.asked(setup))
            .asked_at(self.servers())
            .settled_as(move |setup| judged.asked(setup))
            .into()
    }
}

/// Where a group's sessions are made once, for all that ask it meanwhile.
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
            let group = RemoteGroup::new(&self.server.addresses, self.server.route);
            let planned = setup.planned().map(|planned| PlannedSessions::of(&planned));
            let site = ServerSessions::new(group, population, planned, patience, |done, of| {
                setup.filled(done, of);
            })?;
            let site = Arc::new(site);
            sites.push((scenario.name.clone(), Arc::downgrade(&site)));
            site
        };
        let (seed, made, stuck) = (setup.seed(), Mutex::default(), Mutex::default());
        let scope = setup.planned().and_then(|planned| planned.judged);
        Ok(ServerSystem { site, questions, seed, scope, made, stuck })
    }
}

/// Servers that are asked.
struct ServerSystem {
    site: Arc<ServerSessions>,
    questions: Arc<Questions>,
    /// Decides which server a client asks.
    seed: u64,
    /// Of a plan of several machines: whose operations are recorded.
    scope: Option<JudgedScope>,
    /// Sessions that recording clients made, by their numbers.
    made: Mutex<BTreeMap<u32, ContextId>>,
    /// Sessions that are left in a working state, with no task working on them.
    stuck: Mutex<Vec<(u32, StateKind)>>,
}

/// What one task owns: what any client does, and its way to the servers.
struct ServerClient {
    client: Client,
    service: GroupClient,
}

impl System<Scenario> for ServerSystem {
    type Client = ServerClient;

    async fn client(&self, task: usize) -> Result<ServerClient, Fault> {
        let service = GroupClient::new(&self.site.service, self.seed, task);
        Ok(ServerClient { client: Client::new(task), service })
    }

    fn call(
        &self,
        ServerClient { client, service }: &mut ServerClient,
        step: &Step,
        meter: &mut Meter,
    ) -> impl Future<Output = ()> + Send {
        ask(&*service, &self.questions, client, step, meter)
    }

    async fn reset(&self, clients: &mut [&mut ServerClient]) -> Result<(), Fault> {
        let made = clients.iter_mut().flat_map(|it| it.client.made.drain(..)).collect();
        let grown = clients.iter_mut().flat_map(|it| it.client.grown.drain(..));
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
        if let Some(planned) = self.site.planned() {
            if self.scope == Some(JudgedScope::Own) && !planned.has_own(self.questions.ids.len() as u32) {
                return Err(Fault::new(
                    "there are fewer than two sessions for each machine, so that none is one machine's alone",
                ));
            }
            let initial = self.site.initial().iter();
            return Ok(initial.map(|(key, it)| (*key, Call::Given, Answer::Context(*it))).collect());
        }
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
        ServerClient { client, service }: &mut ServerClient,
        step: &Step,
        log: &mut Recorder<'_, Sessions>,
    ) -> impl Future<Output = ()> + Send {
        let step = self.step(*step);
        async move { record(&*service, &self.questions, client, &step, log).await }
    }

    async fn closing(
        &self,
        clients: &mut [&mut ServerClient],
        answers: &Recording,
        log: &mut Recorder<'_, Sessions>,
    ) {
        let made: BTreeMap<_, _> =
            clients.iter().flat_map(|it| it.client.writing.made.iter().copied()).collect();
        self.made.lock().clone_from(&made);
        let given = 0..self.questions.ids.len() as u32;
        let answered = acknowledged(answers).map(|change| change.key).chain(made.keys().copied());
        let unknown = given.chain(made.keys().copied()).filter(|key| has_unknown_changes(answers, *key));
        let changed: BTreeSet<u32> = answered.chain(unknown).collect();
        'looks: for (key, id) in changed.iter().filter_map(|key| Some((*key, self.id(*key)?))) {
            for server in self.site.asked_of(key, id) {
                if let Err(error) = self.look(server, key, id, log).await {
                    tracing::warn!(%error, "not all sessions could be looked at after a slice");
                    break 'looks;
                }
            }
        }
        // What the clients made goes with the slice, and what has grown is replaced.
        for client in clients.iter_mut() {
            let client = &mut client.client;
            client.made.extend(client.writing.made.drain(..).map(|(_, id)| id));
        }
        if let Some(first) = clients.first_mut() {
            first
                .client
                .grown
                .extend(changed.into_iter().filter(|key| (*key as usize) < self.questions.ids.len()));
        }
    }

    fn name(&self, key: u32) -> String {
        name_of(key, self.id(key))
    }
}

impl ServerSystem {
    /// What is asked for this step where it is recorded: machines of one plan keep off each other's sessions.
    fn step(&self, step: Step) -> Step {
        let sessions = self.questions.ids.len() as u32;
        match (self.site.planned(), self.scope) {
            (Some(planned), Some(scope)) => {
                Step { session: planned.asked(scope, step.session, sessions), ..step }
            }
            _ => step,
        }
    }

    /// The id that the server has given to the session of this number.
    fn id(&self, key: u32) -> Option<ContextId> {
        self.site.id(key).or_else(|| self.made.lock().get(&key).copied())
    }

    /// Reads a session once more, whole, at this server, once no turn is at work in it. Of a group every server that clients may
    /// ask is looked at: one that is behind the others answers with what is not true any more.
    async fn look(
        &self,
        server: usize,
        key: u32,
        id: ContextId,
        log: &mut Recorder<'_, Sessions>,
    ) -> Result<(), ServiceError> {
        let rest = self.site.keep(move |site| async move { site.rest(server, id).await }).await?;
        self.stuck.lock().extend(rest.filter(|kind| kind.is_working()).map(|kind| (key, kind)));
        let ticket = log.invoke(key, Call::Context);
        let context = self.site.keep(move |site| async move { site.context(server, id).await }).await?;
        let total = if let Answer::Context(context) = context { context.total } else { 0 };
        log.ok(ticket, context);
        let limit = MessagePage::MAX_LIMIT;
        for offset in (0..total).step_by(limit) {
            let ticket = log.invoke(key, Call::Page { offset, limit: limit as u32 });
            let page = self.site.keep(move |site| async move { site.page(server, id, offset).await }).await?;
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
