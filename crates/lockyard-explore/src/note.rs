//! What happens in a run that is traced.

use std::borrow::Cow;

use lockyard_evidence::Action;

use super::place::Place;

/// Something that happened in a step.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) step: u32,
    pub(super) task: usize,
    pub(super) action: Action,
    pub(super) object: Option<&'static str>,
    pub(super) value: Option<Cow<'static, str>>,
    pub(super) place: Option<Place>,
    /// What it changed about a lock.
    pub(super) lock: Option<(LockName, LockChange)>,
}

/// What a lock is called: by its class, and by its number in the run where a class has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LockName {
    pub(super) class: &'static str,
    pub(super) number: usize,
}

/// Which locks a task holds and waits for.
#[derive(Clone, Debug, Default)]
pub(super) struct Locks {
    pub(super) holds: Vec<LockName>,
    pub(super) waits_for: Vec<LockName>,
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

    pub(super) fn apply(self, locks: &mut Locks, lock: LockName) {
        let remove = |from: &mut Vec<LockName>| {
            if let Some(at) = from.iter().position(|other| *other == lock) {
                from.remove(at);
            }
        };
        match self {
            Self::Queues => locks.waits_for.push(lock),
            Self::Claims => {}
            Self::Enters => {
                remove(&mut locks.waits_for);
                locks.holds.push(lock);
            }
            Self::Unlocks => {
                // A waiter that is dropped leaves the wait queue, a holder the lock.
                if locks.holds.contains(&lock) {
                    remove(&mut locks.holds);
                } else {
                    remove(&mut locks.waits_for);
                }
            }
        }
    }
}

/// What a task is called in the edges of a wait cycle.
pub(super) fn task(number: usize) -> String {
    format!("task {number}")
}
