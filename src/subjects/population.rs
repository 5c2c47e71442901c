//! The sessions that a scenario begins with, made once and shared by all subjects.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::backend::chat::{ChatContext, ContextConfig, ContextId, NewMessage, Role, Timestamp};
use crate::strategy::IdSource;
use crate::workload::Scenario;

/// The sessions of a scenario. Subjects take structure-sharing clones, so a hundred megabytes of messages exist once, and
/// all subjects read them at the same addresses.
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

/// The populations that are in use: subjects of the same scenario share one.
#[derive(Default)]
pub(super) struct Populations(Mutex<Vec<(Size, Weak<Population>)>>);

/// What a population depends on: how many sessions, messages in each, bytes in each of these; and the seed.
type Size = (u32, u32, u32, u64);

impl Populations {
    /// The population of a scenario, made if there is none yet.
    pub(super) fn of(&self, scenario: &Scenario, seed: u64) -> Arc<Population> {
        let size = (scenario.sessions.get(), scenario.messages, scenario.message_bytes, seed);
        let mut known = self.0.lock();
        known.retain(|(_, population)| population.strong_count() > 0);
        if let Some(population) =
            known.iter().find(|(other, _)| *other == size).and_then(|(_, it)| it.upgrade())
        {
            return population;
        }
        let made = Arc::new(Population::of(scenario, seed));
        known.push((size, Arc::downgrade(&made)));
        made
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
