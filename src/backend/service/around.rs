//! Something done around every call of a service: for whoever watches requests, or lets some of them go.

use std::sync::Arc;

use crate::backend::chat::{
    AppendedDTO, ChatContextDTO, ContextId, ContextStateDTO, MessagesDTO, NewMessage, ToolDecision, Version,
};

use super::dynamic::{Answer, DynChatService};
use super::requests::{ActionDTO, ContextList, CreateContext, MessagePage, UpdateContext};
use super::watch::TurnWatch;
use super::{ChatService, ServiceError};

/// What is done around every call.
pub trait Around: Send + Sync + 'static {
    /// Called with the endpoint that is asked, such as `get_context`, and its answer to come; what it returns is the
    /// answer that the caller gets.
    fn around<'a, T: Send + 'a>(&'a self, endpoint: &'static str, answer: Answer<'a, T>) -> Answer<'a, T>;
}

/// A service with something around every call. Every answer is boxed on its way.
pub struct Surrounded<A> {
    service: Arc<dyn DynChatService>,
    around: A,
}

impl<A: Around> Surrounded<A> {
    /// `service`, with `around` around every call.
    pub fn new(service: Arc<dyn DynChatService>, around: A) -> Self {
        Self { service, around }
    }
}

impl<A: Around> ChatService for Surrounded<A> {
    async fn create_context(&self, request: CreateContext) -> Result<ContextId, ServiceError> {
        self.around.around("create_context", self.service.create(request)).await
    }

    async fn list_contexts(
        &self,
        after: Option<ContextId>,
        limit: usize,
    ) -> Result<ContextList, ServiceError> {
        self.around.around("list_contexts", self.service.list(after, limit)).await
    }

    async fn get_context(&self, id: ContextId) -> Result<ChatContextDTO, ServiceError> {
        self.around.around("get_context", self.service.context(id)).await
    }

    async fn get_context_messages(
        &self,
        id: ContextId,
        page: MessagePage,
    ) -> Result<MessagesDTO, ServiceError> {
        self.around.around("get_context_messages", self.service.messages(id, page)).await
    }

    async fn get_context_state(&self, id: ContextId) -> Result<ContextStateDTO, ServiceError> {
        self.around.around("get_context_state", self.service.state(id)).await
    }

    async fn update_context(&self, id: ContextId, request: UpdateContext) -> Result<Version, ServiceError> {
        self.around.around("update_context", self.service.update(id, request)).await
    }

    async fn delete_context(&self, id: ContextId) -> Result<(), ServiceError> {
        self.around.around("delete_context", self.service.delete(id)).await
    }

    async fn add_context_message(
        &self,
        id: ContextId,
        message: NewMessage,
        branch: Option<String>,
    ) -> Result<AppendedDTO, ServiceError> {
        self.around.around("add_context_message", self.service.append(id, message, branch)).await
    }

    async fn approve_context_tools(
        &self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
    ) -> Result<Version, ServiceError> {
        self.around.around("approve_context_tools", self.service.decide(id, decisions)).await
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
        self.around.around("send_message_action", self.service.send(id, message, watch)).await
    }

    async fn approve_tools_action_watched(
        &self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
        watch: &dyn TurnWatch,
    ) -> Result<ActionDTO, ServiceError> {
        self.around.around("approve_tools_action", self.service.resume(id, decisions, watch)).await
    }
}
