//! Noting what happens, while a run is traced.

use std::borrow::Cow;

use lockyard_evidence::Action;

use super::guest::ask::Ask;
use super::note::{LockChange, LockName, Note};
use super::place::Place;
use super::run_state::{RunState, with};

/// Says in the trace of a run what the step at work has read or changed, such as `version 2 → 1`: it stands behind the
/// access or call that was noted last. Costs nothing while no trace is kept, for `value` is not asked then.
///
/// ```
/// use lockyard_explore::{Shared, annotate};
///
/// async fn save(record: &Shared, from: u32, to: u32) {
///     record.step("save the record", true).await;
///     annotate(|| format!("version {from} → {to}"));
/// }
/// ```
pub fn annotate(value: impl FnOnce() -> String) {
    if with(|state| state.notes.is_none()) {
        return;
    }
    // Outside the borrow of the state, which the closure may look at itself.
    let value = value();
    with(|state| state.note_value(|| value.into()));
}

impl RunState {
    /// Notes what the task at work does, where a run is traced.
    #[inline]
    pub(super) fn note(
        &mut self,
        action: Action,
        object: Option<&'static str>,
        value: Option<&'static str>,
        place: Place,
    ) {
        let (task, step) = (self.task, self.clock);
        if let Some(notes) = self.notes.as_mut().filter(|_| self.stepping) {
            let value = value.map(Cow::Borrowed);
            notes.push(Note { step, task, action, object, value, place: Some(place), lock: None });
        }
    }

    /// Adds a value to what the task at work has noted last, where a run is traced.
    #[inline]
    pub(super) fn note_value(&mut self, value: impl FnOnce() -> Cow<'static, str>) {
        let task = self.task;
        let last = self.notes.as_mut().and_then(|notes| notes.last_mut());
        if let Some(note) = last.filter(|note| note.task == task) {
            let value = value();
            note.value = Some(match note.value.take() {
                Some(before) => format!("{before}, {value}").into(),
                None => value,
            });
        }
    }

    /// Notes what happens between the task at work and a lock of a guest.
    #[inline]
    pub(super) fn note_use(&mut self, ask: &Ask, change: LockChange, place: Place) {
        if let Some(notes) = self.notes.as_mut().filter(|_| self.stepping) {
            let (task, step, class) = (self.task, self.clock, ask.kind);
            let value = (!matches!(change, LockChange::Unlocks)).then_some(Cow::Borrowed(ask.what));
            let (action, object, place) = (change.action(), Some(class), Some(place));
            let lock = Some((LockName { class, number: ask.number as usize }, change));
            notes.push(Note { step, task, action, object, value, place, lock });
        }
    }

    /// Notes what happens between the task at work and a lock.
    #[inline]
    pub(super) fn note_lock(&mut self, lock_state: usize, change: LockChange, write: bool, place: Place) {
        if let Some(notes) = self.notes.as_mut().filter(|_| self.stepping) {
            let (task, step, class) = (self.task, self.clock, self.lock_states[lock_state].class.name());
            let mode = if write { "write" } else { "read" };
            let value = (!matches!(change, LockChange::Unlocks)).then_some(Cow::Borrowed(mode));
            let (action, object, place) = (change.action(), Some(class), Some(place));
            let lock = Some((LockName { class, number: lock_state }, change));
            notes.push(Note { step, task, action, object, value, place, lock });
        }
    }
}
