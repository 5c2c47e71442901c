//! `Backend`: the endpoints, each a short read or a short write of one session.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::chat::{
    AppendedDTO, ChatContext, ChatContextDTO, ChatError, ContextConfig, ContextId, ContextStateDTO,
    IdempotencyKey, MessageDTO, MessageId, MessagesDTO, Receipt, Timestamp, Version,
};
use crate::backend::clock::Clock;
use crate::backend::session::{ChatSessionManager, Env, SessionError};
use crate::backend::store::Store;

use super::body::{ActionDTO, ContextList, MessagePage};
use super::error::ServiceError;
use super::held::{Held, HeldSession};
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

/// The chat backend over a session manager, a model and its tools.
pub struct Backend<E: Env, M> {
    manager: Arc<ChatSessionManager<E>>,
    turns: TurnRunner<M>,
    prompts: Prompts,
    dto: DtoPolicy,
    keys: KeysInUse<E>,
}

impl<E: Env, M> Backend<E, M> {
    /// The sessions behind the endpoints.
    pub fn manager(&self) -> &Arc<ChatSessionManager<E>> {
        &self.manager
    }

    /// The time that a key is used. Without one nobody asks for it, and no clock is read on the way of a plain write.
    fn time_of(&self, key: Option<IdempotencyKey>) -> Timestamp {
        key.map_or_else(Timestamp::default, |_| self.manager.env().clock().now())
    }
}

impl<E: Env, M: ModelClient + ToolRunner> Backend<E, M> {
    /// For how long streamed chunks are gathered before they are appended in one write.
    pub const BATCH_WINDOW: Duration = Duration::from_millis(50);

    /// A backend that answers as `dto` says.
    pub fn new(manager: Arc<ChatSessionManager<E>>, model: M, prompts: Prompts, dto: DtoPolicy) -> Self {
        Self {
            manager,
            turns: TurnRunner { model, batch_window: Self::BATCH_WINDOW },
            prompts,
            dto,
            keys: KeysInUse::new(),
        }
    }

    /// The context that this very request has created before, if it is there still.
    async fn created_before(
        &self,
        key: Option<IdempotencyKey>,
        now: Timestamp,
    ) -> Result<Option<ContextId>, ServiceError> {
        let Some(IdempotencyKey { key: name, .. }) = key else { return Ok(None) };
        let Some(id) = self.manager.env().store().created_by(name).await? else { return Ok(None) };
        let seen = match self.manager.read(id, |context| context.expect_new(key, now)).await {
            Err(SessionError::NotFound { .. }) => return Ok(None),
            seen => seen?,
        };
        match seen {
            // It is so old that the key is a new one.
            Ok(()) => Ok(None),
            Err(ChatError::Repeated { .. }) => Ok(Some(id)),
            Err(source) => Err(ServiceError::refused(id, source)),
        }
    }

    /// A session for a turn to work on.
    async fn hold(&self, id: ContextId) -> Result<Held<'_, E>, SessionError> {
        self.manager.make_room().await?;
        Ok(Held { manager: &self.manager, session: self.manager.load_context(id).await? })
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

impl<E: Env, M: ModelClient + ToolRunner> Serve<CreateContext> for Backend<E, M> {
    async fn serve(&self, CreateContext { body, key }: CreateContext) -> Result<ContextId, ServiceError> {
        let (_key, now) = (self.keys.take(key)?, self.time_of(key));
        if let Some(id) = self.created_before(key, now).await? {
            return Ok(id);
        }
        let mut config = ContextConfig::new(&body.model_id, &body.mode);
        let prompt = body.system_prompt_id.as_deref().map(|id| self.prompts.text(id)).transpose()?;
        config.system_prompt_id.clone_from(&body.system_prompt_id);
        let attach = |context: &mut ChatContext| {
            if let Some(text) = prompt {
                context.set_system_prompt(text);
            }
            context.remember_creation(key, now);
            Ok(())
        };
        Ok(self.manager().create_session(config, attach).await?.id())
    }
}

impl<E: Env, M: ModelClient + ToolRunner> Serve<ListContexts> for Backend<E, M> {
    async fn serve(&self, ListContexts { after, limit }: ListContexts) -> Result<ContextList, ServiceError> {
        let limit = within("limit", limit)?;
        // One more than asked for shows whether this is the last page.
        let mut contexts = self.manager().list(after, limit + 1).await?;
        let has_more = contexts.len() > limit;
        contexts.truncate(limit);
        let next = contexts.last().filter(|_| has_more).map(|last| last.id);
        Ok(ContextList { contexts, next })
    }
}

impl<E: Env, M: ModelClient + ToolRunner> Serve<GetContext> for Backend<E, M> {
    async fn serve(&self, GetContext { id }: GetContext) -> Result<ChatContextDTO, ServiceError> {
        let dto = |context: &ChatContext| ChatContextDTO::from(context);
        Ok(self.manager().read(id, |context| self.dto.answer(context, dto)).await?)
    }
}

impl<E: Env, M: ModelClient + ToolRunner> Serve<GetContextMessages> for Backend<E, M> {
    async fn serve(
        &self,
        GetContextMessages { id, page }: GetContextMessages,
    ) -> Result<MessagesDTO, ServiceError> {
        let (limit, bytes) = (within("limit", page.limit)?, self.manager().limits().page_bytes);
        let dto = |context: &ChatContext| {
            MessagesDTO::page(context, page.branch.as_deref(), limit, page.offset, bytes)
        };
        let found = self.manager().read(id, |context| self.dto.answer(context, dto)).await?;
        found.map_err(|source| ServiceError::refused(id, source))
    }
}

impl<E: Env, M: ModelClient + ToolRunner> Serve<GetContextState> for Backend<E, M> {
    async fn serve(&self, GetContextState { id }: GetContextState) -> Result<ContextStateDTO, ServiceError> {
        // Two small values, copied: there is nothing here that a DTO policy could clone.
        Ok(self.manager().state(id).await?)
    }
}

impl<E: Env, M: ModelClient + ToolRunner> Serve<UpdateContext> for Backend<E, M> {
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
        Ok(self.manager().write(id, update).await?)
    }
}

impl<E: Env, M: ModelClient + ToolRunner> Serve<DeleteContext> for Backend<E, M> {
    async fn serve(&self, DeleteContext { id, condition }: DeleteContext) -> Result<(), ServiceError> {
        Ok(self.manager().delete_at(id, &condition).await?)
    }
}

impl<E: Env, M: ModelClient + ToolRunner> Serve<AddContextMessage> for Backend<E, M> {
    async fn serve(
        &self,
        AddContextMessage { id, message, branch, condition, key }: AddContextMessage,
    ) -> Result<AppendedDTO, ServiceError> {
        let (_key, now) = (self.keys.take(key)?, self.time_of(key));
        let append = |context: &mut ChatContext| {
            // Before the condition: the first time has moved the context on.
            context.expect_new(key, now)?;
            context.require(&condition)?;
            let id = context.append(message, branch.as_deref())?;
            context.remember(key, Some(id), now);
            Ok(AppendedDTO { id, version: context.version().next() })
        };
        let appended = self.manager().write(id, append).await;
        let again =
            |Receipt { version, message, .. }| AppendedDTO { id: message.unwrap_or(MessageId(0)), version };
        outcome(&self.manager, id, appended, again).await
    }
}

impl<E: Env, M: ModelClient + ToolRunner> Serve<ApproveContextTools> for Backend<E, M> {
    async fn serve(
        &self,
        ApproveContextTools { id, decisions, condition, key }: ApproveContextTools,
    ) -> Result<Version, ServiceError> {
        let (_key, now) = (self.keys.take(key)?, self.time_of(key));
        let decide = |context: &mut ChatContext| {
            context.expect_new(key, now)?;
            context.require(&condition)?;
            context.decide_tools(&decisions)?;
            context.remember(key, None, now);
            Ok(context.version().next())
        };
        let decided = self.manager().write(id, decide).await;
        outcome(&self.manager, id, decided, |receipt| receipt.version).await
    }
}

impl<E: Env, M: ModelClient + ToolRunner> Serve<SendMessageAction<'_>> for Backend<E, M> {
    async fn serve(
        &self,
        SendMessageAction { id, message, condition, key, watch }: SendMessageAction<'_>,
    ) -> Result<ActionDTO, ServiceError> {
        let _key = self.keys.take(key)?;
        let session = self.hold(id).await?;
        let terms = TurnTerms { condition: &condition, key, now: self.time_of(key) };
        let began = self.turns.send_message(&session, message, &terms, watch).await;
        let began = outcome(&self.manager, id, began, TurnStart::from).await?;
        self.dto.describe(&session, began).await
    }
}

impl<E: Env, M: ModelClient + ToolRunner> Serve<ApproveToolsAction<'_>> for Backend<E, M> {
    async fn serve(
        &self,
        ApproveToolsAction { id, decisions, condition, key, watch }: ApproveToolsAction<'_>,
    ) -> Result<ActionDTO, ServiceError> {
        let _key = self.keys.take(key)?;
        let session = self.hold(id).await?;
        let terms = TurnTerms { condition: &condition, key, now: self.time_of(key) };
        let began = self.turns.approve_tools(&session, &decisions, &terms, watch).await;
        let began = outcome(&self.manager, id, began, TurnStart::from).await?;
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
