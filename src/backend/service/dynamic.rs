//! Services and backends as objects, for whoever does not care which locks are inside: what is built over them is
//! compiled once and not for every strategy.
//!
//! Every answer is boxed here, which costs an allocation. The reads and writes that are measured do not come this way;
//! a turn, which waits for a model anyway, does.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::backend::chat::{
    AppendedDTO, ChatContext, ChatContextDTO, ContextId, ContextStateDTO, MessagesDTO, NewMessage,
    ToolDecision, Version,
};
use crate::backend::session::{Env, ManagerStats, SessionError, Traffic};
use crate::backend::store::{Store, StoreError};

use super::model::{ModelClient, ToolRunner};
use super::requests::{ActionDTO, ContextList, CreateContext, MessagePage, UpdateContext};
use super::watch::TurnWatch;
use super::{Backend, ChatService, ServiceError};

/// An answer to come.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, ServiceError>>;

/// [`ChatService`] as an object: the same endpoints under short names. Every service is one.
pub trait DynChatService: Send + Sync + 'static {
    /// [`ChatService::create_context`].
    fn create(&self, request: CreateContext) -> Answer<'_, ContextId>;
    /// [`ChatService::list_contexts`].
    fn list(&self, after: Option<ContextId>, limit: usize) -> Answer<'_, ContextList>;
    /// [`ChatService::get_context`].
    fn context(&self, id: ContextId) -> Answer<'_, ChatContextDTO>;
    /// [`ChatService::get_context_messages`].
    fn messages(&self, id: ContextId, page: MessagePage) -> Answer<'_, MessagesDTO>;
    /// [`ChatService::get_context_state`].
    fn state(&self, id: ContextId) -> Answer<'_, ContextStateDTO>;
    /// [`ChatService::update_context`].
    fn update(&self, id: ContextId, request: UpdateContext) -> Answer<'_, Version>;
    /// [`ChatService::delete_context`].
    fn delete(&self, id: ContextId) -> Answer<'_, ()>;
    /// [`ChatService::add_context_message`].
    fn append(&self, id: ContextId, message: NewMessage, branch: Option<String>) -> Answer<'_, AppendedDTO>;
    /// [`ChatService::approve_context_tools`].
    fn decide(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, Version>;
    /// [`ChatService::send_message_action_watched`]; `&()` watches nothing.
    fn send<'a>(
        &'a self,
        id: ContextId,
        message: NewMessage,
        watch: &'a dyn TurnWatch,
    ) -> Answer<'a, ActionDTO>;
    /// [`ChatService::approve_tools_action_watched`]; `&()` watches nothing.
    fn resume<'a>(
        &'a self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
        watch: &'a dyn TurnWatch,
    ) -> Answer<'a, ActionDTO>;
}

impl<S: ChatService> DynChatService for S {
    fn create(&self, request: CreateContext) -> Answer<'_, ContextId> {
        self.create_context(request).boxed()
    }

    fn list(&self, after: Option<ContextId>, limit: usize) -> Answer<'_, ContextList> {
        self.list_contexts(after, limit).boxed()
    }

    fn context(&self, id: ContextId) -> Answer<'_, ChatContextDTO> {
        self.get_context(id).boxed()
    }

    fn messages(&self, id: ContextId, page: MessagePage) -> Answer<'_, MessagesDTO> {
        self.get_context_messages(id, page).boxed()
    }

    fn state(&self, id: ContextId) -> Answer<'_, ContextStateDTO> {
        self.get_context_state(id).boxed()
    }

    fn update(&self, id: ContextId, request: UpdateContext) -> Answer<'_, Version> {
        self.update_context(id, request).boxed()
    }

    fn delete(&self, id: ContextId) -> Answer<'_, ()> {
        self.delete_context(id).boxed()
    }

    fn append(&self, id: ContextId, message: NewMessage, branch: Option<String>) -> Answer<'_, AppendedDTO> {
        self.add_context_message(id, message, branch).boxed()
    }

    fn decide(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, Version> {
        self.approve_context_tools(id, decisions).boxed()
    }

    fn send<'a>(
        &'a self,
        id: ContextId,
        message: NewMessage,
        watch: &'a dyn TurnWatch,
    ) -> Answer<'a, ActionDTO> {
        self.send_message_action_watched(id, message, watch).boxed()
    }

    fn resume<'a>(
        &'a self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
        watch: &'a dyn TurnWatch,
    ) -> Answer<'a, ActionDTO> {
        self.approve_tools_action_watched(id, decisions, watch).boxed()
    }
}

/// A [`Backend`] as an object: its endpoints, and what stands behind them.
pub trait DynBackend: DynChatService {
    /// The session whole, as memory has it.
    fn whole(&self, id: ContextId) -> BoxFuture<'_, Result<ChatContext, SessionError>>;

    /// The session whole, as the store has it.
    fn stored(&self, id: ContextId) -> BoxFuture<'_, Result<Option<ChatContext>, StoreError>>;

    /// Gives a session the messages back that `initial` has, unless a turn is at work in it, which would find its words
    /// gone.
    fn restore<'a>(
        &'a self,
        id: ContextId,
        initial: &'a ChatContext,
    ) -> BoxFuture<'a, Result<(), SessionError>>;

    /// Saves what is unsaved; the failures, if any.
    fn flush(&self) -> BoxFuture<'_, Vec<SessionError>>;

    /// Saves what is unsaved every `interval`, for ever.
    fn auto_save(&self, interval: Duration) -> BoxFuture<'_, ()>;

    /// What the manager has done.
    fn traffic(&self) -> BoxFuture<'_, Traffic>;

    /// What the manager has done and holds. Counts the sessions that live, one by one.
    fn stats(&self) -> BoxFuture<'_, ManagerStats>;
}

impl<E: Env, M: ModelClient + ToolRunner> DynBackend for Backend<E, M> {
    fn whole(&self, id: ContextId) -> BoxFuture<'_, Result<ChatContext, SessionError>> {
        self.manager().read(id, ChatContext::clone).boxed()
    }

    fn stored(&self, id: ContextId) -> BoxFuture<'_, Result<Option<ChatContext>, StoreError>> {
        self.manager().env().store().load(id).boxed()
    }

    fn restore<'a>(
        &'a self,
        id: ContextId,
        initial: &'a ChatContext,
    ) -> BoxFuture<'a, Result<(), SessionError>> {
        let restore = |context: &mut ChatContext| {
            if !context.state_kind().is_working() {
                context.restore(initial);
            }
            Ok(())
        };
        self.manager().write(id, restore).boxed()
    }

    fn flush(&self) -> BoxFuture<'_, Vec<SessionError>> {
        self.manager().flush().boxed()
    }

    fn auto_save(&self, interval: Duration) -> BoxFuture<'_, ()> {
        self.manager().auto_save(interval).boxed()
    }

    fn traffic(&self) -> BoxFuture<'_, Traffic> {
        self.manager().traffic().boxed()
    }

    fn stats(&self) -> BoxFuture<'_, ManagerStats> {
        self.manager().stats().boxed()
    }
}
