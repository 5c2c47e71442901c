//! A server with the sessions of a scenario: the same clients ask it over HTTP, and its sessions are made and unmade through its own routes.
//!
//! A server gives its own ids; the clients still ask for those of the population, which stand for them. A session that
//! has grown cannot be trimmed from outside, so another takes its place. Judged slices ask the same server, over the
//! sessions that it has; when one is over, every session that it changed is read once more, as a part of the history: an
//! append that was lost is then missing from an answer.
//!
//! What it cannot see: what the server holds in memory and in its store beyond its answers. Whether acknowledged writes
//! outlive the server is not asked here.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use lockyard_bench::Fault;
use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};

use crate::backend::chat::{ChatContext, ContextId, NewMessage, StateKind};
use crate::backend::remote::{Address, Remote};
use crate::backend::service::{ChatService, CreateContext, MessagePage, RemoteFailure, ServiceError};
use crate::backend::session::SessionError;
use crate::checks::spec::{Answer, Context, Page};

use super::population::Population;
use super::recording::sent_by;

/// Sessions that are made, looked at or deleted at once.
const AT_ONCE: usize = 32;

/// How long a server may take to say whether it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// How long leaving it may take.
const FAREWELL: Duration = Duration::from_secs(30);

/// Between two looks whether a turn has ended.
const LOOK: Duration = Duration::from_millis(1);

/// A server with the sessions of a scenario.
pub(super) struct ServerSessions {
    /// For the clients, on the runtime that they run on.
    pub(super) service: Arc<Remote>,
    /// For what is done between slices, on a runtime that outlives every slice.
    keeper: Remote,
    /// One thread, so that its connections live between two questions, too. Taken by drop alone.
    runtime: Option<Runtime>,
    address: Address,
    pub(super) population: Arc<Population>,
    /// How long one answer may take, and a turn to end.
    patience: Duration,
    /// Requests without an answer whose outcome was looked into.
    looked_into: AtomicU64,
    gone: AtomicBool,
    /// Sessions, by their place in the population, that should have been replaced and could not be.
    stale: Mutex<BTreeSet<usize>>,
}

impl ServerSessions {
    /// Gives the server the sessions of the population, and reports to `filled` how many are there.
    ///
    /// # Errors
    /// If it cannot be reached or refuses.
    pub(super) fn new(
        address: &Address,
        population: Arc<Population>,
        patience: Duration,
        filled: impl Fn(usize, usize),
    ) -> Result<Self, Fault> {
        let service = Arc::new(Remote::new(address));
        let runtime =
            Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(Fault::new)?;
        let site = Self {
            keeper: service.with_own_connections(),
            service,
            runtime: Some(runtime),
            address: address.clone(),
            population,
            patience,
            looked_into: AtomicU64::new(0),
            gone: AtomicBool::new(false),
            stale: Mutex::default(),
        };
        let cannot = |error: ServiceError| {
            site.gone.store(error.is_unanswered(), Relaxed);
            let help = match error {
                ServiceError::RemoteFailure { outcome: RemoteFailure::Unreachable, .. } => {
                    "; start one there with `lockyard serve`"
                }
                _ => "",
            };
            Fault::new(format_args!("the server at {address}: {error}{help}")).at(address)
        };
        site.runtime().block_on(async {
            in_time(SIGN_OF_LIFE, site.keeper.ready()).await.map_err(cannot)?;
            in_time(SIGN_OF_LIFE, site.keeper.list_contexts(None, 1)).await.map_err(cannot)?;
            let of = site.population.contexts.len();
            let mut made = stream::iter(&site.population.contexts)
                .map(|context| site.make(context))
                .buffer_unordered(AT_ONCE)
                .enumerate();
            while let Some((nth, made)) = made.next().await {
                made.map_err(cannot)?;
                filled(nth + 1, of);
            }
            Ok::<_, Fault>(())
        })?;
        Ok(site)
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

    /// Why the server is gone, if it is. Asks it only where an answer has not come.
    pub(super) async fn lost(&self) -> Option<Fault> {
        let silences = || self.service.unanswered() + self.keeper.unanswered();
        if silences() == self.looked_into.load(Relaxed) {
            return None;
        }
        let alive = in_time(SIGN_OF_LIFE, self.keeper.ready()).await;
        self.looked_into.store(silences(), Relaxed);
        let reason = alive.err()?.to_string();
        tracing::error!(reason, "the server has gone");
        self.gone.store(true, Relaxed);
        Some(Fault::new(reason).at(&self.address))
    }

    /// The id that the server has given to the session of this number.
    pub(super) fn id(&self, key: u32) -> Option<ContextId> {
        self.population.ids.get(key as usize).map(|id| self.keeper.named(*id))
    }

    /// Whether each session has the messages that it began with.
    pub(super) fn is_tidy(&self) -> bool {
        self.stale.lock().is_empty()
    }

    /// Deletes the sessions that clients made, and puts new ones in the place of those that have grown.
    pub(super) async fn tidy(&self, made: Vec<ContextId>, grown: Vec<usize>) {
        let mut deleted = stream::iter(made).map(|id| self.delete(id)).buffer_unordered(AT_ONCE);
        while let Some(done) = deleted.next().await {
            if let Err(error) = done {
                tracing::warn!(%error, "a session made during a slice could not be deleted");
            }
        }
        let grown = grown.into_iter().chain(self.stale.lock().clone()).collect::<BTreeSet<_>>();
        let replace = |index| self.replace(index, &self.population.contexts[index]);
        let mut replaced = stream::iter(grown).map(replace).buffer_unordered(AT_ONCE);
        while let Some(done) = replaced.next().await {
            if let Err(error) = done {
                tracing::warn!(%error, "a session could not be replaced");
            }
        }
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
    /// another client of the server.
    pub(super) async fn contexts(&self) -> Result<Vec<(u32, Context)>, ServiceError> {
        let look = async |(key, id): (u32, ContextId)| {
            self.rest(id).await?;
            match in_time(self.patience, self.keeper.get_context(id)).await {
                Err(ServiceError::Session(SessionError::NotFound { .. })) => Ok(None),
                found => found.map(|context| Some((key, Context::from(&context)))),
            }
        };
        let keyed = (0..).zip(self.population.ids.iter().copied());
        let looks: Vec<_> = stream::iter(keyed).map(look).buffered(AT_ONCE).try_collect().await?;
        Ok(looks.into_iter().flatten().collect())
    }

    /// Waits until no turn is at work in a session, or patience ends. Where it stands then.
    pub(super) async fn rest(&self, id: ContextId) -> Result<Option<StateKind>, ServiceError> {
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

    /// How a session is, or that it is not there any more.
    pub(super) async fn context(&self, id: ContextId) -> Result<Answer, ServiceError> {
        match in_time(self.patience, self.keeper.get_context(id)).await {
            Err(ServiceError::Session(SessionError::NotFound { .. })) => Ok(Answer::Gone),
            context => context.map(|context| Answer::from(&context)),
        }
    }

    /// The messages of a session from one on, as many as one answer carries.
    pub(super) async fn page(&self, id: ContextId, offset: u32) -> Result<Answer, ServiceError> {
        let page = MessagePage { branch: None, limit: MessagePage::MAX_LIMIT, offset: offset as usize };
        let page = in_time(self.patience, self.keeper.get_context_messages(id, page)).await?;
        Ok(Answer::Page(Page::of(&page, sent_by)))
    }
}

/// Leaves the server as it was found.
impl Drop for ServerSessions {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let gone = self.gone.load(Relaxed);
        let farewell = || {
            let leave = async {
                let left = stream::iter(self.keeper.aliased()).map(|id| self.delete(id));
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
