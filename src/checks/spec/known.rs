//! The sequential specification: what is known of a session after each operation, and which answers fit to it.
//!
//! Between two operations a turn at work changes the session by itself, in steps that no client sees begin or end. So
//! what is kept is not one state but what is known: the version, the states that are possible at it, and between which
//! numbers the count of messages lies. An answer names its version; if that is higher than the last one known, a turn
//! must have made the steps between, and if no turn can have been at work, the answer is impossible. What an answer
//! says is known from then on.

use crate::backend::chat::StateKind;

use super::kinds::Kinds;
use super::messages::Messages;
use super::token::Token;
use super::words::{Answer, Call, Context, Settings};

/// A session, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// Not created yet.
    #[default]
    Absent,
    /// It is there.
    LiveSession(LiveSession),
    /// It was deleted, for good.
    Deleted,
}

/// A session that is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LiveSession {
    pub(super) version: u32,
    /// The version may be any from this one on: a turn of unknown outcome began after an unknown number of steps of
    /// another.
    pub(super) floating: bool,
    /// Where it can stand at this version.
    pub(super) kinds: Kinds,
    /// How many messages it has, at least and at most.
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) settings: Settings,
    /// The version that the last turn began with.
    pub(super) began: u32,
    pub(super) messages: Messages,
}

/// The version that creating a session leaves: attaching the system prompt, if only none, is a change.
pub(super) const CREATED: u32 = 1;

impl SessionState {
    /// Takes an operation as the next. False if it cannot have been answered so; then nothing more is known of the
    /// session, which may have been changed halfway.
    pub(super) fn take(&mut self, call: &Call, answer: Option<&Answer>) -> bool {
        match (&mut *self, call, answer) {
            (_, Call::Given | Call::Create(_), Some(Answer::Gone)) => false,
            (session, _, Some(Answer::Gone)) => !matches!(session, Self::LiveSession(_)),
            (Self::Absent, Call::Given, Some(Answer::Context(context))) => {
                *self = Self::LiveSession(LiveSession::new(context));
                true
            }
            (Self::Absent, Call::Create(settings), None | Some(Answer::Done)) => {
                let (kind, settings) = (StateKind::Idle, *settings);
                *self = Self::LiveSession(LiveSession::new(&Context {
                    version: CREATED,
                    total: 0,
                    settings,
                    kind,
                }));
                true
            }
            (Self::LiveSession(_), Call::Delete, None | Some(Answer::Done)) => {
                *self = Self::Deleted;
                true
            }
            (Self::LiveSession(live), call, Some(answer)) => live.take(call, answer).is_some(),
            (Self::LiveSession(live), call, None) => live.take_unanswered(call).is_some(),
            (Self::Absent | Self::Deleted, ..) => false,
        }
    }
}

impl LiveSession {
    pub(super) fn new(context: &Context) -> Self {
        Self {
            version: context.version,
            floating: false,
            kinds: Kinds::only(context.kind),
            least: context.total,
            most: context.total,
            settings: context.settings,
            began: 0,
            messages: Messages::new(context.total),
        }
    }

    /// Takes what was answered. Nothing if it does not fit.
    fn take(&mut self, call: &Call, answer: &Answer) -> Option<()> {
        match (*call, *answer) {
            (Call::State, Answer::State { version, kind }) => {
                self.reach(version)?;
                self.stands(Kinds::only(kind))
            }
            (Call::Context, Answer::Context(context)) => self.shows(&context),
            (Call::Ended { began }, Answer::Context(context)) => {
                self.shows(&context)?;
                // Unless another has begun, no turn is at work any more.
                if self.began == began { self.stands(Kinds::AT_REST) } else { Some(()) }
            }
            (Call::Page { offset, limit }, Answer::Page(page)) => {
                self.reach(page.version)?;
                self.has(page.total)?;
                let end = offset.saturating_add(limit).min(page.total);
                let places = offset.min(end)..end;
                let digest = self.messages.digest(places.clone());
                (page.count == places.end - places.start && digest.is_none_or(|digest| digest == page.digest))
                    .then_some(())
            }
            (Call::Append(token), Answer::Appended { version, id }) => {
                self.change(version)?;
                self.put(id, token)
            }
            (Call::Update { change, expected }, Answer::Changed(version)) => {
                if expected.is_some_and(|expected| expected.checked_add(1) != Some(version)) {
                    return None;
                }
                self.change(version)?;
                self.settings.change(change);
                Some(())
            }
            (Call::Decide, Answer::Changed(version)) => {
                self.change(version)?;
                self.stands(Kinds::only(StateKind::AwaitingToolApproval))
            }
            (Call::Send(token), Answer::Turn { began, message: Some(id), .. }) => {
                self.change(began)?;
                self.stands(Kinds::READY)?;
                self.kinds = Kinds::only(StateKind::ProcessingUserMessage);
                self.began = began;
                self.put(id, token)
            }
            (Call::Resume, Answer::Turn { began, message: None, .. }) => {
                self.change(began)?;
                self.stands(Kinds::only(StateKind::AwaitingToolApproval))?;
                self.resume();
                Some(())
            }
            _ => None,
        }
    }

    /// Takes a call whose answer and version are unknown.
    fn take_unanswered(&mut self, call: &Call) -> Option<()> {
        match *call {
            Call::Append(token) => {
                self.count_change()?;
                self.put_unseen(token);
            }
            Call::Update { change, expected } => {
                match expected {
                    Some(expected) => self.change(expected.checked_add(1)?)?,
                    None => self.count_change()?,
                }
                self.settings.change(change);
            }
            Call::Decide => {
                let kinds = self.sometime(Kinds::only(StateKind::AwaitingToolApproval))?;
                self.count_change()?;
                self.kinds = kinds;
            }
            Call::Send(token) => {
                self.sometime(Kinds::READY)?;
                self.count_change()?;
                self.kinds = Kinds::only(StateKind::ProcessingUserMessage);
                self.began = self.version;
                self.put_unseen(token);
            }
            Call::Resume => {
                self.sometime(Kinds::only(StateKind::AwaitingToolApproval))?;
                self.count_change()?;
                self.resume();
            }
            // What only looks need not have happened.
            Call::State | Call::Context | Call::Page { .. } | Call::Ended { .. } => {}
            Call::Given | Call::Create(_) | Call::Delete => return None,
        }
        Some(())
    }

    /// Comes to this version, by steps of a turn if need be.
    pub(super) fn reach(&mut self, version: u32) -> Option<()> {
        let steps = version.checked_sub(self.version)?;
        if steps > 0 {
            self.kinds =
                if self.floating { self.kinds.after_any_steps() } else { self.kinds.after_steps(steps) };
            self.most = self.most.saturating_add(steps);
            self.version = version;
        }
        self.floating = false;
        (!self.kinds.is_empty()).then_some(())
    }

    /// A change that was answered with this version.
    fn change(&mut self, version: u32) -> Option<()> {
        self.reach(version.checked_sub(1)?)?;
        self.version = version;
        Some(())
    }

    /// A change of unknown version.
    fn count_change(&mut self) -> Option<()> {
        self.version = self.version.checked_add(1)?;
        Some(())
    }

    /// It stands in one of these states.
    pub(super) fn stands(&mut self, kinds: Kinds) -> Option<()> {
        self.kinds = self.kinds.and(kinds);
        (!self.kinds.is_empty()).then_some(())
    }

    /// It stands in one of these states now, or will after some steps of the turn at work; how many is not known then.
    fn sometime(&mut self, kinds: Kinds) -> Option<Kinds> {
        if self.kinds.may_work() {
            self.floating = true;
            self.kinds = self.kinds.after_any_steps();
        }
        self.stands(kinds)?;
        Some(self.kinds)
    }

    /// It has so many messages.
    pub(super) fn has(&mut self, total: u32) -> Option<()> {
        let fits = (self.least..=self.most).contains(&total);
        (self.least, self.most) = (total, total);
        fits.then_some(())
    }

    fn shows(&mut self, context: &Context) -> Option<()> {
        self.reach(context.version)?;
        self.stands(Kinds::only(context.kind))?;
        self.has(context.total)?;
        (context.settings == self.settings).then_some(())
    }

    /// A message at this place, which must be the last.
    fn put(&mut self, place: u32, token: Token) -> Option<()> {
        self.has(place)?;
        self.count_message();
        self.messages.put(place, token);
        Some(())
    }

    /// A message whose place no answer shows, though it may be known.
    fn put_unseen(&mut self, token: Token) {
        if self.least == self.most && !self.floating && !self.kinds_may_have_worked() {
            self.messages.put(self.least, token);
        } else {
            self.messages.put_somewhere(self.least);
        }
        self.count_message();
    }

    /// Whether steps of a turn may come before what is taken now: messages of its own may be among them.
    fn kinds_may_have_worked(&self) -> bool {
        // Right after a turn of unknown outcome has begun, its own message is the newest.
        self.kinds.may_work() && self.began != self.version
    }

    fn count_message(&mut self) {
        self.least = self.least.saturating_add(1);
        self.most = self.most.saturating_add(1);
    }

    /// Decisions may be the last that were missing. Denied calls are answered by a message then.
    fn resume(&mut self) {
        self.kinds = Kinds::DECIDED;
        self.began = self.version;
        self.most = self.most.saturating_add(1);
    }
}
