//! Sessions of the real manager behind the real service, with a model that says what a pitfall needs it to say: for
//! clients that use it carelessly, and for their fixed variants, which use it as it is meant.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use crate::backend::chat::{ChatContext, Message, NewMessage, Role, ToolCall, ToolResult};
use crate::backend::service::{
    Backend, DtoPolicy, ModelClient, ModelError, Prompt, Prompts, Reply, ServiceError, ToolRunner,
};
use crate::backend::session::{ChatSessionManager, Clock, Durability, Env, SessionError};
use crate::backend::store::{Store, StoreError};
use crate::checks::sessions::{context, id};
use lockyard_explore::Violated;

use super::operation_log::{Left, OperationLog};
use super::session_env::SessionEnv;

/// What the model says to the nth request, counted from one.
pub(super) type ModelScript = fn(u32) -> Result<Reply, ModelError>;

/// A model that takes a while and answers as scripted.
pub(super) struct ScriptedModel<C> {
    clock: C,
    says: ModelScript,
    asked: AtomicU32,
}

impl<C: Clock> ScriptedModel<C> {
    /// How often it was asked.
    pub(super) fn asked(&self) -> u32 {
        self.asked.load(Relaxed)
    }
}

impl<C: Clock> ModelClient for Arc<ScriptedModel<C>> {
    async fn request(&self, _: Prompt) -> Result<Reply, ModelError> {
        let nth = self.asked.fetch_add(1, Relaxed) + 1;
        self.clock.sleep(Duration::from_millis(1)).await;
        (self.says)(nth)
    }
}

impl<C: Clock> ToolRunner for Arc<ScriptedModel<C>> {
    async fn run(&self, call: &ToolCall) -> Result<ToolResult, ModelError> {
        Ok(ToolResult { call_id: call.id.clone(), output: String::new(), is_error: false })
    }
}

/// A plain answer.
#[expect(clippy::unnecessary_wraps, reason = "it is what a model may say")]
pub(super) fn plainly(_: u32) -> Result<Reply, ModelError> {
    Ok(Reply::Full { text: "answer".to_owned(), tool_calls: Vec::new() })
}

type Model<E> = Arc<ScriptedModel<<E as Env>::Clock>>;

/// One session, its service, its model, and the log of its clients.
pub(super) struct TurnFixture<E: Env> {
    pub(super) backend: Arc<Backend<E, Model<E>>>,
    pub(super) model: Model<E>,
    pub(super) log: OperationLog,
}

impl<E: Env> Clone for TurnFixture<E> {
    fn clone(&self) -> Self {
        let Self { backend, model, log } = self;
        Self { backend: backend.clone(), model: model.clone(), log: log.clone() }
    }
}

impl<E: SessionEnv<Clock: Copy>> TurnFixture<E> {
    /// A conversation that has just begun.
    pub(super) fn new(says: ModelScript) -> Self {
        Self::from(context(0), says)
    }

    /// A conversation that stands so.
    pub(super) fn from(context: ChatContext, says: ModelScript) -> Self {
        let log = OperationLog::of(std::slice::from_ref(&context));
        let env = E::over(vec![context]);
        let model = Arc::new(ScriptedModel { clock: *env.clock(), says, asked: AtomicU32::new(0) });
        let room = std::num::NonZeroUsize::MIN;
        let manager = Arc::new(ChatSessionManager::new(env, room, Durability::WriteThrough));
        // Loaded already, for no pitfall here is about loading.
        let loaded = E::first(manager.load_context(id(0)));
        assert!(loaded.is_ok(), "it is in the store");
        let backend = Backend::new(manager, model.clone(), Prompts::default(), DtoPolicy::Borrowed);
        Self { backend: Arc::new(backend), model, log }
    }
}

impl<E: SessionEnv> TurnFixture<E> {
    pub(super) fn manager(&self) -> &ChatSessionManager<E> {
        self.backend.manager()
    }

    /// The session as it is.
    pub(super) async fn now(&self) -> Result<ChatContext, Violated> {
        let now = self.manager().read(id(0), ChatContext::clone).await;
        now.map_err(|error| error.to_string())
    }

    /// Memory and store in the end, when all has been saved.
    pub(super) async fn left(&self) -> (Left, Left) {
        while !self.manager().flush().await.is_empty() {}
        let memory = self.now().await.ok();
        let stored = self.manager().env().store().read(id(0)).await;
        let left = |context: Option<ChatContext>| context.map(|context| (0, context)).into_iter().collect();
        (left(memory), left(stored.ok().flatten()))
    }

    /// Has the model asked about the session as it is.
    pub(super) async fn ask_model(&self) -> Result<Reply, ModelError> {
        let now = self.now().await.map_err(ModelError::Fatal)?;
        self.model.request(Prompt { context: now }).await
    }
}

/// What a user says.
pub(super) fn said(text: &str) -> NewMessage {
    NewMessage::text(Role::User, text)
}

/// What is said on the main branch, and by whom.
pub(super) fn messages(context: &ChatContext) -> Vec<&Message> {
    context.messages(None).map(Iterator::collect).unwrap_or_default()
}

/// What went wrong with a session, where nothing else can.
pub(super) fn of_session(error: ServiceError) -> SessionError {
    match error {
        ServiceError::Session(error) => error,
        ServiceError::Store(source) => SessionError::Store { id: id(0), source },
        other => {
            let reason = other.to_string();
            SessionError::Store { id: id(0), source: StoreError::Failed { operation: "ask", reason } }
        }
    }
}
