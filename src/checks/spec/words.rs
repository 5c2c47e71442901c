//! What is asked of a session and what it answers, as far as that says something about the session: in few bytes, so
//! that millions of operations fit into memory.
//!
//! Texts are kept as numbers. Two texts that share one are taken for equal, which can hide a fault and never invents
//! one.

use crate::backend::chat::{
    AppendedDTO, ChatContextDTO, ContextConfig, ContextStateDTO, ContextUpdate, MessageDTO, MessageId,
    MessagesDTO, StateKind, Version,
};

use super::token::{Token, hash, term};

/// What a session is set to. A zero stands for nothing: in a change, for what stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Which model.
    pub model: u32,
    /// The manner.
    pub mode: u32,
    /// All else the model is given.
    pub parameters: u32,
}

impl Settings {
    /// The number that stands for a text; never zero.
    pub fn number(text: &str) -> u32 {
        short(hash(text.as_bytes()))
    }

    pub(super) fn change(&mut self, change: Self) {
        let set = |field: &mut u32, to: u32| *field = if to == 0 { *field } else { to };
        set(&mut self.model, change.model);
        set(&mut self.mode, change.mode);
        set(&mut self.parameters, change.parameters);
    }

    fn parameters<T: serde::Serialize + ?Sized>(parameters: &T) -> u32 {
        short(serde_json::to_vec(parameters).map_or(0, |bytes| hash(&bytes)))
    }
}

impl From<&ContextConfig> for Settings {
    fn from(config: &ContextConfig) -> Self {
        Self {
            model: Self::number(&config.model_id),
            mode: Self::number(&config.mode),
            // Most have none, and none is what a session is created with.
            parameters: if config.parameters.is_empty() { 0 } else { Self::parameters(&config.parameters) },
        }
    }
}

impl From<&ContextUpdate> for Settings {
    fn from(update: &ContextUpdate) -> Self {
        Self {
            model: update.model_id.as_deref().map_or(0, Self::number),
            mode: update.mode.as_deref().map_or(0, Self::number),
            parameters: update.parameters.as_ref().map_or(0, Self::parameters),
        }
    }
}

/// A session without its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Context {
    /// How many changes it has accepted.
    pub version: u32,
    /// How many messages it has.
    pub total: u32,
    /// What it is set to.
    pub settings: Settings,
    /// Where it stands.
    pub kind: StateKind,
}

impl Context {
    /// What is to be said of a session that was so before the first operation of a recording.
    pub fn given(self, key: u32) -> (u32, Call, Answer) {
        (key, Call::Given, Answer::Context(self))
    }
}

impl From<&ChatContextDTO> for Context {
    fn from(context: &ChatContextDTO) -> Self {
        let active = context.branches.iter().find(|branch| branch.name == context.active_branch);
        Self {
            version: version(context.version),
            total: active.map_or(0, |branch| branch.message_count as u32),
            settings: Settings::from(&context.config),
            kind: context.state.kind,
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// Nothing: so the session was when the recording began. Comes before all else.
    Given,
    /// `create_context`.
    Create(Settings),
    /// `get_context_state`.
    State,
    /// `get_context`.
    Context,
    /// `get_context_messages`.
    Page {
        /// How many messages to skip.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// `add_context_message`.
    Append(Token),
    /// `update_context`.
    Update {
        /// What to change.
        change: Settings,
        /// Only if the version is this.
        expected: Option<u32>,
    },
    /// `approve_context_tools`: whichever the decisions were.
    Decide,
    /// `send_message_action`: a turn.
    Send(Token),
    /// `approve_tools_action`: decisions, and if none is missing, the turn continues.
    Resume,
    /// The end of a turn, which a history holds beside its beginning: between the two others may have their say.
    Ended {
        /// The version that the turn began with.
        began: u32,
    },
    /// `delete_context`.
    Delete,
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// There is no such session (any more). Not to a turn: it may have begun before the session was deleted, so its
    /// outcome is unknown.
    Gone,
    /// To a creation or a deletion: done.
    Done,
    /// To an update or to decisions: done, and this is the version by it.
    Changed(u32),
    /// To an append.
    Appended {
        /// The version by it.
        version: u32,
        /// The place of the message.
        id: u32,
    },
    /// To a look at the state.
    State {
        /// How many changes the session has accepted.
        version: u32,
        /// Where it stands.
        kind: StateKind,
    },
    /// To a look at the session, and to the end of a turn.
    Context(Context),
    /// To a look at a page.
    Page(Page),
    /// To a turn.
    Turn {
        /// The version that it began with.
        began: u32,
        /// The place of the user's message, where it began with one.
        message: Option<u32>,
        /// The session after it, others' changes since then included.
        after: Context,
    },
}

impl Answer {
    /// A version, as the answer to a change.
    pub fn changed(to: Version) -> Self {
        Self::Changed(version(to))
    }

    /// The answer to a turn.
    pub fn turn(began: Version, message: Option<MessageId>, after: &ChatContextDTO) -> Self {
        Self::Turn { began: version(began), message: message.map(|id| id.0), after: after.into() }
    }
}

impl From<AppendedDTO> for Answer {
    fn from(appended: AppendedDTO) -> Self {
        Self::Appended { version: version(appended.version), id: appended.id.0 }
    }
}

impl From<ContextStateDTO> for Answer {
    fn from(state: ContextStateDTO) -> Self {
        Self::State { version: version(state.version), kind: state.state }
    }
}

impl From<&ChatContextDTO> for Answer {
    fn from(context: &ChatContextDTO) -> Self {
        Self::Context(context.into())
    }
}

/// A page, as far as it says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    /// The version that it shows.
    pub version: u32,
    /// How many messages there are.
    pub total: u32,
    /// How many are on the page.
    pub count: u32,
    /// Which, and where: see [`Page::new`].
    pub digest: u64,
}

impl Page {
    /// A page of these messages, each given by its id and its token.
    pub fn new(version: u32, total: u32, messages: impl IntoIterator<Item = (u32, Token)>) -> Self {
        let (mut count, mut digest) = (0, 0_u64);
        for (id, token) in messages {
            count += 1;
            digest = digest.wrapping_add(term(id, token));
        }
        Self { version, total, count, digest }
    }

    /// The page of an answer. `token` distinguishes the clients' messages from those that were there before or that the model
    /// wrote, which are [`Token::FOREIGN`].
    pub fn of(page: &MessagesDTO, token: impl Fn(&MessageDTO) -> Token) -> Self {
        let messages = page.messages.iter().map(|message| (message.id.0, token(message)));
        Self::new(version(page.version), page.total as u32, messages)
    }
}

/// No session of a recording counts up to four billion changes; one that says so has more than this to explain.
pub(super) fn version(Version(version): Version) -> u32 {
    u32::try_from(version).unwrap_or(u32::MAX)
}

fn short(hash: u64) -> u32 {
    (hash as u32).max(1)
}
