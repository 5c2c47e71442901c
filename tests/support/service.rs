//! A backend with everything around it scripted, and any strategy's backend behind one type, so that a test is
//! compiled once for all of them.

use std::num::NonZeroUsize;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use lockyard::chat::{
    AppendedDTO, ChatContext, ChatContextDTO, ContextId, ContextStateDTO, MessagesDTO, NewMessage,
    ToolDecision, Version,
};
use lockyard::lock::LockFamily;
use lockyard::service::{
    ActionDTO, Backend, ChatService, CreateContext, DtoPolicy, MessagePage, ModelClient, Prompts,
    ServiceError, Simulator, SimulatorConfig, ToolRunner, UpdateContext,
};
use lockyard::session::{ChatSessionManager, Durability, Env, ManagerStats, SaveMode, SessionError};
use lockyard::strategy::{Assembly, IdSource, Setup, Strategy, TokioClock, assemble};
use tokio::runtime::Handle;

use super::model::ScriptedModel;
use super::store::ScriptedStore;
use super::{Manager, TestHost, manager};

pub fn request() -> CreateContext {
    CreateContext { model_id: "gpt".to_owned(), mode: "chat".to_owned(), system_prompt_id: None }
}

pub fn page(limit: usize, offset: usize) -> MessagePage {
    MessagePage { branch: None, limit, offset }
}

pub fn allow(call: &str, approve: bool) -> ToolDecision {
    ToolDecision { call_id: call.into(), approve }
}

/// A backend over a scripted store, with a scripted model.
pub struct World<F: LockFamily, S: SaveMode<F>> {
    pub store: ScriptedStore,
    pub model: ScriptedModel,
    pub service: Arc<Backend<TestHost<F, S>, ScriptedModel>>,
}

impl<F: LockFamily, S: SaveMode<F>> World<F, S> {
    /// To be called on a runtime.
    pub fn new(capacity: usize, dto: DtoPolicy) -> Self {
        let (store, model) = (ScriptedStore::default(), ScriptedModel::default());
        let service = Arc::new(backend(manager::<F, S>(&store, capacity), model.clone(), dto));
        Self { store, model, service }
    }

    /// Another backend over the same sessions.
    pub fn backend(&self, dto: DtoPolicy) -> Backend<TestHost<F, S>, ScriptedModel> {
        backend(self.service.manager().clone(), self.model.clone(), dto)
    }

    pub async fn create(&self) -> ContextId {
        self.service.create_context(request()).await.unwrap()
    }

    pub async fn whole(&self, id: ContextId) -> ChatContext {
        self.service.manager().read(id, ChatContext::clone).await.unwrap()
    }
}

fn backend<F: LockFamily, S: SaveMode<F>, M: ModelClient + ToolRunner>(
    manager: Manager<F, S>,
    model: M,
    dto: DtoPolicy,
) -> Backend<TestHost<F, S>, M> {
    let prompts = Prompts::new([("polite".to_owned(), "Be polite.".to_owned())]);
    Backend::new(manager, model, prompts, dto)
}

type Answer<'a, T> = BoxFuture<'a, Result<T, ServiceError>>;

/// The service of any strategy.
pub trait AnyService: Send + Sync {
    fn create(&self) -> Answer<'_, ContextId>;
    fn context(&self, id: ContextId) -> Answer<'_, ChatContextDTO>;
    fn messages(&self, id: ContextId, page: MessagePage) -> Answer<'_, MessagesDTO>;
    fn state(&self, id: ContextId) -> Answer<'_, ContextStateDTO>;
    fn append(&self, id: ContextId, message: NewMessage) -> Answer<'_, AppendedDTO>;
    fn update(&self, id: ContextId, update: UpdateContext) -> Answer<'_, Version>;
    fn turn(&self, id: ContextId, message: NewMessage) -> Answer<'_, ActionDTO>;
    fn decide(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, ActionDTO>;
    /// The whole context, in memory.
    fn whole(&self, id: ContextId) -> Answer<'_, ChatContext>;
    fn flush(&self) -> BoxFuture<'_, Vec<SessionError>>;
    fn stats(&self) -> BoxFuture<'_, ManagerStats>;
}

impl<E: Env, M: ModelClient + ToolRunner> AnyService for Backend<E, M> {
    fn create(&self) -> Answer<'_, ContextId> {
        Box::pin(self.create_context(request()))
    }

    fn context(&self, id: ContextId) -> Answer<'_, ChatContextDTO> {
        Box::pin(self.get_context(id))
    }

    fn messages(&self, id: ContextId, page: MessagePage) -> Answer<'_, MessagesDTO> {
        Box::pin(self.get_context_messages(id, page))
    }

    fn state(&self, id: ContextId) -> Answer<'_, ContextStateDTO> {
        Box::pin(self.get_context_state(id))
    }

    fn append(&self, id: ContextId, message: NewMessage) -> Answer<'_, AppendedDTO> {
        Box::pin(self.add_context_message(id, message, None))
    }

    fn update(&self, id: ContextId, update: UpdateContext) -> Answer<'_, Version> {
        Box::pin(self.update_context(id, update))
    }

    fn turn(&self, id: ContextId, message: NewMessage) -> Answer<'_, ActionDTO> {
        Box::pin(self.send_message_action(id, message))
    }

    fn decide(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, ActionDTO> {
        Box::pin(self.approve_tools_action(id, decisions))
    }

    fn whole(&self, id: ContextId) -> Answer<'_, ChatContext> {
        Box::pin(async move { Ok(self.manager().read(id, ChatContext::clone).await?) })
    }

    fn flush(&self) -> BoxFuture<'_, Vec<SessionError>> {
        Box::pin(ChatSessionManager::flush(self.manager()))
    }

    fn stats(&self) -> BoxFuture<'_, ManagerStats> {
        Box::pin(ChatSessionManager::stats(self.manager()))
    }
}

struct Any;

impl Assembly for Any {
    type Output = Arc<dyn AnyService>;

    fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) -> Self::Output {
        Arc::new(backend)
    }
}

/// The service of a strategy, by its name; to be called on a runtime.
pub fn service_of(
    strategy: &str,
    store: &ScriptedStore,
    capacity: usize,
    model: SimulatorConfig,
) -> Arc<dyn AnyService> {
    let setup = Setup {
        store: store.clone(),
        capacity: NonZeroUsize::new(capacity).unwrap(),
        durability: Durability::WriteThrough,
        model,
        prompts: Prompts::default(),
        ids: IdSource::seeded(1),
        runtime: Handle::current(),
    };
    assemble(Strategy::parse(strategy).unwrap().factors(), setup, Any).unwrap()
}
