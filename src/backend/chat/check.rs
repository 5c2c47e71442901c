//! Reading a context back. A store may hold anything, so what it hands over is checked before it is believed: a bad
//! record is an error here and not a panic in the middle of a turn.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, de};
use uuid::Uuid;

use super::branches::Branches;
use super::context::ContextConfig;
use super::limits::{ContextLimits, MAX_BYTES, check_calls, check_size};
use super::receipts::Receipts;
use super::size::message_size;
use super::turn::Turn;
use super::{
    ChatContext, ChatError, ContextId, MAX_RETRIES, MAX_TOOL_ROUNDS, Machine, MessagePool, Role, StateKind,
    Timestamp, Version,
};

impl<'de> Deserialize<'de> for ChatContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut context = Unchecked::deserialize(deserializer)?;
        context.settings_size = context.config.size();
        context.check().map_err(de::Error::custom)?;
        Ok(context)
    }
}

/// The fields of a [`ChatContext`] as they are written.
#[derive(Deserialize)]
#[serde(remote = "ChatContext")]
struct Unchecked {
    id: ContextId,
    parent_id: Option<ContextId>,
    config: Arc<ContextConfig>,
    #[serde(skip)]
    settings_size: usize,
    #[serde(skip)]
    limits: ContextLimits,
    pool: MessagePool,
    branches: Branches,
    active_branch: Arc<str>,
    machine: Machine,
    turn: Turn,
    #[serde(default)]
    created_by: Option<Uuid>,
    #[serde(default)]
    receipts: Receipts,
    version: Version,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ChatContext {
    /// Everything the other methods rely on without looking.
    pub(super) fn check(&self) -> Result<(), ChatError> {
        self.config.check()?;
        check_size("settings", self.settings_size, MAX_BYTES)?;
        for message in self.pool.iter() {
            check_calls(&message.tool_calls)?;
            check_size("message", message_size(message), MAX_BYTES)?;
        }
        self.check_pool()
            .and_then(|()| self.check_branches())
            .and_then(|()| self.check_turn())
            .map_err(|what| ChatError::Damaged { id: self.id, what })
    }

    fn check_pool(&self) -> Result<(), String> {
        for (index, message) in self.pool.iter().enumerate() {
            if message.id.index() != index {
                return Err(format!("message {index} says it is message {}", message.id));
            }
            if message.parent.is_some_and(|parent| parent >= message.id) {
                return Err(format!("message {index} does not come after its parent"));
            }
        }
        Ok(())
    }

    fn check_branches(&self) -> Result<(), String> {
        for branch in self.branches() {
            if let Some(id) = branch.order.iter().find(|id| self.pool.get(**id).is_none()) {
                let (name, messages) = (branch.name(), self.pool.len());
                return Err(format!("branch `{name}` holds message {id} of {messages}"));
            }
            let parents = std::iter::once(None).chain(branch.order.iter().copied().map(Some));
            if let Some((id, _)) =
                branch.order.iter().zip(parents).find(|(id, parent)| self.pool[**id].parent != *parent)
            {
                let name = branch.name();
                return Err(format!("branch `{name}` holds message {id} elsewhere than after its parent"));
            }
        }
        for (role, name) in
            [("active branch", &self.active_branch), ("branch of the turn", &self.turn.branch)]
        {
            if self.branches.get(name).is_none() {
                return Err(format!("the {role} `{name}` is not among the branches"));
            }
        }
        Ok(())
    }

    fn check_turn(&self) -> Result<(), String> {
        let (kind, retries, rounds) = (self.state_kind(), self.state().retries(), self.machine.tool_rounds());
        let retries_max = MAX_RETRIES + u8::from(kind == StateKind::TransientFailure);
        if retries > retries_max || rounds > MAX_TOOL_ROUNDS {
            return Err(format!(
                "state {kind} with {retries} retries of {retries_max} and {rounds} rounds of tools of {MAX_TOOL_ROUNDS}"
            ));
        }
        let reply = self.turn.reply.map(|id| self.pool.get(id).map(|message| message.role));
        let has_reply = match kind {
            StateKind::Streaming
            | StateKind::ProcessingResponse
            | StateKind::AwaitingToolApproval
            | StateKind::ExecutingTools => reply == Some(Some(Role::Assistant)),
            StateKind::AwaitingModel | StateKind::TransientFailure => {
                reply.is_none_or(|role| role == Some(Role::Assistant))
            }
            _ => reply.is_none(),
        };
        if has_reply {
            Ok(())
        } else {
            Err(format!("state {kind} does not go with the reply {:?}", self.turn.reply))
        }
    }
}
