//! Whose tracker it is, and what things are called: by a name that was given, or else by the place where they were
//! made, which survives release builds.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use lockyard_track::{LockClass, Tracker};

use crate::kind::Kind;
use crate::resource::Place;

thread_local! {
    /// The tracker of what is made on this thread outside of every task.
    static OF_THREAD: RefCell<Option<Tracker>> = const { RefCell::new(None) };
}

/// The tracker of the program, once there is one.
static OF_PROGRAM: Mutex<Option<Tracker>> = Mutex::new(None);

/// The tracker of what is done here: of the task at work, of the thread, of the program. Else one that is switched off.
pub(crate) fn tracker() -> Tracker {
    static NONE: LazyLock<Tracker> = LazyLock::new(Tracker::new_off);
    known().unwrap_or_else(|| NONE.clone())
}

pub(crate) fn known() -> Option<Tracker> {
    crate::lockyard::from_environment();
    Tracker::of_scope().or_else(|| OF_THREAD.with_borrow(Clone::clone)).or_else(of_program)
}

/// Whether what is done here is tracked.
pub(crate) fn is_on() -> bool {
    #[cfg(feature = "explore")]
    if crate::explored::is_on() {
        return false;
    }
    known().is_some_and(|tracker| tracker.is_on())
}

/// The tracker for a runtime's main task: as [`tracker`], or else one of its own, which can be switched on from inside.
pub(crate) fn tracker_of_runtime() -> Tracker {
    known().unwrap_or_else(Tracker::new_off)
}

/// Has the thread's own things belong to this tracker; gives back the one before.
pub(crate) fn set_thread(tracker: Option<Tracker>) -> Option<Tracker> {
    OF_THREAD.replace(tracker)
}

/// The tracker of the program, where there is one: begun by the environment, or by a call.
pub(crate) fn of_program() -> Option<Tracker> {
    of_program_lock().clone()
}

/// The tracker of the program, which is made if there is none: of the task at work, so that what it has made is tracked too.
pub(crate) fn program() -> (Tracker, bool) {
    let mut program = of_program_lock();
    if let Some(tracker) = &*program {
        return (tracker.clone(), false);
    }
    let tracker = Tracker::of_scope().unwrap_or_else(Tracker::new_off);
    *program = Some(tracker.clone());
    (tracker, true)
}

fn of_program_lock() -> std::sync::MutexGuard<'static, Option<Tracker>> {
    OF_PROGRAM.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The class of what is made at this place: one for each place, kind and name, however many things are made there.
pub(crate) fn class(kind: Kind, made: Place, name: Option<&'static str>) -> &'static LockClass {
    type Classes = HashMap<(&'static str, Place, Option<&'static str>), &'static LockClass>;
    static CLASSES: LazyLock<Mutex<Classes>> = LazyLock::new(Mutex::default);
    let mut classes = CLASSES.lock().unwrap_or_else(PoisonError::into_inner);
    // As many as there are places in the source, and so never given back.
    classes.entry((kind.as_str(), made, name)).or_insert_with(|| {
        let words = name.map_or_else(
            || format!("{} {}:{}", kind.as_str(), made.file(), made.line()),
            |name| format!("{} `{name}`", kind.as_str()),
        );
        Box::leak(Box::new(LockClass::new(words.leak())))
    })
}
