//! A backend with everything around it scripted, and any strategy's backend.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lockyard::backend::chat::{ChatContext, ContextId, ToolDecision};
use lockyard::backend::service::Simulator;
use lockyard::backend::service::{
    Backend, ChatService, CreateContext, DtoPolicy, DynBackend, MessagePage, ModelClient, Prompts,
    SimulatorConfig, ToolRunner,
};
use lockyard::backend::session::Env;
use lockyard::backend::session::{Durability, SaveMode, SessionLimits};
use lockyard::lock::LockFamily;
use lockyard::strategy::{Assembly, IdSource, Setup, Strategy, TokioClock, assemble};
use tokio::runtime::Handle;

use super::model::ScriptedModel;
use super::store::ScriptedStore;
use super::{Manager, TestHost, manager_within};

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
        Self::within(capacity, dto, SessionLimits::default())
    }

    /// The same, of which sessions may take so much.
    pub fn within(capacity: usize, dto: DtoPolicy, limits: SessionLimits) -> Self {
        Self::over(ScriptedStore::default(), capacity, dto, limits)
    }

    /// The same over what a store has.
    pub fn over(store: ScriptedStore, capacity: usize, dto: DtoPolicy, limits: SessionLimits) -> Self {
        let model = ScriptedModel::default();
        let manager = manager_within::<F, S>(&store, capacity, limits);
        let service = Arc::new(backend(manager, model.clone(), dto));
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

/// The service of a strategy, by its name; to be called on a runtime.
pub fn service_of(
    strategy: &str,
    store: &ScriptedStore,
    capacity: usize,
    model: SimulatorConfig,
) -> Arc<dyn DynBackend> {
    let setup = Setup {
        store: store.clone(),
        capacity: NonZeroUsize::new(capacity).unwrap(),
        durability: Durability::WriteThrough,
        limits: SessionLimits::default(),
        model,
        prompts: Prompts::default(),
        ids: IdSource::seeded(1),
        runtime: Handle::current(),
    };
    assemble(Strategy::parse(strategy).unwrap().factors(), setup, Object).unwrap()
}

/// Any strategy's backend, behind an object.
struct Object;

impl Assembly for Object {
    type Output = Arc<dyn DynBackend>;

    fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) -> Self::Output {
        Arc::new(backend)
    }
}
