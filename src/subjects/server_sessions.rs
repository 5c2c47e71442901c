//! A server, or a group of servers, with the sessions of a scenario: the same clients ask it over HTTP, and its sessions are made and
//! unmade through its own routes.
//!
//! A server gives its own ids; the clients still ask for those of the population, which stand for them. A session that
//! has grown cannot be trimmed from outside, so another takes its place. Judged slices ask the same server, over the
//! sessions that it has; when one is over, every session that it changed is read once more, as a part of the history: an
//! append that was lost is then missing from an answer.
//!
//! Of a group each session is made whole at one server, which a hash of its id gives: where sessions have owners, each server owns as
//! many. Once one server of the group is lost, the group is: what the others do by themselves is not what was to be measured.
//!
//! What it cannot see: what the server holds in memory and in its store beyond its answers. Whether acknowledged writes
//! outlive the server is not asked here.

mod making;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use lockyard_bench::Fault;
use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};

use crate::backend::chat::{ChatContext, ContextId, StateKind};
use crate::backend::service::{ChatService, MessagePage, RemoteFailure, ServiceError};
use crate::backend::session::SessionError;
use crate::checks::spec::{Answer, Context, Page};

use super::group::RemoteGroup;
use super::planned_sessions::PlannedSessions;
use super::population::Population;
use super::recording::sent_by;

/// Sessions that are made, looked at or deleted at once.
const AT_ONCE: usize = 32;

/// How long a server may take to say whether it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// How long leaving it may take.
const FAREWELL: Duration = Duration::from_secs(30);

/// Between two looks whether other machines have made their sessions.
const LOOK_FOR_OTHERS: Duration = Duration::from_millis(100);

/// Between two looks whether a turn has ended.
const LOOK: Duration = Duration::from_millis(1);

/// Servers with the sessions of a scenario.
pub(super) struct ServerSessions {
    /// For the clients, on the runtime that they run on.
    pub(super) service: Arc<RemoteGroup>,
    /// For what is done between slices, on a runtime that outlives every slice.
    keeper: RemoteGroup,
    /// One thread, so that its connections live between two questions, too. Taken by drop alone.
    runtime: Option<Runtime>,
    pub(super) population: Arc<Population>,
    /// How long one answer may take, and a turn to end.
    patience: Duration,
    /// What is shared with other load machines, if there are any.
    planned: Option<PlannedSessions>,
    /// How each session was once all were whole, where other machines may change it later.
    initial: Vec<(u32, Context)>,
    /// What is known of each server.
    states: Vec<ServerState>,
    /// Sessions, by their place in the population, that should have been replaced and could not be.
    stale: Mutex<BTreeSet<usize>>,
}

/// What is known of one server of a group.
#[derive(Default)]
struct ServerState {
    /// Requests without an answer whose outcome was looked into.
    looked_into: AtomicU64,
    gone: AtomicBool,
}

impl ServerSessions {
    /// Gives the server the sessions of the population, and reports to `filled` how many are there.
    ///
    /// # Errors
    /// If it cannot be reached or refuses.
    pub(super) fn new(
        group: RemoteGroup,
        population: Arc<Population>,
        planned: Option<PlannedSessions>,
        patience: Duration,
        filled: impl Fn(usize, usize),
    ) -> Result<Self, Fault> {
        let service = Arc::new(group);
        let runtime =
            Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(Fault::new)?;
        let mut site = Self {
            planned,
            initial: Vec::new(),
            keeper: service.with_own_connections(),
            states: service.servers().iter().map(|_| ServerState::default()).collect(),
            service,
            runtime: Some(runtime),
            population,
            patience,
            stale: Mutex::default(),
        };
        let cannot = |nth: usize, error: ServiceError| {
            site.states[nth].gone.store(error.is_unanswered(), Relaxed);
            let address = site.keeper.servers()[nth].address();
            let help = match error {
                ServiceError::RemoteFailure { outcome: RemoteFailure::Unreachable, .. } => {
                    "; start one there with `lockyard serve`"
                }
                _ => "",
            };
            Fault::new(format_args!("the server at {address}: {error}{help}")).at(address)
        };
        site.runtime().block_on(async {
            let mut identities = Vec::new();
            for (nth, server) in site.keeper.servers().iter().enumerate() {
                let cannot = |error| cannot(nth, error);
                in_time(SIGN_OF_LIFE, server.ready()).await.map_err(cannot)?;
                in_time(SIGN_OF_LIFE, server.list_contexts(None, 1)).await.map_err(cannot)?;
                identities.push(in_time(SIGN_OF_LIFE, server.identity()).await.map_err(cannot)?);
            }
            site.are_one_system(&identities)?;
            let of = site.population.contexts.len();
            let made = async |(index, context): (usize, &ChatContext)| {
                site.make(index, context).await.map_err(|error| cannot(site.keeper.home(context.id()), error))
            };
            let mut made = stream::iter(site.population.contexts.iter().enumerate())
                .map(made)
                .buffer_unordered(AT_ONCE)
                .enumerate();
            while let Some((nth, made)) = made.next().await {
                made?;
                filled(nth + 1, of);
            }
            Ok::<_, Fault>(())
        })?;
        if let Some(planned) = planned {
            site.initial = site.runtime().block_on(site.whole(&planned))?;
        }
        Ok(site)
    }

    /// Refuses servers of a group that say of themselves that they are of different versions: what would be measured is no system
    /// that anybody runs for long. Those that say nothing are taken as they are.
    fn are_one_system(&self, identities: &[Option<String>]) -> Result<(), Fault> {
        let mut known = self
            .keeper
            .servers()
            .iter()
            .zip(identities)
            .filter_map(|(it, identity)| Some((it, identity.as_ref()?)));
        let Some((first, expected)) = known.next() else { return Ok(()) };
        match known.find(|(_, identity)| *identity != expected) {
            None => Ok(()),
            Some((other, identity)) => Err(Fault::new(format_args!(
                "the servers of a group are one system, and these are not of one version: {} is {expected}, {} is {identity}; \
                 start both from one build, or measure them under two names",
                first.address(),
                other.address(),
            ))
            .at(other.address())),
        }
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("only drop takes it")
    }

    /// Does something of the site's own on the runtime that its connections live on.
    pub(super) async fn keep<R: Send + 'static, F: Future<Output = R> + Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(Arc<Self>) -> F + Send + 'static,
    ) -> R {
        let done = self.runtime().spawn(work(self.clone()));
        done.await.expect("what is done between slices does not panic")
    }

    /// Which servers are gone and why, if any is. Asks those only that have not answered something.
    pub(super) async fn lost(&self) -> Option<Fault> {
        let mut lost: Option<Fault> = None;
        let of = self.states.len();
        let both = self.service.servers().iter().zip(self.keeper.servers());
        for ((service, keeper), state) in both.zip(&self.states) {
            let silences = || service.unanswered() + keeper.unanswered();
            if silences() == state.looked_into.load(Relaxed) {
                continue;
            }
            let alive = in_time(SIGN_OF_LIFE, keeper.ready()).await;
            state.looked_into.store(silences(), Relaxed);
            let Err(error) = alive else { continue };
            let address = keeper.address();
            let reason = if of == 1 {
                error.to_string()
            } else {
                format!("{address}, one of the {of} servers of its group: {error}")
            };
            tracing::error!(reason, "the server has gone");
            state.gone.store(true, Relaxed);
            lost = Some(match lost {
                None => Fault::new(reason).at(address),
                // At the first of them: a finding has one place, and its words name all.
                Some(first) => Fault { reason: format!("{}; {reason}", first.reason), ..first },
            });
        }
        lost
    }

    /// The places of all servers that clients may ask of the session with this number, which the servers call `id`.
    pub(super) fn asked_of(&self, key: u32, id: ContextId) -> Vec<usize> {
        self.keeper.asked_of(self.population.ids.get(key as usize).copied().unwrap_or(id))
    }

    /// The id that the server has given to the session of this number.
    pub(super) fn id(&self, key: u32) -> Option<ContextId> {
        self.population.ids.get(key as usize).map(|id| self.keeper.named(*id))
    }

    /// Whether each session has the messages that it began with.
    pub(super) fn is_tidy(&self) -> bool {
        self.stale.lock().is_empty()
    }

    /// What is shared with other load machines, if there are any.
    pub(super) fn planned(&self) -> Option<&PlannedSessions> {
        self.planned.as_ref()
    }

    /// How each session was before any machine began.
    pub(super) fn initial(&self) -> &[(u32, Context)] {
        &self.initial
    }

    /// How every session is before a slice, once no turn is at work in it. One that is not there has been deleted by
    /// another client of the server.
    pub(super) async fn contexts(&self) -> Result<Vec<(u32, Context)>, ServiceError> {
        let look = async |(key, id): (u32, ContextId)| {
            let home = self.keeper.home(id);
            self.rest(home, id).await?;
            match in_time(self.patience, self.keeper.servers()[home].get_context(id)).await {
                Err(ServiceError::Session(SessionError::NotFound { .. })) => Ok(None),
                found => found.map(|context| Some((key, Context::from(&context)))),
            }
        };
        let keyed = (0..).zip(self.population.ids.iter().copied());
        let looks: Vec<_> = stream::iter(keyed).map(look).buffered(AT_ONCE).try_collect().await?;
        Ok(looks.into_iter().flatten().collect())
    }

    /// Waits until no turn is at work in a session, by this server's word, or patience ends. Where it stands then.
    pub(super) async fn rest(&self, server: usize, id: ContextId) -> Result<Option<StateKind>, ServiceError> {
        let deadline = Instant::now() + self.patience;
        loop {
            match in_time(self.patience, self.keeper.servers()[server].get_context_state(id)).await {
                Err(ServiceError::Session(SessionError::NotFound { .. })) => return Ok(None),
                Ok(now) if now.state.is_working() && Instant::now() < deadline => {
                    tokio::time::sleep(LOOK).await;
                }
                now => return Ok(Some(now?.state)),
            }
        }
    }

    /// How a session is by this server's word, or that it is not there any more.
    pub(super) async fn context(&self, server: usize, id: ContextId) -> Result<Answer, ServiceError> {
        match in_time(self.patience, self.keeper.servers()[server].get_context(id)).await {
            Err(ServiceError::Session(SessionError::NotFound { .. })) => Ok(Answer::Gone),
            context => context.map(|context| Answer::from(&context)),
        }
    }

    /// The messages of a session from one on, as many as one answer of this server carries.
    pub(super) async fn page(
        &self,
        server: usize,
        id: ContextId,
        offset: u32,
    ) -> Result<Answer, ServiceError> {
        let page = MessagePage { branch: None, limit: MessagePage::MAX_LIMIT, offset: offset as usize };
        let page =
            in_time(self.patience, self.keeper.servers()[server].get_context_messages(id, page)).await?;
        Ok(Answer::Page(Page::of(&page, sent_by)))
    }
}

/// Leaves the server as it was found.
impl Drop for ServerSessions {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let gone = self.states.iter().all(|state| state.gone.load(Relaxed));
        if let Some(planned) = &self.planned
            && !planned.wait_for_end()
        {
            tracing::warn!(
                "the plan goes on without this machine, so its sessions stay: delete them when all have ended"
            );
            std::thread::scope(|scope| drop(scope.spawn(|| drop(runtime)).join()));
            return;
        }
        let farewell = || {
            let leave = async {
                let own = |(index, _): &(usize, _)| self.planned.is_none_or(|planned| planned.is_own(*index));
                let sessions = self.population.ids.iter().enumerate().filter(own);
                let sessions = sessions.map(|(_, alias)| (self.keeper.named(*alias), *alias));
                // What has no other name was never made.
                let left = sessions.filter(|(id, alias)| id != alias);
                let left = left.map(|(id, alias)| (id, self.keeper.home(alias)));
                let left = stream::iter(left).map(|(id, home)| self.delete(id, home));
                left.buffer_unordered(AT_ONCE).try_collect::<()>().await
            };
            if !gone && let Err(error) = runtime.block_on(in_time(FAREWELL, leave)) {
                tracing::warn!(%error, "the server could not be left as it was found: sessions are still there");
            }
            drop(runtime);
        };
        // On a thread of its own: the last client may end on a runtime, where blocking is forbidden.
        std::thread::scope(|scope| drop(scope.spawn(farewell).join()));
    }
}

/// An answer within a time, or the error that there is none.
async fn in_time<T>(
    time: Duration,
    answer: impl Future<Output = Result<T, ServiceError>>,
) -> Result<T, ServiceError> {
    tokio::time::timeout(time, answer).await.unwrap_or_else(|_| {
        let reason = format!("no answer within {time:?}");
        Err(ServiceError::RemoteFailure { outcome: RemoteFailure::Unanswered, reason })
    })
}
