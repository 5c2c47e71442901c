//! Every strategy with a name, and every combination that is compiled elsewhere: the built-in list, and a program's own.

use std::sync::OnceLock;

use super::factors::Factors;
use super::presets::{PRESETS, Preset};

/// A strategy of the program's own.
#[derive(Clone, Copy)]
pub(super) struct CustomPreset {
    pub(super) preset: Preset,
    /// Whether the name is the preset's. Otherwise it is written out, as any combination without a name.
    pub(super) is_named: bool,
}

/// Those of this program, once it has said which.
static CUSTOM: OnceLock<Vec<CustomPreset>> = OnceLock::new();

fn custom() -> &'static [CustomPreset] {
    CUSTOM.get().map_or(&[], Vec::as_slice)
}

/// These are this program's own, said once.
pub(super) fn announce(all: Vec<CustomPreset>) {
    // The first time stands: who announces has seen to it that there is no other.
    let _ = CUSTOM.set(all);
}

/// Every strategy with a name: the built-in ones in the order of the main job, then this program's own.
pub fn presets() -> impl Iterator<Item = &'static Preset> {
    PRESETS.iter().chain(custom().iter().filter(|it| it.is_named).map(|it| &it.preset))
}

/// The factors of which a program's own types are built.
pub(super) fn custom_factors() -> impl Iterator<Item = Factors> {
    custom().iter().map(|it| it.preset.factors)
}

/// Whether the types of these factors are a program's own: compiled in it, for either way to build answers.
pub(super) fn is_custom(factors: Factors) -> bool {
    custom_factors().any(|it| it.has_types_of(factors))
}
