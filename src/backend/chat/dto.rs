//! What leaves the context: owned copies, made while the lock is held and serialized after it is released.
//!
//! So each copies as little as its reader needs. None copies the conversation; a page of messages copies the page.

use serde::{Deserialize, Serialize};

use super::size::message_size;
use super::{
    ChatContext, ChatError, ContentPart, ContextConfig, ContextId, Message, MessageId, Role, State,
    StateKind, Timestamp, ToolCall, ToolResult, Version,
};

/// A context without its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ChatContextDTO {
    /// Which context.
    pub id: ContextId,
    /// The context that it came from.
    pub parent_id: Option<ContextId>,
    /// How the model is to answer.
    pub config: ContextConfig,
    /// Where the conversation stands.
    pub state: StateDTO,
    /// How many changes it has accepted.
    pub version: Version,
    /// The branch that is read and written where none is named.
    pub active_branch: String,
    /// All branches in the order of their names.
    pub branches: Vec<BranchDTO>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl From<&ChatContext> for ChatContextDTO {
    fn from(context: &ChatContext) -> Self {
        let branches = context.branches();
        let branches = branches
            .map(|branch| BranchDTO { name: branch.name().to_owned(), message_count: branch.order().len() });
        Self {
            id: context.id(),
            parent_id: context.parent_id(),
            config: context.config().clone(),
            state: context.state().into(),
            version: context.version(),
            active_branch: context.active_branch().to_owned(),
            branches: branches.collect(),
            created_at: context.created_at(),
            updated_at: context.updated_at(),
        }
    }
}

/// A branch without its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct BranchDTO {
    /// What it is called.
    pub name: String,
    /// How many messages it has, the system prompt not counted.
    pub message_count: usize,
}

/// A state with what it carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct StateDTO {
    /// Which state.
    pub kind: StateKind,
    /// Failures since the last response; zero in states that count none.
    pub retries: u8,
    /// What went wrong, in the two states that follow a failure.
    pub error: Option<String>,
}

impl From<&State> for StateDTO {
    fn from(state: &State) -> Self {
        Self { kind: state.kind(), retries: state.retries(), error: state.error().map(str::to_owned) }
    }
}

/// State and version: all that a client needs to know whether to ask for more. Allocates nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ContextStateDTO {
    /// Which state.
    pub state: StateKind,
    /// How many changes the context has accepted.
    pub version: Version,
}

impl From<&ChatContext> for ContextStateDTO {
    fn from(context: &ChatContext) -> Self {
        Self { state: context.state_kind(), version: context.version() }
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct MessageDTO {
    /// Its place among all messages of the context.
    pub id: MessageId,
    /// The message it follows; none for the first.
    pub parent: Option<MessageId>,
    /// The author.
    pub role: Role,
    /// What is said.
    pub content: Vec<ContentPart>,
    /// The tools the model asks for.
    pub tool_calls: Vec<ToolCall>,
    /// What the tools answered.
    pub tool_results: Vec<ToolResult>,
}

impl From<&Message> for MessageDTO {
    fn from(message: &Message) -> Self {
        let Message { id, parent, role, content, tool_calls, tool_results } = message.clone();
        Self { id, parent, role, content, tool_calls, tool_results }
    }
}

/// Where a message was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct AppendedDTO {
    /// Its place among all messages of the context.
    pub id: MessageId,
    /// The version that the context has by it.
    pub version: Version,
}

/// A page of a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct MessagesDTO {
    /// The version of the context that the page shows.
    pub version: Version,
    /// The messages of the page, oldest first.
    pub messages: Vec<MessageDTO>,
    /// How many messages the branch has, the system prompt not counted.
    pub total: usize,
    /// How many messages were asked for. There may be fewer before the end, where one answer cannot carry them: the next
    /// page begins after those that are here.
    pub limit: usize,
    /// How many messages of the branch come before the page.
    pub offset: usize,
}

impl MessagesDTO {
    /// At most `limit` messages of a branch, the active one where none is named, from the `offset`-th on; fewer, but one
    /// at least, where they would take more than `bytes` of memory. Beyond the end the page is empty.
    ///
    /// # Errors
    /// [`ChatError::UnknownBranch`] if there is no such branch.
    pub fn page(
        context: &ChatContext,
        branch: Option<&str>,
        limit: usize,
        offset: usize,
        bytes: usize,
    ) -> Result<Self, ChatError> {
        let page = context.page(branch, limit, offset)?;
        // What takes no more as a whole is not looked at one by one.
        let fit = if context.size() <= bytes { page.len() } else { fitting(page, bytes).max(1) };
        let messages = context.page(branch, limit.min(fit), offset)?.map(MessageDTO::from).collect();
        Ok(Self {
            version: context.version(),
            messages,
            total: context.message_count(branch)?,
            limit,
            offset,
        })
    }
}

/// How many messages from the first on take no more than so many bytes together.
fn fitting<'a>(messages: impl Iterator<Item = &'a Message>, bytes: usize) -> usize {
    let left = |left: &mut usize, message: &Message| {
        *left = left.checked_sub(message_size(message))?;
        Some(())
    };
    messages.scan(bytes, left).count()
}

/// One line in a list of contexts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ContextSummary {
    /// Which context.
    pub id: ContextId,
    /// Which model.
    pub model_id: String,
    /// The manner of the conversation.
    pub mode: String,
    /// Which state.
    pub state: StateKind,
    /// How many changes it has accepted.
    pub version: Version,
    /// How many messages its active branch has, the system prompt not counted.
    pub message_count: usize,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl From<&ChatContext> for ContextSummary {
    fn from(context: &ChatContext) -> Self {
        let ContextConfig { model_id, mode, .. } = context.config();
        Self {
            id: context.id(),
            model_id: model_id.clone(),
            mode: mode.clone(),
            state: context.state_kind(),
            version: context.version(),
            message_count: context.message_count(None).unwrap_or_default(),
            created_at: context.created_at(),
            updated_at: context.updated_at(),
        }
    }
}

impl ContextSummary {
    /// Says now what there is to say of `context`, in the memory that it has.
    pub fn follow(&mut self, context: &ChatContext) {
        let Self { id, model_id, mode, state, version, message_count, created_at, updated_at } = self;
        *id = context.id();
        model_id.clone_from(&context.config().model_id);
        mode.clone_from(&context.config().mode);
        *state = context.state_kind();
        *version = context.version();
        *message_count = context.message_count(None).unwrap_or_default();
        *created_at = context.created_at();
        *updated_at = context.updated_at();
    }
}
