//! The controller layer: what a client may ask of the backend, behind one trait.
//!
//! Each endpoint has a type of [`Request`], and a service is what can [`Serve`] all of them: a [`ChatService`], which has
//! a method for each. [`Backend`] serves them from a
//! [`ChatSessionManager`](crate::backend::session::ChatSessionManager), and the driver, the HTTP routes and the checks know
//! the trait only. All of it is derived from the one list in `backend/endpoints.rs`, and none of it is written out again
//! for what stands around a service ([`Layered`]) or makes an object of it ([`DynChatService`]).
//!
//! Which endpoint reads and which writes:
//!
//! | endpoint | session's lock |
//! | --- | --- |
//! | [`create_context`](ChatService::create_context) | write: attach the system prompt; saved before the answer |
//! | [`list_contexts`](ChatService::list_contexts) | none: the store's index |
//! | [`get_context`](ChatService::get_context), [`get_context_messages`](ChatService::get_context_messages), [`get_context_state`](ChatService::get_context_state) | read, once, for as long as it takes to copy the answer |
//! | [`update_context`](ChatService::update_context), [`add_context_message`](ChatService::add_context_message), [`approve_context_tools`](ChatService::approve_context_tools) | write, once |
//! | [`delete_context`](ChatService::delete_context) | write, under the session's gate |
//! | [`send_message_action`](ChatService::send_message_action), [`approve_tools_action`](ChatService::approve_tools_action) | short writes, none across the model's or a tool's work; a read after processing |

mod backend;
mod batch;
mod body;
mod dynamic;
mod error;
mod keys;
mod layer;
mod managed;
mod model;
pub mod request;
mod serve;
mod short_names;
mod simulator;
mod turn;
mod watch;

pub use backend::{Backend, DtoPolicy, Endpoints, Prompts};
pub use body::{ActionDTO, ContextList, CreateContext, MessagePage, UpdateContext};
pub use dynamic::{Answer, DynChatService, ServeBoxed};
pub use error::{RemoteFailure, ServiceError};
pub use layer::{Layered, ServiceLayer};
pub use managed::{DynBackend, ServiceHealth};
pub use model::{Chunk, ModelClient, ModelError, Prompt, Reply, ReplyStream, ToolRunner};
pub use request::Request;
pub use serve::{ChatService, Serve};
pub use simulator::{Simulator, SimulatorConfig};
pub use watch::{TurnEvent, TurnWatch};
