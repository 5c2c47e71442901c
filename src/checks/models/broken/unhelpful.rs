//! A published state that readers of the session do not help with: over snapshots one may see a change, and then by the word the
//! state before it.

use crate::backend::session::{Published, SlotState, StateMode};
use crate::checks::explored::ModelWord;

/// Published by writers alone.
#[derive(Debug, Default)]
pub struct Unhelpful(Published<ModelWord>);

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
