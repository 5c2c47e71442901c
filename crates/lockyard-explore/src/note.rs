//! What happens in a run that is shown, in words.

use super::held::Held;
use super::place::Place;

/// Something that happened in a step.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) step: u32,
    pub(super) task: usize,
    pub(super) what: String,
    pub(super) place: Option<Place>,
    /// What it changed about a lock, by its class.
    pub(super) lock: Option<(&'static str, LockChange)>,
}

/// What changes between a task and a lock.
#[derive(Clone, Copy, Debug)]
pub(super) enum LockChange {
    Queues,
    Claims,
    Enters,
    Leaves,
}

impl LockChange {
    pub(super) fn apply(self, held: &mut Held, class: &'static str) {
        let remove = |from: &mut Vec<&'static str>| {
            if let Some(at) = from.iter().position(|other| *other == class) {
                from.remove(at);
            }
        };
        match self {
            Self::Queues => held.waits.push(class),
            Self::Claims => {}
            Self::Enters => {
                remove(&mut held.waits);
                held.has.push(class);
            }
            Self::Leaves => remove(&mut held.has),
        }
    }
}
