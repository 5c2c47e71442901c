//! Who holds what, of the locks of guests.

use std::panic::Location;

use super::ask::Ask;
use crate::note::LockChange;
use crate::run_state::{try_with, with};
use crate::shared::Shared;

/// Something shared is held by the task at work, from now until this is dropped: so a wait cycle can be told, with the places
/// where its locks were taken. It stands in a guard, beside the real one.
///
/// Drop it in the same step as the real guard. Outside an explored run it does nothing.
///
/// ```
/// use std::panic::Location;
/// use lockyard_explore::guest::Holding;
/// use lockyard_explore::Shared;
///
/// let (mutex, shared) = (tokio::sync::Mutex::new(1), Shared::new("mutex"));
/// if let Ok(guard) = mutex.try_lock() {
///     shared.atomic(true); // a step in which it is taken, or found taken
///     let holding = Holding::new(&shared, "write", true, Location::caller());
///     drop((guard, holding));
/// }
/// ```
#[derive(Debug)]
#[must_use = "what is held is let go of when it is dropped"]
pub struct Holding {
    /// By which number it is known in its run; none outside.
    held: Option<(u64, u32)>,
}

impl Holding {
    /// Held from now on, in this mode, such as `read`; `write` tells whether it excludes those that do not write. `place` is where it was
    /// asked for.
    pub fn new(shared: &Shared, mode: &'static str, write: bool, place: &'static Location<'static>) -> Self {
        let ask = Ask { number: shared.number, kind: shared.kind, what: mode, write, lock: true };
        let held = with(|state| {
            if !state.stepping {
                return None;
            }
            state.acquires(place);
            state.note_use(&ask, LockChange::Enters, place);
            Some((state.guest.run, state.guest.hold(state.task, ask, place)))
        });
        Self { held }
    }

    /// It is held by the task at work from now on: its guard has come from another task.
    pub fn adopt(&self) {
        let Some((run, stamp)) = self.held else { return };
        with(|state| {
            let task = state.task;
            if run == state.guest.run
                && let Some(held) = state.guest.held.iter_mut().find(|held| held.stamp == stamp)
            {
                held.task = task;
            }
        });
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let Some((run, stamp)) = self.held else { return };
        try_with(|state| {
            // A run that is over has left nothing to let go of.
            if run != state.guest.run {
                return;
            }
            if let Some(held) = state.guest.let_go(stamp) {
                state.touch(held.ask.object(), held.ask.write);
                state.releases(held.place);
                state.note_use(&held.ask, LockChange::Unlocks, held.place);
            }
        });
    }
}
