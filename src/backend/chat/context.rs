//! One session's conversation as a whole: the value that every lock in this crate guards.
//!
//! The ordinary `clone` shares the messages with the original and is cheap; [`ChatContext::deep_clone`] shares nothing
//! and pays for every string, as a backend does that copies a context in order to read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::branches::Branches;
use super::limits::{ContextLimits, MAX_NAME_BYTES, check_parameters, check_size};
use super::receipts::Receipts;
use super::size::{content_size, settings_size};
use super::turn::Turn;
use super::{
    Branch, ChatError, ContextId, Machine, Message, MessageId, MessagePool, NewMessage, State, StateKind,
    Timestamp, Version,
};

/// The branch that every context starts with.
const MAIN: &str = "main";

/// How the model is to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ContextConfig {
    /// Which model; any text but the empty one.
    pub model_id: String,
    /// The manner of the conversation; any text but the empty one.
    pub mode: String,
    /// Settings handed to the model as they are.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
    /// Which stored system prompt the conversation was created with.
    #[serde(default)]
    pub system_prompt_id: Option<String>,
}

impl ContextConfig {
    /// A config without parameters and system prompt.
    pub fn new(model_id: &str, mode: &str) -> Self {
        Self {
            model_id: model_id.to_owned(),
            mode: mode.to_owned(),
            parameters: BTreeMap::new(),
            system_prompt_id: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), ChatError> {
        not_empty("model_id", &self.model_id)?;
        not_empty("mode", &self.mode)?;
        self.system_prompt_id.as_deref().map_or(Ok(()), |id| not_empty("system_prompt_id", id))?;
        check_parameters(&self.parameters)
    }

    /// How many bytes of memory it takes, roughly.
    pub(super) fn size(&self) -> usize {
        let texts = [&self.model_id, &self.mode].into_iter().chain(&self.system_prompt_id);
        settings_size(texts, &self.parameters)
    }

    /// As [`check`](Self::check), of what comes in: every list of contexts has these names.
    fn check_new(&self) -> Result<(), ChatError> {
        check_size("model_id", self.model_id.len(), MAX_NAME_BYTES)?;
        check_size("mode", self.mode.len(), MAX_NAME_BYTES)?;
        self.check()
    }
}

/// A change of what a context is set to. What is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ContextUpdate {
    /// Which model from now on.
    #[cfg_attr(feature = "http", schema(min_length = 1))]
    pub model_id: Option<String>,
    /// The manner from now on.
    #[cfg_attr(feature = "http", schema(min_length = 1))]
    pub mode: Option<String>,
    /// All settings from now on.
    pub parameters: Option<BTreeMap<String, Value>>,
    /// The branch that is read and written where none is named. A turn under way stays on its own branch.
    pub active_branch: Option<String>,
}

/// The conversation of one session.
///
/// Every method that can fail leaves the context as it was when it does. None moves the version but
/// [`touch`](Self::touch), which the caller that accepts a change calls once for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatContext {
    pub(super) id: ContextId,
    pub(super) parent_id: Option<ContextId>,
    pub(super) config: Arc<ContextConfig>,
    /// How many bytes of memory the settings take, roughly.
    #[serde(skip)]
    pub(super) settings_size: usize,
    /// What may be added. No part of what is stored: they are those of whoever has loaded it.
    #[serde(skip)]
    pub(super) limits: ContextLimits,
    pub(super) pool: MessagePool,
    /// By name. Branches are never removed, so a name once found stays good.
    pub(super) branches: Branches,
    pub(super) active_branch: Arc<str>,
    pub(super) machine: Machine,
    pub(super) turn: Turn,
    /// The key of the request that has created the context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created_by: Option<Uuid>,
    #[serde(skip_serializing_if = "Receipts::is_empty")]
    pub(super) receipts: Receipts,
    pub(super) version: Version,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl ChatContext {
    /// An empty conversation on the branch `main`.
    ///
    /// # Errors
    /// [`ChatError::Empty`] if the settings leave out what they must have, [`ChatError::TooDeep`] and
    /// [`ChatError::TooLarge`] if they could not be stored.
    pub fn new(id: ContextId, config: ContextConfig, now: Timestamp) -> Result<Self, ChatError> {
        config.check_new()?;
        let limits = ContextLimits::default();
        let settings_size = config.size();
        check_size("settings", settings_size, limits.message_bytes)?;
        let main: Arc<str> = MAIN.into();
        Ok(Self {
            id,
            parent_id: None,
            config: Arc::new(config),
            settings_size,
            limits,
            pool: MessagePool::default(),
            branches: Branches::of(Branch::new(main.clone())),
            turn: Turn::on(&main),
            active_branch: main,
            machine: Machine::default(),
            created_by: None,
            receipts: Receipts::default(),
            version: Version::default(),
            created_at: now,
            updated_at: now,
        })
    }

    /// The same conversation, to which no more can be added from now on than `limits` allow.
    #[must_use]
    pub fn within(self, limits: ContextLimits) -> Self {
        Self { limits, ..self }
    }

    /// Agrees if the version is still the one that a caller has seen.
    ///
    /// # Errors
    /// [`ChatError::VersionConflict`] if it is another one.
    pub fn expect_version(&self, expected: Version) -> Result<(), ChatError> {
        if self.version == expected {
            return Ok(());
        }
        Err(ChatError::VersionConflict { expected, actual: self.version })
    }

    /// The same conversation as the child of another.
    #[must_use]
    pub fn with_parent(self, parent: ContextId) -> Self {
        Self { parent_id: Some(parent), ..self }
    }

    /// Adds a message at the end of `branch`, the active one where none is named. Possible in any state, and leaves
    /// the state alone.
    ///
    /// # Errors
    /// [`ChatError::UnknownBranch`] if there is no such branch; [`ChatError::Empty`] for a message that says nothing;
    /// [`ChatError::UnsupportedUrl`] for a picture at an address that is none of `http:`, `https:` and `data:image/`;
    /// [`ChatError::TooLarge`] and [`ChatError::Full`] if there is no room for the message.
    pub fn append(&mut self, message: NewMessage, branch: Option<&str>) -> Result<MessageId, ChatError> {
        message.check()?;
        self.admit_message("content", content_size(&message.content))?;
        let name = branch.unwrap_or(&self.active_branch);
        match self.branches.get_mut(name) {
            Some(branch) => Ok(branch.append(&mut self.pool, message)),
            None => Err(self.unknown_branch(name)),
        }
    }

    /// Sets the instructions that the active branch stands under.
    pub fn set_system_prompt(&mut self, text: impl Into<String>) {
        if let Some(branch) = self.branches.get_mut(&self.active_branch) {
            branch.system_prompt = Some(text.into().into());
        }
    }

    /// Applies a change of settings, whole or not at all.
    ///
    /// # Errors
    /// [`ChatError::Empty`] for a field without text, [`ChatError::UnknownBranch`] for a branch that there is not,
    /// [`ChatError::TooDeep`], [`ChatError::TooLarge`] and [`ChatError::Full`] for settings for which there is no room.
    pub fn update(&mut self, update: &ContextUpdate) -> Result<(), ChatError> {
        let ContextUpdate { model_id, mode, parameters, active_branch } = update;
        let (mut config, mut size) = (self.config.clone(), self.settings_size);
        if model_id.is_some() || mode.is_some() || parameters.is_some() {
            let config = Arc::make_mut(&mut config);
            set(&mut config.model_id, model_id.as_ref());
            set(&mut config.mode, mode.as_ref());
            set(&mut config.parameters, parameters.as_ref());
            config.check_new()?;
            size = config.size();
            self.admit_settings(size)?;
        }
        self.branch(active_branch.as_deref())?;

        (self.config, self.settings_size) = (config, size);
        if let Some(name) = active_branch {
            self.active_branch = name.as_str().into();
        }
        Ok(())
    }

    /// Starts the branch `name` as a copy of `from`, which shares the messages so far. Refused while a turn is under
    /// way on `from`: the copy would never see its end.
    ///
    /// # Errors
    /// [`ChatError::UnknownBranch`], [`ChatError::BranchExists`], [`ChatError::Empty`] for a name without text, and
    /// [`ChatError::Busy`] while a turn is under way on `from`.
    pub fn fork_branch(&mut self, name: &str, from: &str) -> Result<(), ChatError> {
        not_empty("branch name", name)?;
        let branch = self.branch(Some(from))?;
        if self.branches.get(name).is_some() {
            return Err(ChatError::BranchExists { name: name.to_owned() });
        }
        if *self.turn.branch == *from && !self.is_at_rest() {
            return Err(ChatError::Busy { state: self.state_kind() });
        }
        let fork = branch.fork(name);
        self.branches.add(fork);
        Ok(())
    }

    /// Marks one accepted change: the version rises by one, and the context was last updated `now`.
    pub fn touch(&mut self, now: Timestamp) {
        self.version = self.version.next();
        self.updated_at = now;
    }

    /// Takes over all that `other` says, but keeps what is its own: id and version, since changes are counted on from here, its
    /// limits, and what it has answered.
    pub fn restore(&mut self, other: &Self) {
        let Self { id, version, limits, created_by, .. } = *self;
        let receipts = std::mem::take(&mut self.receipts);
        *self = Self { id, limits, created_by, receipts, version, ..other.clone() };
    }

    /// A copy that shares no memory with this context: every message and every string is copied.
    #[must_use]
    pub fn deep_clone(&self) -> Self {
        Self {
            config: Arc::new(ContextConfig::clone(&self.config)),
            pool: self.pool.deep_clone(),
            branches: self.branches.deep_clone(),
            active_branch: self.active_branch.as_ref().into(),
            machine: self.machine.clone(),
            turn: Turn { branch: self.turn.branch.as_ref().into(), ..self.turn },
            receipts: self.receipts.deep_clone(),
            ..*self
        }
    }

    /// Which context this is.
    pub fn id(&self) -> ContextId {
        self.id
    }

    /// The context that this one came from.
    pub fn parent_id(&self) -> Option<ContextId> {
        self.parent_id
    }

    /// How the model is to answer.
    pub fn config(&self) -> &ContextConfig {
        &self.config
    }

    /// All messages of all branches.
    pub fn pool(&self) -> &MessagePool {
        &self.pool
    }

    /// All branches in the order of their names.
    pub fn branches(&self) -> impl ExactSizeIterator<Item = &Branch> {
        self.branches.iter()
    }

    /// The branch `name`, or the active one.
    ///
    /// # Errors
    /// [`ChatError::UnknownBranch`] if there is none of that name.
    pub fn branch(&self, name: Option<&str>) -> Result<&Branch, ChatError> {
        let name = name.unwrap_or(&self.active_branch);
        self.branches.get(name).ok_or_else(|| self.unknown_branch(name))
    }

    /// The branch that is read and written where none is named.
    pub fn active_branch(&self) -> &str {
        &self.active_branch
    }

    /// Where the conversation stands.
    pub fn state(&self) -> &State {
        self.machine.state()
    }

    /// Which state the conversation is in.
    pub fn state_kind(&self) -> StateKind {
        self.state().kind()
    }

    /// The state machine with its count of rounds.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// How many changes the context has accepted.
    pub fn version(&self) -> Version {
        self.version
    }

    /// When the context was created.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When the context was last changed.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// How many messages a branch has, the system prompt not counted.
    ///
    /// # Errors
    /// [`ChatError::UnknownBranch`] if there is no such branch.
    pub fn message_count(&self, branch: Option<&str>) -> Result<usize, ChatError> {
        Ok(self.branch(branch)?.order.len())
    }

    /// All messages of a branch, oldest first.
    ///
    /// # Errors
    /// [`ChatError::UnknownBranch`] if there is no such branch.
    pub fn messages(
        &self,
        branch: Option<&str>,
    ) -> Result<impl ExactSizeIterator<Item = &Message> + DoubleEndedIterator + use<'_>, ChatError> {
        self.page(branch, usize::MAX, 0)
    }

    /// At most `limit` messages of a branch from the `offset`-th on, in time proportional to the page.
    ///
    /// # Errors
    /// [`ChatError::UnknownBranch`] if there is no such branch.
    pub fn page(
        &self,
        branch: Option<&str>,
        limit: usize,
        offset: usize,
    ) -> Result<impl ExactSizeIterator<Item = &Message> + DoubleEndedIterator + use<'_>, ChatError> {
        Ok(self.branch(branch)?.order.range(offset, limit).map(|&id| &self.pool[id]))
    }

    /// Whether no turn is under way.
    pub(super) fn is_at_rest(&self) -> bool {
        matches!(self.state(), State::Idle | State::Failed { .. })
    }

    fn unknown_branch(&self, given: &str) -> ChatError {
        ChatError::UnknownBranch {
            given: given.to_owned(),
            known: self.branches.iter().map(|branch| branch.name().to_owned()).collect(),
        }
    }
}

fn set<T: Clone>(field: &mut T, change: Option<&T>) {
    if let Some(value) = change {
        field.clone_from(value);
    }
}

fn not_empty(field: &'static str, text: &str) -> Result<(), ChatError> {
    if text.is_empty() { Err(ChatError::Empty { field }) } else { Ok(()) }
}
