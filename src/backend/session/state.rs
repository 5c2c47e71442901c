//! The `state` factor: can a session's state be read without its lock?
//!
//! Clients poll the state of a session far more often than anything else, and all they get is two small values. They
//! fit into one word, which a reader can take without excluding other callers: see [`Published`], and why it is right.

use std::sync::atomic::Ordering;

use crate::backend::chat::{ContextId, ContextStateDTO, StateKind, Version};
use lockyard_lock::sync::AtomicU64;

use super::cache::Cache;
use super::env::Env;
use super::error::SessionError;
use super::manager::ChatSessionManager;
use super::slot::SlotState;

/// A factor of a strategy: does the state of a session also stand outside its lock? One value of it is part of
/// every session.
pub trait StateMode: Default + Send + Sync + 'static {
    /// The name in a strategy: `locked` or `published`.
    const NAME: &'static str;
    /// Whether readers rely on what is published.
    const PUBLISHES: bool;

    /// Publishes what a change has left: called when that stands in the lock, and before the next writer is let in; at first
    /// before the session is visible to any caller.
    fn changed(&self, state: impl FnOnce() -> SlotState);

    /// Publishes what a reader has seen, before anything is answered from it.
    fn seen(&self, state: impl FnOnce() -> SlotState);

    /// What is published; `Empty` where that says nothing, and the lock must be asked.
    fn published(&self) -> SlotState;
}

/// The state is read as everything else is: under the read guard. Takes no room and does nothing.
#[derive(Debug, Default)]
pub struct Locked;

impl StateMode for Locked {
    const NAME: &'static str = "locked";
    const PUBLISHES: bool = false;

    fn changed(&self, _: impl FnOnce() -> SlotState) {}

    fn seen(&self, _: impl FnOnce() -> SlotState) {}

    fn published(&self) -> SlotState {
        SlotState::Empty
    }
}

/// State and version also stand in one atomic word, and a caller that needs no more reads that.
///
/// The word is *raised*: it is changed by a maximum alone, and every change of a session has a higher version than the one
/// before. A change takes effect, for all callers at once, when the word reaches its version. Why readers of the word and
/// readers of the lock never contradict each other:
///
/// - *A writer* raises the word to what stands in the lock before the next writer is let in. So no change is skipped: when the
///   next one is made, the word says what the lock says.
/// - *A reader of the lock* raises the word to what it has seen before it answers. Over a lock whose readers wait for writers
///   the writer was there first. Over snapshots a reader may see a change that its writer has not raised yet, and then helps:
///   its answer comes after the change has taken effect.
/// - *Lock, then word, never goes back.* The word was at the version that was seen when the first answer was given.
/// - *Word, then lock, never goes back.* Whoever raised the word to a version had it from the lock. That look happened before
///   the raise (a release), this before the look at the word (an acquire), and that before the look at the lock, which
///   therefore shows the version or a newer one.
/// - *Word, then word*: one atomic has one order of values, and it only rises.
///
/// What is raised is what stands in the lock, never a copy that a writer has at hand: if that writer panics, neither changes.
/// A deletion is a change like others, so that a session that was found gone is not read any more. No caller sees earlier than
/// through the lock what is not stored, either: while a save holds the guard, the word shows what was there before.
///
/// The reader that helps is from M. Herlihy, *Wait-free synchronization*, TOPLAS 13(1), 1991.
#[derive(Debug, Default)]
pub struct Published<W = AtomicU64>(W);

/// One atomic word, as a published state needs it. What stands for it in an exploration notifies the explorer of each access.
pub trait StateWord: Default + Send + Sync + 'static {
    /// What it is now (acquire).
    fn load(&self) -> u64;

    /// Makes it `word` if it is less (acquire and release).
    fn raise(&self, word: u64);
}

impl StateWord for AtomicU64 {
    #[inline]
    fn load(&self) -> u64 {
        // Pairs with the release in `raise`: see "word, then lock" of `Published`.
        AtomicU64::load(self, Ordering::Acquire)
    }

    #[inline]
    fn raise(&self, word: u64) {
        // A look first: nearly always it is there already, and a look leaves the line with other readers.
        if AtomicU64::load(self, Ordering::Acquire) >= word {
            return;
        }
        // A maximum and no store, for a reader that helps may be late: its version would take the word back. Acquire too, so
        // that who finds the word raised by another is in step with that one.
        self.fetch_max(word, Ordering::AcqRel);
    }
}

/// How many bits of the word say which state; the others are the version. So words of one session are ordered as its versions.
const STATE_BITS: u32 = 4;

/// Nothing was loaded yet.
const NOTHING: u64 = 0;

/// In place of a state.
const GONE: u64 = (1 << STATE_BITS) - 1;

/// A version so high that it does not fit, which no session will ever count up to, but a damaged store could say. As it is the
/// highest word there is, the lock is asked from then on.
const TOO_HIGH: u64 = u64::MAX;

impl<W: StateWord> Published<W> {
    #[inline]
    fn raise(&self, state: SlotState) {
        self.0.raise(pack(state));
    }
}

impl<W: StateWord> StateMode for Published<W> {
    const NAME: &'static str = "published";
    const PUBLISHES: bool = true;

    #[inline]
    fn changed(&self, state: impl FnOnce() -> SlotState) {
        self.raise(state());
    }

    #[inline]
    fn seen(&self, state: impl FnOnce() -> SlotState) {
        self.raise(state());
    }

    #[inline]
    fn published(&self) -> SlotState {
        unpack(self.0.load())
    }
}

fn pack(state: SlotState) -> u64 {
    // The kind of a live one is stored as one more than it is, so that zero can mean that there is nothing.
    let (Version(version), kind) = match state {
        SlotState::Empty => return NOTHING,
        SlotState::Live(it) => (it.version, it.state as u64 + 1),
        SlotState::Gone(version) => (version, GONE),
    };
    let fits = version >> (u64::BITS - STATE_BITS) == 0;
    if fits { version << STATE_BITS | kind } else { TOO_HIGH }
}

fn unpack(word: u64) -> SlotState {
    let version = Version(word >> STATE_BITS);
    let kind = match (word, word & GONE) {
        (NOTHING | TOO_HIGH, _) => return SlotState::Empty,
        (_, GONE) => return SlotState::Gone(version),
        (_, kind) => kind.checked_sub(1).and_then(|kind| StateKind::ALL.get(kind as usize)),
    };
    kind.map_or(SlotState::Empty, |state| SlotState::Live(ContextStateDTO { state: *state, version }))
}

const _: () = assert!(StateKind::ALL.len() < GONE as usize, "every state has a word of its own");

impl<E: Env> ChatSessionManager<E> {
    /// State and version of a session: the cheapest read, under the session's lock or without it, as the strategy
    /// has it.
    ///
    /// # Errors
    /// As [`load_context`](Self::load_context).
    pub async fn state(&self, id: ContextId) -> Result<ContextStateDTO, SessionError> {
        if !E::State::PUBLISHES {
            return self.read(id, |context| ContextStateDTO::from(context)).await;
        }
        let seen = self.cache.visit(id, |entry| entry.state.published()).await;
        if let Some(answer) = seen.and_then(|seen| seen.answer(id)) {
            return answer;
        }
        let session = self.load_context(id).await?;
        // Asked again and not kept from above: the session may have been loaded by this call.
        match session.0.state.published().answer(id) {
            Some(answer) => answer,
            None => session.read(|context| ContextStateDTO::from(context)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(state: StateKind, version: u64) -> SlotState {
        SlotState::Live(ContextStateDTO { state, version: Version(version) })
    }

    #[test]
    fn a_word_holds_every_state_and_version() {
        for version in [0, 1, 1 << 20, (1 << 60) - 3] {
            for state in StateKind::ALL.map(|kind| live(kind, version)) {
                let word = Published::<AtomicU64>::default();
                assert_eq!(word.published(), SlotState::Empty, "before anything was published");
                word.changed(|| state);
                assert_eq!(word.published(), state);
                let gone = SlotState::Gone(Version(version + 1));
                word.changed(|| gone);
                assert_eq!(word.published(), gone);
            }
        }
    }

    #[test]
    fn a_word_never_goes_back() {
        let word = Published::<AtomicU64>::default();
        word.changed(|| live(StateKind::Streaming, 7));
        for late in [live(StateKind::Idle, 6), SlotState::Empty, SlotState::Gone(Version(6))] {
            word.seen(|| late);
            assert_eq!(word.published(), live(StateKind::Streaming, 7));
        }
        word.seen(|| live(StateKind::Idle, 8));
        assert_eq!(word.published(), live(StateKind::Idle, 8), "who sees a newer one helps");
    }

    #[test]
    fn a_word_says_nothing_of_what_it_cannot_hold_and_never_will_again() {
        let word = Published::<AtomicU64>::default();
        word.changed(|| live(StateKind::Failed, 1));
        word.changed(|| live(StateKind::Failed, 1 << 60));
        assert_eq!(word.published(), SlotState::Empty);
        word.changed(|| SlotState::Gone(Version(u64::MAX)));
        assert_eq!(word.published(), SlotState::Empty, "the lock is asked");
    }

    #[test]
    fn what_is_locked_takes_no_room() {
        assert_eq!(size_of::<Locked>(), 0);
    }
}
