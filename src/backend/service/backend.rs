//! `Endpoints`: each a short read or a short write of one session.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::chat::{
    AppendedDTO, ChatContext, ChatContextDTO, ContextConfig, ContextId, ContextStateDTO, MessageDTO,
    MessageId, MessagesDTO, Receipt, Version,
};
use crate::backend::session::{ChatSessionManager, Env, HeldSession, Sessions};

use super::body::{ActionDTO, ContextList, MessagePage};
use super::error::ServiceError;
use super::keys::{KeysInUse, outcome};
use super::model::{ModelClient, ToolRunner};
use super::request::{
    AddContextMessage, ApproveContextTools, ApproveToolsAction, CreateContext, DeleteContext, GetContext,
    GetContextMessages, GetContextState, ListContexts, SendMessageAction, UpdateContext,
};
use super::serve::Serve;
use super::turn::{TurnRunner, TurnStart, TurnTerms};

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

    /// The text of a prompt.
    fn text(&self, id: &str) -> Result<&str, ServiceError> {
        self.0.get(id).map(String::as_str).ok_or_else(|| ServiceError::UnknownPrompt {
            given: id.to_owned(),
            known: self.0.keys().cloned().collect(),
        })
    }
}

/// The endpoints over sessions, a model and its tools.
pub struct Endpoints<S: Sessions, M> {
    sessions: Arc<S>,
    turns: TurnRunner<M>,
    prompts: Prompts,
    dto: DtoPolicy,
    keys: KeysInUse<S>,
}

/// The endpoints over the sessions of one process.
pub type Backend<E, M> = Endpoints<ChatSessionManager<E>, M>;

impl<E: Env, M> Backend<E, M> {
    /// The sessions behind the endpoints.
    pub fn manager(&self) -> &Arc<ChatSessionManager<E>> {
        &self.sessions
    }
}

impl<S: Sessions, M> Endpoints<S, M> {
    /// For how long streamed chunks are gathered before they are appended in one write.
    pub const BATCH_WINDOW: Duration = Duration::from_millis(50);

    /// Endpoints that answer as `dto` says.
    pub fn new(sessions: Arc<S>, model: M, prompts: Prompts, dto: DtoPolicy) -> Self {
        Self {
            sessions,
            turns: TurnRunner { model, batch_window: Self::BATCH_WINDOW },
            prompts,
            dto,
            keys: KeysInUse::new(),
        }
    }

    /// The sessions behind the endpoints.
    pub fn sessions(&self) -> &Arc<S> {
        &self.sessions
    }
}

impl DtoPolicy {
    /// Builds an answer from the context under its read guard.
    fn answer<R>(self, context: &ChatContext, build: impl FnOnce(&ChatContext) -> R) -> R {
        match self {
            Self::Borrowed => build(context),
            Self::Cloned => build(&context.deep_clone()),
        }
    }

    /// What a turn has made of the session: a read after processing.
    async fn describe(self, session: &dyn HeldSession, began: TurnStart) -> Result<ActionDTO, ServiceError> {
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

impl<S: Sessions, M: ModelClient + ToolRunner> Serve<CreateContext> for Endpoints<S, M> {
    async fn serve(&self, CreateContext { body, key }: CreateContext) -> Result<ContextId, ServiceError> {
        let _key = self.keys.take(key)?;
        let mut config = ContextConfig::new(&body.model_id, &body.mode);
        let prompt = body.system_prompt_id.as_deref().map(|id| self.prompts.text(id)).transpose()?;
        config.system_prompt_id.clone_from(&body.system_prompt_id);
        let attach = |context: &mut ChatContext| {
            if let Some(text) = prompt {
                context.set_system_prompt(text);
            }
            Ok(())
        };
        Ok(self.sessions.create(config, key, attach).await?)
    }
}

impl<S: Sessions, M: ModelClient + ToolRunner> Serve<ListContexts> for Endpoints<S, M> {
    async fn serve(&self, ListContexts { after, limit }: ListContexts) -> Result<ContextList, ServiceError> {
        let limit = within("limit", limit)?;
        // One more than asked for shows whether this is the last page.
        let mut contexts = self.sessions.list(after, limit + 1).await?;
        let has_more = contexts.len() > limit;
        contexts.truncate(limit);
        let next = contexts.last().filter(|_| has_more).map(|last| last.id);
        Ok(ContextList { contexts, next })
    }
}

impl<S: Sessions, M: ModelClient + ToolRunner> Serve<GetContext> for Endpoints<S, M> {
    async fn serve(&self, GetContext { id }: GetContext) -> Result<ChatContextDTO, ServiceError> {
        let dto = |context: &ChatContext| ChatContextDTO::from(context);
        Ok(self.sessions.read(id, |context| self.dto.answer(context, dto)).await?)
    }
}

impl<S: Sessions, M: ModelClient + ToolRunner> Serve<GetContextMessages> for Endpoints<S, M> {
    async fn serve(
        &self,
        GetContextMessages { id, page }: GetContextMessages,
    ) -> Result<MessagesDTO, ServiceError> {
        let (limit, bytes) = (within("limit", page.limit)?, self.sessions.limits().page_bytes);
        let dto = |context: &ChatContext| {
            MessagesDTO::page(context, page.branch.as_deref(), limit, page.offset, bytes)
        };
        let found = self.sessions.read(id, |context| self.dto.answer(context, dto)).await?;
        found.map_err(|source| ServiceError::refused(id, source))
    }
}

impl<S: Sessions, M: ModelClient + ToolRunner> Serve<GetContextState> for Endpoints<S, M> {
    async fn serve(&self, GetContextState { id }: GetContextState) -> Result<ContextStateDTO, ServiceError> {
        // Two small values, copied: there is nothing here that a DTO policy could clone.
        Ok(self.sessions.state(id).await?)
    }
}

impl<S: Sessions, M: ModelClient + ToolRunner> Serve<UpdateContext> for Endpoints<S, M> {
    async fn serve(
        &self,
        UpdateContext { id, body, condition }: UpdateContext,
    ) -> Result<Version, ServiceError> {
        let update = |context: &mut ChatContext| {
            context.require(&condition)?;
            if let Some(expected) = body.expected_version {
                context.expect_version(expected)?;
            }
            context.update(&body.update)?;
            Ok(context.version().next())
        };
        Ok(self.sessions.write(id, None, update).await?)
    }
}

impl<S: Sessions, M: ModelClient + ToolRunner> Serve<DeleteContext> for Endpoints<S, M> {
    async fn serve(&self, DeleteContext { id, condition }: DeleteContext) -> Result<(), ServiceError> {
        Ok(self.sessions.delete(id, &condition).await?)
    }
}

impl<S: Sessions, M: ModelClient + ToolRunner> Serve<AddContextMessage> for Endpoints<S, M> {
    async fn serve(
        &self,
        AddContextMessage { id, message, branch, condition, key }: AddContextMessage,
    ) -> Result<AppendedDTO, ServiceError> {
        let (_key, now) = (self.keys.take(key)?, self.sessions.time_of(key));
        let append = |context: &mut ChatContext| {
            // Before the condition: the first time has moved the context on.
            context.expect_new(key, now)?;
            context.require(&condition)?;
            let id = context.append(message, branch.as_deref())?;
            context.remember(key, Some(id), now);
            Ok(AppendedDTO { id, version: context.version().next() })
        };
        let appended = self.sessions.write(id, key, append).await;
        let again =
            |Receipt { version, message, .. }| AppendedDTO { id: message.unwrap_or(MessageId(0)), version };
        outcome(&*self.sessions, id, appended, again).await
    }
}

impl<S: Sessions, M: ModelClient + ToolRunner> Serve<ApproveContextTools> for Endpoints<S, M> {
    async fn serve(
        &self,
        ApproveContextTools { id, decisions, condition, key }: ApproveContextTools,
    ) -> Result<Version, ServiceError> {
        let (_key, now) = (self.keys.take(key)?, self.sessions.time_of(key));
        let decide = |context: &mut ChatContext| {
            context.expect_new(key, now)?;
            context.require(&condition)?;
            context.decide_tools(&decisions)?;
            context.remember(key, None, now);
            Ok(context.version().next())
        };
        let decided = self.sessions.write(id, key, decide).await;
        outcome(&*self.sessions, id, decided, |receipt| receipt.version).await
    }
}

impl<S: Sessions, M: ModelClient + ToolRunner> Serve<SendMessageAction<'_>> for Endpoints<S, M> {
    async fn serve(
        &self,
        SendMessageAction { id, message, condition, key, watch }: SendMessageAction<'_>,
    ) -> Result<ActionDTO, ServiceError> {
        let _key = self.keys.take(key)?;
        let session = self.sessions.hold(id).await?;
        let terms = TurnTerms { condition: &condition, key, now: self.sessions.time_of(key) };
        let began = self.turns.send_message(&session, message, &terms, watch).await;
        let began = outcome(&*self.sessions, id, began, TurnStart::from).await?;
        self.dto.describe(&session, began).await
    }
}

impl<S: Sessions, M: ModelClient + ToolRunner> Serve<ApproveToolsAction<'_>> for Endpoints<S, M> {
    async fn serve(
        &self,
        ApproveToolsAction { id, decisions, condition, key, watch }: ApproveToolsAction<'_>,
    ) -> Result<ActionDTO, ServiceError> {
        let _key = self.keys.take(key)?;
        let session = self.sessions.hold(id).await?;
        let terms = TurnTerms { condition: &condition, key, now: self.sessions.time_of(key) };
        let began = self.turns.approve_tools(&session, &decisions, &terms, watch).await;
        let began = outcome(&*self.sessions, id, began, TurnStart::from).await?;
        self.dto.describe(&session, began).await
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
