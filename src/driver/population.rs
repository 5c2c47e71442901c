//! The sessions that a scenario begins with, made once and shared by all rivals.

use std::sync::Arc;

use crate::backend::chat::{ChatContext, ContextConfig, ContextId, NewMessage, Role, Timestamp};
use crate::strategy::IdSource;
use crate::workload::Scenario;

/// The sessions of a scenario. Rivals take structure-sharing clones, so a hundred megabytes of messages exist once, and
/// all rivals read them at the same addresses.
pub(super) struct Population {
    pub(super) contexts: Vec<ChatContext>,
    pub(super) ids: Arc<[ContextId]>,
    /// The text that clients append and send.
    pub(super) text: String,
}

impl Population {
    pub(super) fn of(scenario: &Scenario, seed: u64) -> Self {
        Self::new(scenario.sessions.get(), scenario.messages, scenario.message_bytes, seed)
    }

    /// So many sessions of so many messages of so many bytes.
    pub(super) fn new(sessions: u32, messages: u32, message_bytes: u32, seed: u64) -> Self {
        let ids = IdSource::seeded(seed);
        let text = "x".repeat(message_bytes as usize);
        let contexts: Vec<_> = (0..sessions).map(|_| context(ids.next(), messages, &text)).collect();
        let ids = contexts.iter().map(ChatContext::id).collect();
        Self { contexts, ids, text }
    }
}

/// A conversation of `messages` messages, the user's and the model's in turn.
fn context(id: ContextId, messages: u32, text: &str) -> ChatContext {
    let config = ContextConfig::new("simulated", "chat");
    let mut context = ChatContext::new(id, config, Timestamp(0)).expect("neither name is empty");
    for nth in 0..messages {
        let role = if nth % 2 == 0 { Role::User } else { Role::Assistant };
        context.append(NewMessage::text(role, text), None).expect("every context has its main branch");
        context.touch(Timestamp(u64::from(nth)));
    }
    context
}
