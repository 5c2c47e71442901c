//! Spawning.

use std::panic::Location;

use super::JoinHandle;
#[cfg(feature = "explore")]
use crate::explored;
use crate::spawned::Owner;

/// Spawns a task on the runtime at hand: [tokio's](real::task::spawn). Reports call it by this place.
///
/// # Panics
/// Outside a tokio runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let at = Location::caller();
    #[cfg(feature = "explore")]
    if explored::is_on() {
        return JoinHandle::explored(explored::spawn(at, future));
    }
    let (task, end) = Owner::here().task(at, future);
    JoinHandle::new(real::task::spawn(task), end)
}

/// Runs a function on a thread where it may block: [tokio's](real::task::spawn_blocking).
///
/// # Panics
/// Outside a tokio runtime.
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let at = Location::caller();
    #[cfg(feature = "explore")]
    if explored::is_on() {
        // One step: nothing comes between.
        return JoinHandle::explored(explored::spawn(at, async { f() }));
    }
    let (work, end) = Owner::here().blocking(at, f);
    JoinHandle::new(real::task::spawn_blocking(work), end)
}
