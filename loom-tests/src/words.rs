//! State words that are published in one step otherwise than by `backend/session/state.rs`: with each of them a caller sees
//! time go back.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use lockyard::backend::session::{Published, SlotState, StateMode, StateWord};
use lockyard::lock::sync::AtomicU64;

/// Readers of the lock do not help.
#[derive(Default)]
pub struct Unhelpful(Published);

impl StateMode for Unhelpful {
    const NAME: &'static str = "unhelpful";
    const PUBLISHES: bool = true;

    fn changed(&self, state: impl FnOnce() -> SlotState) {
        self.0.changed(state);
    }

    fn seen(&self, _: impl FnOnce() -> SlotState) {}

    fn published(&self) -> SlotState {
        self.0.published()
    }
}

/// Readers of the lock help, but where they find the session deleted.
#[derive(Default)]
pub struct SilentAboutDeletion(Published);

impl StateMode for SilentAboutDeletion {
    const NAME: &'static str = "silent about deletion";
    const PUBLISHES: bool = true;

    fn changed(&self, state: impl FnOnce() -> SlotState) {
        self.0.changed(state);
    }

    fn seen(&self, state: impl FnOnce() -> SlotState) {
        let state = state();
        if !matches!(state, SlotState::Gone(_)) {
            self.0.seen(|| state);
        }
    }

    fn published(&self) -> SlotState {
        self.0.published()
    }
}

/// A word that is stored, and so can be taken back by one that is late.
#[derive(Default)]
pub struct StoredWord(AtomicU64);

impl StateWord for StoredWord {
    fn load(&self) -> u64 {
        self.0.load(Acquire)
    }

    fn raise(&self, word: u64) {
        self.0.store(word, Release);
    }
}

/// A word that a deletion takes back to nothing, so that one that is late can raise it again.
#[derive(Default)]
pub struct ClearedWord(AtomicU64);

impl StateWord for ClearedWord {
    fn load(&self) -> u64 {
        self.0.load(Acquire)
    }

    fn raise(&self, word: u64) {
        if word % 16 == 15 {
            self.0.store(0, Release);
        } else {
            self.0.fetch_max(word, AcqRel);
        }
    }
}
