//! The word in which a session publishes its state, each access to it reported to the explorer.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use lockyard_explore::Shared;

use crate::backend::session::StateWord;

/// An atomic word as the explorer sees it: an access within the step at work, which all tasks see at once.
#[derive(Debug, Default)]
pub struct ModelWord {
    shared: Shared,
    word: AtomicU64,
}

impl StateWord for ModelWord {
    fn load(&self) -> u64 {
        self.shared.atomic(false);
        // One thread explores: no order is weaker than another here.
        self.word.load(SeqCst)
    }

    fn raise(&self, word: u64) {
        // Of two maxima neither tells which came first.
        self.shared.commutative();
        self.word.fetch_max(word, SeqCst);
    }
}
