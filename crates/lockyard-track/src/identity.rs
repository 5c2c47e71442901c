//! Which task runs on this thread: what the runtime knows it by.

use std::cell::Cell;
use std::sync::OnceLock;

use lockyard_lock::sync;

use super::number::number;

/// What the runtime, or the system, knows a strand's code by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Task {
    Tokio(tokio::task::Id),
    /// As the program's own hook says.
    Other(u64),
    Thread(u64),
}

sync::thread_local! {
    static THREAD: Cell<u64> = const { Cell::new(0) };
}

/// What says which task runs on this thread, where the runtime is not tokio.
static IDENTITY: OnceLock<fn() -> Option<u64>> = OnceLock::new();

/// Has `identity` asked which task runs on this thread, by a number that no other task of the program has; `None` where
/// none runs. Tokio's tasks are known without it. On another runtime tasks without it are distinguished by their
/// [`scope`](super::scope()) alone, and all else on a thread passes for one sequence.
///
/// Call it once, before the first lock is taken. `examples/other_runtime.rs` does so for an executor of the `futures` crate.
///
/// # Errors
/// If it was called before: gives `identity` back, and the first one stays.
///
/// ```
/// use std::cell::Cell;
///
/// thread_local! {
///     static TASK: Cell<Option<u64>> = const { Cell::new(None) }; // set around each poll by the spawner
/// }
///
/// lockyard_track::identify_tasks(|| TASK.get()).expect("the first to say so");
/// assert!(lockyard_track::identify_tasks(|| None).is_err());
/// ```
pub fn identify_tasks(identity: fn() -> Option<u64>) -> Result<(), fn() -> Option<u64>> {
    IDENTITY.set(identity)
}

/// What runs on this thread now.
pub(super) fn running_task() -> Task {
    if let Some(id) = IDENTITY.get().and_then(|identity| identity()) {
        return Task::Other(id);
    }
    if let Some(id) = tokio::task::try_id() {
        return Task::Tokio(id);
    }
    THREAD.with(|thread| {
        if thread.get() == 0 {
            thread.set(number());
        }
        Task::Thread(thread.get())
    })
}
