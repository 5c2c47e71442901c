//! The world outside: the language model that answers, and the tools it may call.

use std::pin::Pin;

use futures_util::Stream;

use crate::backend::chat::{ChatContext, NewToolCall, ToolCall, ToolResult};

/// What the model is asked: the session as it was when the request was made. The snapshot shares its messages with
/// the session, so making one costs little and no lock is held while the model reads it.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// The conversation.
    pub context: ChatContext,
}

/// A language model, as the backend sees it.
pub trait ModelClient: Send + Sync + 'static {
    /// Asks for a reply. No lock is held while this waits. **Cancellation:** may be dropped at any time.
    fn request(&self, prompt: Prompt) -> impl Future<Output = Result<Reply, ModelError>> + Send;
}

/// Executes the tool calls that a person has approved.
pub trait ToolRunner: Send + Sync + 'static {
    /// Runs one call. A tool that fails by its own judgement says so in its result; an `Err` means that it could not
    /// be run at all.
    fn run(&self, call: &ToolCall) -> impl Future<Output = Result<ToolResult, ModelError>> + Send;
}

/// How a model answers.
pub enum Reply {
    /// All at once.
    Full {
        /// What it says.
        text: String,
        /// The tools it wants to call.
        tool_calls: Vec<NewToolCall>,
    },
    /// Bit by bit; the reply is whole when the stream ends.
    Stream(ReplyStream),
}

/// A reply that is still being given. A stream rather than a channel, so that nothing is hidden from a scheduler that
/// explores the interleavings.
pub type ReplyStream = Pin<Box<dyn Stream<Item = Result<Chunk, ModelError>> + Send>>;

/// One bit of a streamed reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    /// More text.
    Text(String),
    /// A tool that the model wants to call.
    ToolCall(NewToolCall),
}

/// How a request to the model or a tool fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// May go better next time: the turn tries again, three times at most.
    #[error("{0}")]
    Transient(String),
    /// Will not get better: the turn ends as failed.
    #[error("{0}")]
    Fatal(String),
}
