//! A context in parts, for stores that write what has changed: its settings, its messages one by one, and a head that
//! says all else. And a context made of its parts, checked as one that is read as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::branches::Branches;
use super::limits::ContextLimits;
use super::receipts::Receipts;
use super::turn::Turn;
use super::{
    Branch, ChatContext, ChatError, ContextConfig, ContextId, ContextSummary, Machine, Message, MessageId,
    MessagePool,
};

/// All that a context says besides its settings and its messages; small, however long the conversation is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContextHead {
    /// What a list says of the context.
    summary: ContextSummary,
    parent_id: Option<ContextId>,
    /// How many messages there are, over all branches.
    messages: usize,
    /// The newest message of each branch: those before it are its parent, the parent of that, and so on.
    branches: BTreeMap<Arc<str>, Option<MessageId>>,
    active_branch: Arc<str>,
    machine: Machine,
    turn: Turn,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_by: Option<Uuid>,
    #[serde(default, skip_serializing_if = "is_zero")]
    receipts: usize,
}

/// Most contexts have no receipts, and their heads do not mention them.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What a context is set to; changed rarely, and possibly large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContextSettings {
    config: Arc<ContextConfig>,
    /// By the name of the branch that stands under them.
    system_prompts: BTreeMap<Arc<str>, Arc<str>>,
}

impl ContextHead {
    /// What a list says of the context.
    pub fn summary(&self) -> &ContextSummary {
        &self.summary
    }

    /// How many messages belong to the context.
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// How many receipts belong to the context.
    pub fn receipts(&self) -> usize {
        self.receipts
    }

    /// The key of the request that has created the context, if it had one.
    pub fn created_by(&self) -> Option<Uuid> {
        self.created_by
    }
}

impl ChatContext {
    /// All but the settings and the messages.
    pub fn head(&self) -> ContextHead {
        let tip = |branch: &Branch| (branch.name.clone(), branch.order.last().copied());
        ContextHead {
            summary: self.into(),
            parent_id: self.parent_id,
            messages: self.pool.len(),
            branches: self.branches().map(tip).collect(),
            active_branch: self.active_branch.clone(),
            machine: self.machine.clone(),
            turn: self.turn.clone(),
            created_by: self.created_by,
            receipts: self.receipts.len(),
        }
    }

    /// What the context is set to.
    pub fn settings(&self) -> ContextSettings {
        let prompt = |branch: &Branch| Some((branch.name.clone(), branch.system_prompt.clone()?));
        ContextSettings {
            config: self.config.clone(),
            system_prompts: self.branches().filter_map(prompt).collect(),
        }
    }

    /// Whether the settings are those of an `older` state of this context.
    pub fn has_settings_of(&self, older: &Self) -> bool {
        fn prompts(context: &ChatContext) -> impl Iterator<Item = (&str, &str)> {
            context.branches().filter_map(|branch| Some((branch.name(), branch.system_prompt()?)))
        }
        (Arc::ptr_eq(&self.config, &older.config) || self.config == older.config)
            && prompts(self).eq(prompts(older))
    }

    /// The messages that are new or other ones since an `older` state of this context, in order. In time proportional
    /// to what has changed, as long as both come from one another by clones and changes.
    pub fn messages_since<'a>(&'a self, older: &'a Self) -> impl Iterator<Item = &'a Message> {
        self.pool.changed_since(&older.pool)
    }

    /// The context that has these parts. It remembers no receipts: they are given to it by
    /// [`with_receipts`](Self::with_receipts).
    ///
    /// # Errors
    /// [`ChatError::Damaged`] when they do not belong together, and what every reading of a context is refused for.
    pub fn of_parts(
        head: ContextHead,
        settings: ContextSettings,
        messages: impl IntoIterator<Item = Message>,
    ) -> Result<Self, ChatError> {
        let id = head.summary.id;
        let damaged = |what: String| ChatError::Damaged { id, what };
        let pool: MessagePool = messages.into_iter().collect();
        if pool.len() != head.messages {
            let (said, there) = (head.messages, pool.len());
            return Err(damaged(format!("it should have {said} messages, and {there} are there")));
        }
        let ContextSettings { config, mut system_prompts } = settings;
        let branch = |(name, tip): (Arc<str>, Option<MessageId>)| {
            let system_prompt = system_prompts.remove(&name);
            Ok(Branch { order: pool.chain(tip)?.into_iter().collect(), name, system_prompt })
        };
        let branches: Result<_, String> = head.branches.into_iter().map(branch).collect();
        let branches = Branches::sorted(branches.map_err(damaged)?);
        if let Some(name) = system_prompts.keys().next() {
            return Err(damaged(format!("there is a system prompt for `{name}`, and no such branch")));
        }
        let context = Self {
            id,
            parent_id: head.parent_id,
            settings_size: config.size(),
            limits: ContextLimits::default(),
            config,
            pool,
            branches,
            active_branch: head.active_branch,
            machine: head.machine,
            turn: head.turn,
            created_by: head.created_by,
            receipts: Receipts::default(),
            version: head.summary.version,
            created_at: head.summary.created_at,
            updated_at: head.summary.updated_at,
        };
        context.check()?;
        if ContextSummary::from(&context) != head.summary {
            return Err(damaged("its summary is that of another context".to_owned()));
        }
        Ok(context)
    }
}

impl MessagePool {
    /// The message `tip` and those before it, oldest first.
    fn chain(&self, tip: Option<MessageId>) -> Result<Vec<MessageId>, String> {
        let mut chain = Vec::new();
        let mut next = tip;
        while let Some(id) = next {
            let message = self.get(id).ok_or_else(|| format!("there is no message {id}"))?;
            // Each parent is older than what follows it, so that this ends.
            if message.parent.is_some_and(|parent| parent >= id) {
                return Err(format!("message {id} does not come after its parent"));
            }
            chain.push(id);
            next = message.parent;
        }
        chain.reverse();
        Ok(chain)
    }
}
