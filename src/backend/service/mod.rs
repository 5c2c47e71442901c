//! The controller layer: what a client may ask of the backend, behind one trait.
//!
//! [`ChatService`] is the list of endpoints; [`Backend`] serves them from a
//! [`ChatSessionManager`](crate::backend::session::ChatSessionManager), and the driver, the HTTP routes and the checks know
//! the trait only. Which endpoint reads and which writes:
//!
//! | endpoint | session's lock |
//! | --- | --- |
//! | [`create_context`](ChatService::create_context) | write: attach the system prompt; saved before the answer |
//! | [`list_contexts`](ChatService::list_contexts) | none: the store's index |
//! | [`get_context`](ChatService::get_context), [`get_context_messages`](ChatService::get_context_messages), [`get_context_state`](ChatService::get_context_state) | read, once, for as long as it takes to copy the answer |
//! | [`update_context`](ChatService::update_context), [`add_context_message`](ChatService::add_context_message), [`approve_context_tools`](ChatService::approve_context_tools) | write, once |
//! | [`delete_context`](ChatService::delete_context) | write, under the session's gate |
//! | [`send_message_action`](ChatService::send_message_action), [`approve_tools_action`](ChatService::approve_tools_action) | short writes, none across the model's or a tool's work; a read after processing |

mod around;
mod backend;
mod batch;
mod dynamic;
mod error;
mod model;
mod requests;
mod simulator;
mod turn;
mod watch;

pub use around::{Around, Surrounded};
pub use backend::{Backend, DtoPolicy, Prompts};
pub use dynamic::{Answer, DynBackend, DynChatService};
pub use error::{Elsewhere, ServiceError};
pub use model::{Chunk, ModelClient, ModelError, Prompt, Reply, ReplyStream, ToolRunner};
pub use requests::{ActionDTO, ContextList, CreateContext, MessagePage, UpdateContext};
pub use simulator::{Simulator, SimulatorConfig};
pub use watch::{TurnEvent, TurnWatch};

use crate::backend::chat::{
    AppendedDTO, ChatContextDTO, ContextId, ContextStateDTO, MessagesDTO, NewMessage, ToolDecision, Version,
};

/// The endpoints of the chat backend.
///
/// **Cancellation.** A call may be dropped at any await. A read leaves nothing behind. A write has happened whole or
/// not at all, and which of the two is unknown to whoever dropped it. A turn that is dropped is rolled back to idle
/// in the background; what it has said so far stays in the conversation.
pub trait ChatService: Send + Sync + 'static {
    /// Creates a session; its id is the answer, and it is stored by then.
    fn create_context(
        &self,
        request: CreateContext,
    ) -> impl Future<Output = Result<ContextId, ServiceError>> + Send;

    /// One page of all sessions, by id.
    fn list_contexts(
        &self,
        after: Option<ContextId>,
        limit: usize,
    ) -> impl Future<Output = Result<ContextList, ServiceError>> + Send;

    /// What a session is, without its messages.
    fn get_context(&self, id: ContextId)
    -> impl Future<Output = Result<ChatContextDTO, ServiceError>> + Send;

    /// One page of a branch's messages.
    fn get_context_messages(
        &self,
        id: ContextId,
        page: MessagePage,
    ) -> impl Future<Output = Result<MessagesDTO, ServiceError>> + Send;

    /// Where a session is in its conversation: the cheapest read, and the one that clients poll.
    fn get_context_state(
        &self,
        id: ContextId,
    ) -> impl Future<Output = Result<ContextStateDTO, ServiceError>> + Send;

    /// Changes a session's configuration or active branch; with an expected version, only if it is still that.
    fn update_context(
        &self,
        id: ContextId,
        request: UpdateContext,
    ) -> impl Future<Output = Result<Version, ServiceError>> + Send;

    /// Deletes a session for good.
    fn delete_context(&self, id: ContextId) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// Appends a message to a branch (the active one if none is named), in any state, and starts no turn.
    fn add_context_message(
        &self,
        id: ContextId,
        message: NewMessage,
        branch: Option<String>,
    ) -> impl Future<Output = Result<AppendedDTO, ServiceError>> + Send;

    /// Approves or denies tool calls and leaves it at that: [`approve_tools_action`](Self::approve_tools_action)
    /// goes on with the turn.
    fn approve_context_tools(
        &self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
    ) -> impl Future<Output = Result<Version, ServiceError>> + Send;

    /// A whole turn: takes the user's message, asks the model, and answers when the session is idle, has failed, or
    /// waits for approval of tool calls. Refused while another turn is under way.
    fn send_message_action(
        &self,
        id: ContextId,
        message: NewMessage,
    ) -> impl Future<Output = Result<ActionDTO, ServiceError>> + Send;

    /// Approves or denies tool calls; once none is pending, runs the approved ones and goes on with the turn.
    fn approve_tools_action(
        &self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
    ) -> impl Future<Output = Result<ActionDTO, ServiceError>> + Send;

    /// [`send_message_action`](Self::send_message_action) that tells `watch` what it does. A service that sees nothing
    /// of its turns but their end tells nothing.
    fn send_message_action_watched(
        &self,
        id: ContextId,
        message: NewMessage,
        watch: &dyn TurnWatch,
    ) -> impl Future<Output = Result<ActionDTO, ServiceError>> + Send {
        let _ = watch;
        self.send_message_action(id, message)
    }

    /// [`approve_tools_action`](Self::approve_tools_action), likewise.
    fn approve_tools_action_watched(
        &self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
        watch: &dyn TurnWatch,
    ) -> impl Future<Output = Result<ActionDTO, ServiceError>> + Send {
        let _ = watch;
        self.approve_tools_action(id, decisions)
    }
}
