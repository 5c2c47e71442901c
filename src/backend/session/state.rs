//! The `state` factor: can a session's state be read without its lock?
//!
//! Clients poll the state of a session far more often than anything else, and all they get is two small values. They
//! fit into one word, which a reader can take without excluding other callers: see [`Published`], and why it is right.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;

use crate::backend::chat::{ContextId, ContextStateDTO, StateKind, Version};
use lockyard_lock::sync::AtomicU64;

use super::cache::Cache;
use super::entry::Slot;
use super::env::Env;
use super::error::SessionError;
use super::live::Alive;
use super::manager::ChatSessionManager;

/// A factor of a strategy: does the state of a session also stand outside its lock? One value of it is part of
/// every session.
pub trait StateMode: Default + Send + Sync + 'static {
    /// The name in a strategy: `locked` or `published`.
    const NAME: &'static str;
    /// Whether readers rely on [`publish`](Self::publish). Then the session's lock must be one whose readers wait for
    /// a writer: where they see a copy meanwhile, word and copy would not change at the same moment.
    const PUBLISHES: bool;

    /// Puts up the state that the session's lock guards, `None` for what is no live context. Called before the
    /// session is visible to any caller, and from then on only with its write guard held.
    fn publish(&self, state: impl FnOnce() -> Option<ContextStateDTO>);

    /// Reads the state of a session, loading it if need be.
    fn read<E: Env<State = Self>>(
        manager: &ChatSessionManager<E>,
        id: ContextId,
    ) -> impl Future<Output = Result<ContextStateDTO, SessionError>> + Send;
}

/// The state is read as everything else is: under the read guard. Takes no room and does nothing.
#[derive(Debug, Default)]
pub struct Locked;

impl StateMode for Locked {
    const NAME: &'static str = "locked";
    const PUBLISHES: bool = false;

    fn publish(&self, _: impl FnOnce() -> Option<ContextStateDTO>) {}

    async fn read<E: Env<State = Self>>(
        manager: &ChatSessionManager<E>,
        id: ContextId,
    ) -> Result<ContextStateDTO, SessionError> {
        manager.read(id, |context| ContextStateDTO::from(context)).await
    }
}

/// State and version also stand in one atomic word, and a caller that needs no more reads that.
///
/// Why a reader of the word and a reader of the lock never contradict each other:
///
/// - *When the lock is free, the word says what the context says.* It is stored when a write guard is dropped, however
///   that comes about (return, error, panic, cancellation), as the last thing before the lock is released.
/// - *Word, then lock, never goes back.* A caller that saw version v in the word saw a store that its writer made with the
///   guard still held. Its turn at the lock comes after that guard has gone, hence shows v or newer: had it come
///   before that guard, then so had the look at the word, ahead of the store that it saw.
/// - *Lock, then word, never goes back.* A caller that sees version v under the lock came after the store of v, since that
///   happened before the release; an atomic never shows a reader something older than what happened before.
/// - *Word, then word*: one atomic has one order of values, and all see it in that order.
///
/// So a change takes effect, for all callers at once, when the word is stored. No caller sees earlier than through the
/// lock what is not stored, either: while a save holds the guard, the word shows what was there before.
///
/// These points need no ordering beyond the lock's own. The store is a release and the load an acquire, so that a
/// reader of the word is synchronized with the writer as one that had taken the lock: what it read may be passed on, or
/// used to find what else the writer left, without further ordering. On the machines measured they cost nothing.
#[derive(Debug, Default)]
pub struct Published<W = AtomicU64>(W);

/// One atomic word, as a published state needs it: a store that a load of the stored value is in step with. What stands
/// for it in an exploration notifies the explorer of each.
pub trait StateWord: Default + Send + Sync + 'static {
    /// What it is now (acquire).
    fn load(&self) -> u64;

    /// Changes it (release).
    fn store(&self, word: u64);
}

impl StateWord for AtomicU64 {
    #[inline]
    fn load(&self) -> u64 {
        // Pairs with the release in `store`: a reader of the word has seen all that its writer did before, as if it
        // had taken the lock. That no reader goes back needs coherence alone; see `Published`.
        AtomicU64::load(self, Ordering::Acquire)
    }

    #[inline]
    fn store(&self, word: u64) {
        // A plain store suffices, no read-modify-write: the write guard is held, so stores never compete. Release,
        // so that the acquire in `load` is in step with the change that this publishes.
        AtomicU64::store(self, word, Ordering::Release);
    }
}

/// How many bits of the word say which state; the others are the version.
const STATE_BITS: u32 = 4;

impl<W: StateWord> Published<W> {
    /// What the word says; `None` when it has nothing to say, and the lock must be asked.
    fn state(&self) -> Option<ContextStateDTO> {
        unpack(self.0.load())
    }
}

impl<W: StateWord> StateMode for Published<W> {
    const NAME: &'static str = "published";
    const PUBLISHES: bool = true;

    fn publish(&self, state: impl FnOnce() -> Option<ContextStateDTO>) {
        self.0.store(state().map_or(0, pack));
    }

    async fn read<E: Env<State = Self>>(
        manager: &ChatSessionManager<E>,
        id: ContextId,
    ) -> Result<ContextStateDTO, SessionError> {
        // A word without a state, be it `Empty`, `Gone` or too large, is no answer: the way over the slot has it.
        if let Some(state) = manager.cache.visit(id, |entry| entry.state.state()).await.flatten() {
            return Ok(state);
        }
        let session = manager.load_context(id).await?;
        // Asked again and not kept from above: the session may have been loaded by this call.
        match session.0.state.state() {
            Some(state) => Ok(state),
            None => session.read(|context| ContextStateDTO::from(context)).await,
        }
    }
}

/// One word for a state; zero for a version so high that it does not fit, which no session will ever count up to, but
/// a damaged store could say.
fn pack(ContextStateDTO { state, version: Version(version) }: ContextStateDTO) -> u64 {
    // The kind is stored as one more than it is, so that zero can mean that there is no state.
    let fits = version >> (u64::BITS - STATE_BITS) == 0;
    if fits { version << STATE_BITS | (state as u64 + 1) } else { 0 }
}

fn unpack(word: u64) -> Option<ContextStateDTO> {
    let kind = (word & ((1 << STATE_BITS) - 1)).checked_sub(1)?;
    let state = *StateKind::ALL.get(kind as usize)?;
    Some(ContextStateDTO { state, version: Version(word >> STATE_BITS) })
}

/// A session's write guard, which publishes what it leaves behind as the last thing before the lock is released.
pub(super) struct PublishingGuard<'a, G: DerefMut<Target = Slot>, S: StateMode> {
    slot: G,
    state: &'a S,
    alive: &'a Alive,
}

impl<'a, G: DerefMut<Target = Slot>, S: StateMode> PublishingGuard<'a, G, S> {
    pub(super) fn new(slot: G, state: &'a S, alive: &'a Alive) -> Self {
        Self { slot, state, alive }
    }
}

impl<G: DerefMut<Target = Slot>, S: StateMode> Deref for PublishingGuard<'_, G, S> {
    type Target = Slot;

    fn deref(&self) -> &Slot {
        &self.slot
    }
}

impl<G: DerefMut<Target = Slot>, S: StateMode> DerefMut for PublishingGuard<'_, G, S> {
    fn deref_mut(&mut self) -> &mut Slot {
        &mut self.slot
    }
}

impl<G: DerefMut<Target = Slot>, S: StateMode> Drop for PublishingGuard<'_, G, S> {
    fn drop(&mut self) {
        self.alive.takes(self.slot.size());
        // The guard is a field, and fields end after this body: the word is stored while the lock is still held.
        // After the release a next writer could store its word first, and this one would take it back.
        self.state.publish(|| self.slot.state());
    }
}

impl Slot {
    /// What there is to publish.
    pub(super) fn state(&self) -> Option<ContextStateDTO> {
        match self {
            Self::Live(context) => Some(ContextStateDTO::from(context)),
            Self::Empty { .. } | Self::Gone { .. } => None,
        }
    }
}

impl<E: Env> ChatSessionManager<E> {
    /// State and version of a session: the cheapest read, under the session's lock or without it, as the strategy
    /// has it.
    ///
    /// # Errors
    /// As [`load_context`](Self::load_context).
    pub async fn state(&self, id: ContextId) -> Result<ContextStateDTO, SessionError> {
        E::State::read(self, id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_holds_every_state_and_version() {
        for state in StateKind::ALL {
            for version in [0, 1, 1 << 20, (1 << 60) - 1] {
                let published = ContextStateDTO { state, version: Version(version) };
                let word = Published::<AtomicU64>::default();
                word.publish(|| Some(published));
                assert_eq!(word.state(), Some(published));
            }
        }
    }

    #[test]
    fn a_word_says_nothing_of_what_it_cannot_hold() {
        let word = Published::<AtomicU64>::default();
        assert_eq!(word.state(), None, "before anything was published");
        let published = ContextStateDTO { state: StateKind::Failed, version: Version(1) };
        for silent in [None, Some(ContextStateDTO { version: Version(1 << 60), ..published })] {
            word.publish(|| Some(published));
            word.publish(|| silent);
            assert_eq!(word.state(), None);
        }
    }

    #[test]
    fn what_is_locked_takes_no_room() {
        assert_eq!(size_of::<Locked>(), 0);
    }
}
