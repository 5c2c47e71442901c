//! The service of any strategy behind one type, for those who judge it.
//!
//! Every answer is boxed here, which costs an allocation: nothing that is measured comes this way. In return, what judges is
//! built once and not for each strategy.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::chat::{
    AppendedDTO, ChatContext, ChatContextDTO, ContextId, ContextStateDTO, MessagesDTO, NewMessage,
    ToolDecision, Version,
};
use crate::service::{
    ActionDTO, Backend, ChatService, ContextList, CreateContext, MessagePage, ModelClient, ServiceError,
    ToolRunner, UpdateContext,
};
use crate::session::store::{Store, StoreError};
use crate::session::{Env, ManagerStats, SessionError};

/// An answer to come.
pub(super) type Answer<'a, T> = BoxFuture<'a, Result<T, ServiceError>>;

/// What is judged: the endpoints, and what stands behind them when a run is over.
pub(super) trait Subject: Send + Sync {
    fn create(&self, request: CreateContext) -> Answer<'_, ContextId>;
    fn list(&self, after: ContextId, limit: usize) -> Answer<'_, ContextList>;
    fn context(&self, id: ContextId) -> Answer<'_, ChatContextDTO>;
    fn page(&self, id: ContextId, page: MessagePage) -> Answer<'_, MessagesDTO>;
    fn state(&self, id: ContextId) -> Answer<'_, ContextStateDTO>;
    fn update(&self, id: ContextId, request: UpdateContext) -> Answer<'_, Version>;
    fn delete(&self, id: ContextId) -> Answer<'_, ()>;
    fn append(&self, id: ContextId, message: NewMessage) -> Answer<'_, AppendedDTO>;
    fn decide(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, Version>;
    fn send(&self, id: ContextId, message: NewMessage) -> Answer<'_, ActionDTO>;
    fn resume(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, ActionDTO>;

    /// The session whole, as memory has it.
    fn whole(&self, id: ContextId) -> BoxFuture<'_, Result<ChatContext, SessionError>>;

    /// The session whole, as the store has it.
    fn stored(&self, id: ContextId) -> BoxFuture<'_, Result<Option<ChatContext>, StoreError>>;

    /// Saves what is unsaved.
    fn flush(&self) -> BoxFuture<'_, Vec<SessionError>>;

    /// What the manager holds.
    fn stats(&self) -> BoxFuture<'_, ManagerStats>;
}

impl<E: Env, M: ModelClient + ToolRunner> Subject for Backend<E, M> {
    fn create(&self, request: CreateContext) -> Answer<'_, ContextId> {
        self.create_context(request).boxed()
    }

    fn list(&self, after: ContextId, limit: usize) -> Answer<'_, ContextList> {
        self.list_contexts(Some(after), limit).boxed()
    }

    fn context(&self, id: ContextId) -> Answer<'_, ChatContextDTO> {
        self.get_context(id).boxed()
    }

    fn page(&self, id: ContextId, page: MessagePage) -> Answer<'_, MessagesDTO> {
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

    fn append(&self, id: ContextId, message: NewMessage) -> Answer<'_, AppendedDTO> {
        self.add_context_message(id, message, None).boxed()
    }

    fn decide(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, Version> {
        self.approve_context_tools(id, decisions).boxed()
    }

    fn send(&self, id: ContextId, message: NewMessage) -> Answer<'_, ActionDTO> {
        self.send_message_action(id, message).boxed()
    }

    fn resume(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, ActionDTO> {
        self.approve_tools_action(id, decisions).boxed()
    }

    fn whole(&self, id: ContextId) -> BoxFuture<'_, Result<ChatContext, SessionError>> {
        self.manager().read(id, ChatContext::clone).boxed()
    }

    fn stored(&self, id: ContextId) -> BoxFuture<'_, Result<Option<ChatContext>, StoreError>> {
        self.manager().env().store().load(id).boxed()
    }

    fn flush(&self) -> BoxFuture<'_, Vec<SessionError>> {
        self.manager().flush().boxed()
    }

    fn stats(&self) -> BoxFuture<'_, ManagerStats> {
        self.manager().stats().boxed()
    }
}
