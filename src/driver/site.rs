//! A server as a rival: the same clients ask it over HTTP, and its sessions are made and unmade through its own routes.
//!
//! A server gives its own ids; the clients go on asking for those of the population, which stand for them. A session that
//! has grown cannot be trimmed from outside, so another takes its place. Verification slices ask the same server, over the
//! sessions that it has; when one is over, every session that it changed is read once more, as a part of the history: an
//! append that was lost is then missing from an answer.
//!
//! What it cannot see: what the server holds in memory and in its store beyond its answers. Whether acknowledged writes
//! outlive the server is not asked here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::backend::chat::{ChatContext, ContextId, NewMessage, StateKind};
use crate::backend::remote::Remote;
use crate::backend::service::{
    ChatService, CreateContext, DynChatService, Elsewhere, MessagePage, ServiceError,
};
use crate::backend::session::{SessionError, Traffic};
use crate::checks::spec::{Answer, Call, Context, Log, Page};

use super::client::Client;
use super::error::RunError;
use super::plan::{Observer, Progress};
use super::population::Population;
use super::recorder::sent_by;
use super::rival::{GiveBack, Kind, Rival, spawn};
use super::server::Server;
use super::slice::Slice;
use super::stage::Stage;
use super::verification::{Ground, Run};
use super::watchdog::InFlight;

/// Sessions that are made, looked at or deleted at once.
const AT_ONCE: usize = 32;

/// How long a server may take to say whether it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// How long leaving it may take.
const FAREWELL: Duration = Duration::from_secs(30);

/// Between two looks whether a turn has ended.
const LOOK: Duration = Duration::from_millis(1);

/// A server with the sessions of a scenario.
pub(super) struct Site {
    /// For the clients, on the arena's runtime.
    service: Arc<Remote>,
    arena: Handle,
    /// For what is done between slices, on a runtime that outlives every arena.
    keeper: Remote,
    runtime: Runtime,
    ids: Arc<[ContextId]>,
    /// How long one answer may take, and a turn to end.
    patience: Duration,
    /// Requests without an answer that somebody has looked into.
    looked_into: AtomicU64,
    gone: AtomicBool,
    /// Sessions, by their place in the population, that should have been replaced and could not be.
    stale: Mutex<BTreeSet<usize>>,
}

impl Site {
    /// Gives the server the sessions of the population.
    ///
    /// # Errors
    /// [`RunError::Server`] if it cannot be reached or refuses.
    pub(super) fn new(
        server: &Server,
        population: &Population,
        arena: &Handle,
        patience: Duration,
        observer: &mut dyn Observer,
    ) -> Result<Self, RunError> {
        let service = Arc::new(Remote::new(server.address()));
        let site = Self {
            keeper: service.twin(),
            service,
            arena: arena.clone(),
            // One thread, so that its connections live between two questions, too.
            runtime: Builder::new_multi_thread().worker_threads(1).enable_all().build()?,
            ids: population.ids.clone(),
            patience,
            looked_into: AtomicU64::new(0),
            gone: AtomicBool::new(false),
            stale: Mutex::default(),
        };
        let cannot = |error: ServiceError| {
            site.gone.store(error.is_unanswered(), Relaxed);
            let help = match error {
                ServiceError::Elsewhere { outcome: Elsewhere::Unreachable, .. } => {
                    "; start one there with `lockyard serve`"
                }
                _ => "",
            };
            let (name, address) = (server.name().to_owned(), server.address().to_string());
            RunError::Server { name, address, reason: format!("{error}{help}") }
        };
        site.runtime.block_on(async {
            in_time(SIGN_OF_LIFE, site.keeper.ready()).await.map_err(cannot)?;
            in_time(SIGN_OF_LIFE, site.keeper.list_contexts(None, 1)).await.map_err(cannot)?;
            let of = population.contexts.len();
            let mut made = stream::iter(&population.contexts)
                .map(|context| site.make(context))
                .buffer_unordered(AT_ONCE)
                .enumerate();
            while let Some((nth, made)) = made.next().await {
                made.map_err(cannot)?;
                observer.on(&Progress::Filling { server: server.name(), done: nth + 1, of });
            }
            Ok::<_, RunError>(())
        })?;
        Ok(site)
    }

    /// Why the server is gone, if it is. Asks it only where an answer has not come.
    pub(super) fn gone(&self) -> Option<String> {
        let silences = || self.service.unanswered() + self.keeper.unanswered();
        if silences() == self.looked_into.load(Relaxed) {
            return None;
        }
        let alive = self.runtime.block_on(in_time(SIGN_OF_LIFE, self.keeper.ready()));
        self.looked_into.store(silences(), Relaxed);
        let reason = alive.err()?.to_string();
        tracing::error!(reason, "the server has gone");
        self.gone.store(true, Relaxed);
        Some(reason)
    }

    /// Records a slice and looks at what it has left; nothing if the server did not say how its sessions are.
    ///
    /// # Errors
    /// What was in flight when nothing moved any more.
    pub(super) fn verify(
        &self,
        ground: &Ground<'_>,
        position: u64,
        length: Duration,
    ) -> Result<Option<Run>, Vec<InFlight>> {
        self.tidy(Vec::new(), &[], ground.population);
        if !self.stale.lock().is_empty() {
            // They hold messages of another slice.
            return Ok(None);
        }
        let given = self.runtime.block_on(self.contexts());
        let Ok(given) = given.inspect_err(|error| tracing::warn!(%error, "a slice was not verified")) else {
            return Ok(None);
        };
        let service: Arc<dyn DynChatService> = self.service.clone();
        let (mut recording, made) =
            ground.record(&service, &Stage::plain(&self.arena), given, position, length)?;
        let theirs = (0..).zip(self.ids.iter().map(|id| self.keeper.named(*id)));
        let names: BTreeMap<_, _> = theirs.chain(made.iter().copied()).collect();
        let changed =
            recording.acknowledged().map(|change| change.key).chain(made.iter().map(|(key, _)| *key));
        let unknown = names.keys().copied().filter(|key| recording.has_unknown_changes(*key));
        let changed: BTreeSet<_> = changed.chain(unknown).collect();
        let mut log = Log::new(ground.questions.traces.len() as u64, 0);
        let looked = self.runtime.block_on(self.look(ground, &names, &changed, &mut log));
        recording.add(log);
        let stuck = looked.unwrap_or_else(|error| {
            tracing::warn!(%error, "not all sessions could be looked at after a slice");
            Vec::new()
        });
        let grown: Vec<_> =
            changed.iter().map(|key| *key as usize).filter(|key| *key < self.ids.len()).collect();
        self.tidy(made.into_iter().map(|(_, id)| id).collect(), &grown, ground.population);
        Ok(Some(Run::from_outside(recording, names, stuck)))
    }

    /// Makes a session like this one, which stands for it from now on.
    async fn make(&self, context: &ChatContext) -> Result<(), ServiceError> {
        let config = context.config();
        let request = CreateContext {
            model_id: config.model_id.clone(),
            mode: config.mode.clone(),
            system_prompt_id: None,
        };
        let id = in_time(self.patience, self.keeper.create_context(request)).await?;
        self.keeper.alias(context.id(), id);
        for message in context.pool().iter() {
            let message = NewMessage { role: message.role, content: message.content.clone() };
            in_time(self.patience, self.keeper.add_context_message(id, message, None)).await?;
        }
        Ok(())
    }

    /// Puts a new session in the place of one that has grown.
    async fn replace(&self, index: usize, context: &ChatContext) -> Result<(), ServiceError> {
        let grown = self.keeper.named(context.id());
        self.stale.lock().insert(index);
        self.make(context).await?;
        self.stale.lock().remove(&index);
        self.delete(grown).await
    }

    async fn delete(&self, id: ContextId) -> Result<(), ServiceError> {
        match in_time(self.patience, self.keeper.delete_context(id)).await {
            Err(ServiceError::Session(SessionError::NotFound { .. })) => Ok(()),
            done => done,
        }
    }

    /// How every session is before a slice, once no turn is at work in it. One that is not there has been deleted by
    /// somebody else.
    async fn contexts(&self) -> Result<Vec<(u32, Context)>, ServiceError> {
        let look = async |(key, id): (u32, ContextId)| {
            self.rest(id).await?;
            match in_time(self.patience, self.keeper.get_context(id)).await {
                Err(ServiceError::Session(SessionError::NotFound { .. })) => Ok(None),
                found => found.map(|context| Some((key, Context::from(&context)))),
            }
        };
        let keyed = (0..).zip(self.ids.iter().copied());
        let looks: Vec<_> = stream::iter(keyed).map(look).buffered(AT_ONCE).try_collect().await?;
        Ok(looks.into_iter().flatten().collect())
    }

    /// Waits until no turn is at work in a session, or patience ends. Where it stands then.
    async fn rest(&self, id: ContextId) -> Result<Option<StateKind>, ServiceError> {
        let deadline = Instant::now() + self.patience;
        loop {
            match in_time(self.patience, self.keeper.get_context_state(id)).await {
                Err(ServiceError::Session(SessionError::NotFound { .. })) => return Ok(None),
                Ok(now) if now.state.is_working() && Instant::now() < deadline => {
                    tokio::time::sleep(LOOK).await;
                }
                now => return Ok(Some(now?.state)),
            }
        }
    }

    /// Reads what was changed once more, whole. Those that are still at work, though nobody is.
    async fn look(
        &self,
        ground: &Ground<'_>,
        names: &BTreeMap<u32, ContextId>,
        changed: &BTreeSet<u32>,
        log: &mut Log,
    ) -> Result<Vec<(u32, StateKind)>, ServiceError> {
        let mut stuck = Vec::new();
        for (key, id) in changed.iter().filter_map(|key| Some((*key, *names.get(key)?))) {
            stuck.extend(self.rest(id).await?.filter(|kind| kind.is_working()).map(|kind| (key, kind)));
            let ticket = log.invoke(ground.now(), key, Call::Context);
            let context = match in_time(self.patience, self.keeper.get_context(id)).await {
                Err(ServiceError::Session(SessionError::NotFound { .. })) => {
                    log.ok(ticket, ground.now(), Answer::Gone);
                    continue;
                }
                context => context?,
            };
            log.ok(ticket, ground.now(), Answer::from(&context));
            let limit = MessagePage::MAX_LIMIT;
            for offset in (0..Context::from(&context).total).step_by(limit) {
                let page = MessagePage { branch: None, limit, offset: offset as usize };
                let ticket = log.invoke(ground.now(), key, Call::Page { offset, limit: limit as u32 });
                let page = in_time(self.patience, self.keeper.get_context_messages(id, page)).await?;
                log.ok(ticket, ground.now(), Answer::Page(Page::of(&page, sent_by)));
            }
        }
        Ok(stuck)
    }
}

impl Rival for Site {
    fn start(&self, client: Client, slice: Arc<Slice>, kind: Kind, give_back: GiveBack) {
        spawn(&Stage::plain(&self.arena), self.service.clone(), client, slice, kind, give_back);
    }

    /// It is: every session was just made.
    fn warm(&self) {}

    fn tidy(&self, made: Vec<ContextId>, grown: &[usize], population: &Population) {
        self.runtime.block_on(async {
            let mut deleted = stream::iter(made).map(|id| self.delete(id)).buffer_unordered(AT_ONCE);
            while let Some(done) = deleted.next().await {
                if let Err(error) = done {
                    tracing::warn!(%error, "a session made during a slice could not be deleted");
                }
            }
            let grown = grown.iter().copied().chain(self.stale.lock().clone()).collect::<BTreeSet<_>>();
            let replace = |index| self.replace(index, &population.contexts[index]);
            let mut replaced = stream::iter(grown).map(replace).buffer_unordered(AT_ONCE);
            while let Some(done) = replaced.next().await {
                if let Err(error) = done {
                    tracing::warn!(%error, "a session could not be replaced");
                }
            }
        });
    }

    /// Nothing: it cannot be seen from here.
    fn traffic(&self) -> Traffic {
        Traffic::default()
    }

    fn site(&self) -> Option<&Site> {
        Some(self)
    }
}

/// Leaves the server as it was found.
impl Drop for Site {
    fn drop(&mut self) {
        if self.gone.load(Relaxed) {
            return;
        }
        let leave = async {
            let left = stream::iter(self.keeper.aliased()).map(|id| self.delete(id));
            left.buffer_unordered(AT_ONCE).try_collect::<()>().await
        };
        if let Err(error) = self.runtime.block_on(in_time(FAREWELL, leave)) {
            tracing::warn!(%error, "the server could not be left as it was found: sessions are still there");
        }
    }
}

/// An answer within a time, or the error that there is none.
async fn in_time<T>(
    time: Duration,
    answer: impl Future<Output = Result<T, ServiceError>>,
) -> Result<T, ServiceError> {
    tokio::time::timeout(time, answer).await.unwrap_or_else(|_| {
        let reason = format!("no answer within {time:?}");
        Err(ServiceError::Elsewhere { outcome: Elsewhere::Unanswered, reason })
    })
}
