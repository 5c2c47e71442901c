//! What happens in a run that is traced.

use lockyard_evidence::Action;

use super::place::Place;

/// Something that happened in a step.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) step: u32,
    pub(super) task: usize,
    pub(super) action: Action,
    pub(super) object: Option<&'static str>,
    pub(super) value: Option<&'static str>,
    pub(super) place: Option<Place>,
    /// What it changed about a lock, by its class.
    pub(super) lock: Option<(&'static str, LockChange)>,
}

/// Which locks a task holds and waits for, by their classes.
#[derive(Clone, Debug, Default)]
pub(super) struct Locks {
    pub(super) holds: Vec<&'static str>,
    pub(super) waits_for: Vec<&'static str>,
}

/// What changes between a task and a lock.
#[derive(Clone, Copy, Debug)]
pub(super) enum LockChange {
    Queues,
    Claims,
    Enters,
    Unlocks,
}

impl LockChange {
    pub(super) fn action(self) -> Action {
        match self {
            Self::Queues => Action::Queue,
            Self::Claims => Action::Claim,
            Self::Enters => Action::Lock,
            Self::Unlocks => Action::Unlock,
        }
    }

    pub(super) fn apply(self, locks: &mut Locks, class: &'static str) {
        let remove = |from: &mut Vec<&'static str>| {
            if let Some(at) = from.iter().position(|other| *other == class) {
                from.remove(at);
            }
        };
        match self {
            Self::Queues => locks.waits_for.push(class),
            Self::Claims => {}
            Self::Enters => {
                remove(&mut locks.waits_for);
                locks.holds.push(class);
            }
            Self::Unlocks => {
                // A waiter that is dropped leaves the wait queue, a holder the lock.
                if locks.holds.contains(&class) {
                    remove(&mut locks.holds);
                } else {
                    remove(&mut locks.waits_for);
                }
            }
        }
    }
}
