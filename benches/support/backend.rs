//! A backend of a named strategy, and a session to ask it for.

use std::num::NonZeroUsize;

use lockyard::backend::chat::{ContextId, NewMessage, Role};
use lockyard::backend::service::{ChatService, CreateContext, Prompts, SimulatorConfig};
use lockyard::backend::session::{Durability, SessionLimits};
use lockyard::backend::store::Store;
use lockyard::strategy::{Assembly, IdSource, Setup, Strategy, assemble};
use tokio::runtime::Handle;

/// The length of a message.
pub const MESSAGE_BYTES: usize = 1024;

/// A message of that length.
pub fn message() -> NewMessage {
    NewMessage::text(Role::User, "x".repeat(MESSAGE_BYTES))
}

/// Hands the backend of a strategy to `assembly`: write-through over `store`, with room for `capacity` sessions.
pub fn with_backend<A: Assembly>(
    strategy: &str,
    store: impl Store,
    capacity: usize,
    runtime: &Handle,
    assembly: A,
) -> A::Output {
    let strategy = Strategy::parse(strategy).expect("a preset");
    let setup = Setup {
        store,
        capacity: NonZeroUsize::new(capacity).expect("room for at least one"),
        durability: Durability::WriteThrough,
        limits: SessionLimits::default(),
        model: SimulatorConfig::default(),
        prompts: Prompts::default(),
        ids: IdSource::seeded(1),
        runtime: runtime.clone(),
    };
    assemble(strategy.factors(), setup, assembly).expect("presets are built")
}

/// A new session of so many messages.
pub async fn new_session<S: ChatService>(service: &S, messages: usize) -> ContextId {
    let request = CreateContext { model_id: "none".into(), mode: "chat".into(), system_prompt_id: None };
    let id = service.create_context(request).await.expect("a memory store takes everything");
    for _ in 0..messages {
        service.add_context_message(id, message(), None).await.expect("the session is there");
    }
    id
}
