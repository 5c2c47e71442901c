//! `Backend`: the endpoints, each a short read or a short write of one session.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::chat::{
    AppendedDTO, ChatContext, ChatContextDTO, ContextConfig, ContextId, ContextStateDTO, MessageDTO,
    MessagesDTO, NewMessage, ToolDecision, Version,
};
use crate::backend::session::{ChatSessionManager, Env, Session};

use super::ChatService;
use super::error::ServiceError;
use super::model::{ModelClient, ToolRunner};
use super::requests::{ActionDTO, ContextList, CreateContext, MessagePage, UpdateContext};
use super::turn::{self, Began};
use super::watch::TurnWatch;

/// A factor of a strategy: what an answer is built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DtoPolicy {
    /// From `&ChatContext`, under the read guard.
    Borrowed,
    /// From a deep copy of the whole context, made under the read guard first: what the original code paid.
    Cloned,
}

/// System prompts by id.
#[derive(Clone, Debug, Default)]
pub struct Prompts(BTreeMap<String, String>);

impl Prompts {
    /// The prompts given, as pairs of id and text.
    pub fn new(prompts: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(prompts.into_iter().collect())
    }
}

/// The chat backend over a session manager, a model and its tools.
pub struct Backend<E: Env, M> {
    pub(super) manager: Arc<ChatSessionManager<E>>,
    pub(super) model: M,
    prompts: Prompts,
    dto: DtoPolicy,
    pub(super) batch_window: Duration,
}

impl<E: Env, M: ModelClient + ToolRunner> Backend<E, M> {
    /// For how long streamed chunks are gathered before they are appended in one write.
    pub const BATCH_WINDOW: Duration = Duration::from_millis(50);

    /// A backend that answers as `dto` says.
    pub fn new(manager: Arc<ChatSessionManager<E>>, model: M, prompts: Prompts, dto: DtoPolicy) -> Self {
        Self { manager, model, prompts, dto, batch_window: Self::BATCH_WINDOW }
    }

    /// The sessions behind the endpoints.
    pub fn manager(&self) -> &Arc<ChatSessionManager<E>> {
        &self.manager
    }

    /// Builds an answer from the context under its read guard.
    fn answer<R>(&self, context: &ChatContext, build: impl FnOnce(&ChatContext) -> R) -> R {
        match self.dto {
            DtoPolicy::Borrowed => build(context),
            DtoPolicy::Cloned => build(&context.deep_clone()),
        }
    }

    /// What a turn has made of the session: a read after processing.
    async fn describe(&self, session: &Session<E>, began: Began) -> Result<ActionDTO, ServiceError> {
        let action = |context: &ChatContext| ActionDTO {
            began: began.version,
            message: began.message,
            context: ChatContextDTO::from(context),
            reply: context.messages(None).ok().and_then(Iterator::last).map(MessageDTO::from),
            pending_calls: context.pending_calls().cloned().collect(),
        };
        Ok(session.read(|context| self.answer(context, action)).await?)
    }
}

impl<E: Env, M: ModelClient + ToolRunner> ChatService for Backend<E, M> {
    async fn create_context(&self, request: CreateContext) -> Result<ContextId, ServiceError> {
        let mut config = ContextConfig::new(&request.model_id, &request.mode);
        let prompt = request.system_prompt_id.as_ref().and_then(|id| self.prompts.0.get(id));
        config.system_prompt_id.clone_from(&request.system_prompt_id);
        let attach = |context: &mut ChatContext| {
            if let Some(text) = prompt {
                context.set_system_prompt(text);
            }
            Ok(())
        };
        Ok(self.manager.create_session(config, attach).await?.id())
    }

    async fn list_contexts(
        &self,
        after: Option<ContextId>,
        limit: usize,
    ) -> Result<ContextList, ServiceError> {
        let limit = within("limit", limit)?;
        // One more than asked for tells whether this is the last page.
        let mut contexts = self.manager.list(after, limit + 1).await?;
        let goes_on = contexts.len() > limit;
        contexts.truncate(limit);
        let next = contexts.last().filter(|_| goes_on).map(|last| last.id);
        Ok(ContextList { contexts, next })
    }

    async fn get_context(&self, id: ContextId) -> Result<ChatContextDTO, ServiceError> {
        let dto = |context: &ChatContext| ChatContextDTO::from(context);
        Ok(self.manager.read(id, |context| self.answer(context, dto)).await?)
    }

    async fn get_context_messages(
        &self,
        id: ContextId,
        page: MessagePage,
    ) -> Result<MessagesDTO, ServiceError> {
        let limit = within("limit", page.limit)?;
        let dto =
            |context: &ChatContext| MessagesDTO::page(context, page.branch.as_deref(), limit, page.offset);
        let found = self.manager.read(id, |context| self.answer(context, dto)).await?;
        found.map_err(|source| ServiceError::refused(id, source))
    }

    async fn get_context_state(&self, id: ContextId) -> Result<ContextStateDTO, ServiceError> {
        // Two small values, copied: there is nothing here that a DTO policy could clone.
        Ok(self.manager.state(id).await?)
    }

    async fn update_context(&self, id: ContextId, request: UpdateContext) -> Result<Version, ServiceError> {
        let update = |context: &mut ChatContext| {
            if let Some(expected) = request.expected_version {
                context.expect_version(expected)?;
            }
            context.update(&request.update)?;
            Ok(context.version().next())
        };
        Ok(self.manager.write(id, update).await?)
    }

    async fn delete_context(&self, id: ContextId) -> Result<(), ServiceError> {
        Ok(self.manager.delete(id).await?)
    }

    async fn add_context_message(
        &self,
        id: ContextId,
        message: NewMessage,
        branch: Option<String>,
    ) -> Result<AppendedDTO, ServiceError> {
        let append = |context: &mut ChatContext| {
            let id = context.append(message, branch.as_deref())?;
            Ok(AppendedDTO { id, version: context.version().next() })
        };
        Ok(self.manager.write(id, append).await?)
    }

    async fn approve_context_tools(
        &self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
    ) -> Result<Version, ServiceError> {
        let decide = |context: &mut ChatContext| {
            context.decide_tools(&decisions)?;
            Ok(context.version().next())
        };
        Ok(self.manager.write(id, decide).await?)
    }

    async fn send_message_action(
        &self,
        id: ContextId,
        message: NewMessage,
    ) -> Result<ActionDTO, ServiceError> {
        self.send_message_action_watched(id, message, &()).await
    }

    async fn approve_tools_action(
        &self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
    ) -> Result<ActionDTO, ServiceError> {
        self.approve_tools_action_watched(id, decisions, &()).await
    }

    async fn send_message_action_watched(
        &self,
        id: ContextId,
        message: NewMessage,
        watch: &dyn TurnWatch,
    ) -> Result<ActionDTO, ServiceError> {
        let session = self.manager.load_context(id).await?;
        let began = turn::send_message(self, &session, message, watch).await?;
        self.describe(&session, began).await
    }

    async fn approve_tools_action_watched(
        &self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
        watch: &dyn TurnWatch,
    ) -> Result<ActionDTO, ServiceError> {
        let session = self.manager.load_context(id).await?;
        let began = turn::approve_tools(self, &session, &decisions, watch).await?;
        self.describe(&session, began).await
    }
}

/// A page size that one answer can carry.
fn within(name: &str, limit: usize) -> Result<usize, ServiceError> {
    if (1..=MessagePage::MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    Err(ServiceError::Invalid {
        reason: format!("{name} is {limit}; it must be 1 to {}", MessagePage::MAX_LIMIT),
    })
}
