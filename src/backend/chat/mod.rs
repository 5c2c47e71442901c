//! The conversation: plain data and pure functions.
//!
//! Nothing here waits, locks, reads a clock or draws a random number, and nothing here knows the rest of the crate.
//! That is what lets one and the same conversation stand behind every lock, on a runtime and under a model checker.
//!
//! | file | holds |
//! | --- | --- |
//! | `ids` | the small named values: ids, version, time |
//! | `message`, `tools` | what is said, and what the model wants to run |
//! | `shared_vec` | a vector whose clones share structure |
//! | `pool`, `branch` | all messages, and the lines through them |
//! | `state`, `fsm` | where a conversation can stand, and the one pure function from there |
//! | `context` | [`ChatContext`]: one session's conversation as a whole |
//! | `content` | what a message from outside may say |
//! | `condition` | which versions a change was made for |
//! | `receipts`, `once` | what is remembered of answers, and requests that take effect once, however often they are sent |
//! | `turn` | the steps of a chat turn, each whole or nothing |
//! | `check` | reading a context back from a store |
//! | `limits`, `size`, `room` | how deep and how large what is said and set may be, how large it is, and whether there is room for more |
//! | `parameters` | parameters that are refused while they are read, if they take too much |
//! | `parts` | a context as settings, messages and a head, for stores that write what has changed |
//! | `dto` | what leaves the context |
//! | `error` | everything a conversation can refuse |
//!
//! A turn from the question to the answer, with a tool in between:
//!
//! ```
//! use lockyard::backend::chat::*;
//!
//! let (id, now) = (ContextId(uuid::Uuid::from_u128(1)), Timestamp(0));
//! let mut context = ChatContext::new(id, ContextConfig::new("gpt", "chat"), now)?;
//!
//! context.begin_turn(NewMessage::text(Role::User, "What is the time?"))?;
//! context.request_model()?;
//! context.full_response("Let me look.")?;
//! context.finish_response(vec![NewToolCall::new("c1", "clock", serde_json::json!({}))])?;
//! assert_eq!(context.state_kind(), StateKind::AwaitingToolApproval);
//!
//! context.decide_tools(&[ToolDecision { call_id: "c1".into(), approve: true }])?;
//! context.resume_after_approval()?;
//! context.complete_tools(vec![ToolResult { call_id: "c1".into(), output: "noon".into(), is_error: false }])?;
//!
//! context.request_model()?;
//! context.start_stream()?;
//! context.append_chunks("It is ")?;
//! context.append_chunks("noon.")?;
//! context.end_stream()?;
//! context.finish_response(vec![])?;
//! assert_eq!(context.state_kind(), StateKind::Idle);
//!
//! let page = MessagesDTO::page(&context, None, 1, 3, usize::MAX)?;
//! assert_eq!(page.messages[0].content, [ContentPart::Text { text: "It is noon.".into() }]);
//! # Ok::<(), ChatError>(())
//! ```

mod branch;
mod branches;
mod check;
mod condition;
mod content;
mod context;
mod dto;
mod error;
mod fsm;
mod ids;
mod limits;
mod message;
mod once;
#[cfg(feature = "http")]
mod parameters;
mod parts;
mod pool;
mod receipts;
mod room;
mod size;
mod state;
mod tools;
mod turn;

#[cfg(test)]
mod tests;

pub use branch::Branch;
pub use condition::VersionCondition;
pub use context::{ChatContext, ContextConfig, ContextUpdate};
pub use dto::{
    AppendedDTO, BranchDTO, ChatContextDTO, ContextStateDTO, ContextSummary, MessageDTO, MessagesDTO,
    StateDTO,
};
pub use error::ChatError;
pub use fsm::{Event, IllegalEvent, MAX_RETRIES, MAX_TOOL_ROUNDS, Machine};
pub use ids::{ContextId, MessageId, NotAContextId, Timestamp, ToolCallId, Version};
pub use limits::{ContextLimits, MAX_BYTES, MAX_DEPTH, MAX_NAME_BYTES, MAX_PARAMETER_BYTES};
#[cfg(feature = "http")]
pub(super) use message::Content;
#[cfg(any(feature = "http", feature = "client"))]
pub(super) use message::string_or_parts;
pub use message::{ContentPart, Message, NewMessage, Role};
#[cfg(feature = "http")]
pub(super) use parameters::bounded_parameters;
pub use parts::{ContextHead, ContextSettings};
pub use pool::MessagePool;
pub use receipts::{IDEMPOTENCY_MILLIS, IdempotencyKey, MAX_RECEIPTS, Receipt};
pub use state::{State, StateKind};
pub use tools::{Approval, NewToolCall, ToolCall, ToolDecision, ToolResult};
