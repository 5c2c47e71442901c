//! Any service behind one type, so that the routes are compiled once and not for every strategy.

use futures_util::future::BoxFuture;

use crate::chat::{
    AppendedDTO, ChatContextDTO, ContextId, ContextStateDTO, MessagesDTO, NewMessage, ToolDecision, Version,
};
use crate::service::{
    ActionDTO, ChatService, ContextList, CreateContext, MessagePage, ServiceError, TurnWatch, UpdateContext,
};

pub(super) type Answer<'a, T> = BoxFuture<'a, Result<T, ServiceError>>;

/// [`ChatService`] as an object.
pub(super) trait Chat: Send + Sync + 'static {
    fn create(&self, request: CreateContext) -> Answer<'_, ContextId>;
    fn list(&self, after: Option<ContextId>, limit: usize) -> Answer<'_, ContextList>;
    fn context(&self, id: ContextId) -> Answer<'_, ChatContextDTO>;
    fn messages(&self, id: ContextId, page: MessagePage) -> Answer<'_, MessagesDTO>;
    fn state(&self, id: ContextId) -> Answer<'_, ContextStateDTO>;
    fn update(&self, id: ContextId, request: UpdateContext) -> Answer<'_, Version>;
    fn delete(&self, id: ContextId) -> Answer<'_, ()>;
    fn append(&self, id: ContextId, message: NewMessage, branch: Option<String>) -> Answer<'_, AppendedDTO>;
    fn decide(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, Version>;
    fn send<'a>(
        &'a self,
        id: ContextId,
        message: NewMessage,
        watch: &'a dyn TurnWatch,
    ) -> Answer<'a, ActionDTO>;
    fn go_on<'a>(
        &'a self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
        watch: &'a dyn TurnWatch,
    ) -> Answer<'a, ActionDTO>;
}

impl<S: ChatService> Chat for S {
    fn create(&self, request: CreateContext) -> Answer<'_, ContextId> {
        Box::pin(self.create_context(request))
    }

    fn list(&self, after: Option<ContextId>, limit: usize) -> Answer<'_, ContextList> {
        Box::pin(self.list_contexts(after, limit))
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

    fn update(&self, id: ContextId, request: UpdateContext) -> Answer<'_, Version> {
        Box::pin(self.update_context(id, request))
    }

    fn delete(&self, id: ContextId) -> Answer<'_, ()> {
        Box::pin(self.delete_context(id))
    }

    fn append(&self, id: ContextId, message: NewMessage, branch: Option<String>) -> Answer<'_, AppendedDTO> {
        Box::pin(self.add_context_message(id, message, branch))
    }

    fn decide(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, Version> {
        Box::pin(self.approve_context_tools(id, decisions))
    }

    fn send<'a>(
        &'a self,
        id: ContextId,
        message: NewMessage,
        watch: &'a dyn TurnWatch,
    ) -> Answer<'a, ActionDTO> {
        Box::pin(self.send_message_action_watched(id, message, watch))
    }

    fn go_on<'a>(
        &'a self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
        watch: &'a dyn TurnWatch,
    ) -> Answer<'a, ActionDTO> {
        Box::pin(self.approve_tools_action_watched(id, decisions, watch))
    }
}
