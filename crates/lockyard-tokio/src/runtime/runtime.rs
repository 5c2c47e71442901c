//! A runtime, the tasks of which are known to the instruments.

use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::time::Duration;

use super::{EnterGuard, Handle, RuntimeMetrics};
use crate::task::JoinHandle;

/// Runs tasks: [tokio's](real::runtime::Runtime).
pub struct Runtime {
    // Before the runtime: it keeps no task alive.
    handle: Handle,
    inner: real::runtime::Runtime,
}

impl UnwindSafe for Runtime {}
impl RefUnwindSafe for Runtime {}

impl Runtime {
    pub(super) fn of(inner: real::runtime::Runtime) -> Self {
        Self { handle: Handle::of_runtime(inner.handle().clone()), inner }
    }

    /// A runtime of several threads with all drivers.
    ///
    /// # Errors
    /// When the system refuses threads or drivers.
    #[cfg(feature = "rt-multi-thread")]
    pub fn new() -> std::io::Result<Self> {
        super::Builder::new_multi_thread().enable_all().build()
    }

    /// A handle by which others spawn tasks on it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Spawns a task.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Runs a function on a thread where it may block.
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, func: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.handle.spawn_blocking(func)
    }

    /// Runs a future to its end, and blocks the thread until then.
    ///
    /// # Panics
    /// With the future, and inside another runtime.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        #[cfg(feature = "explore")]
        if crate::explored::is_on() {
            crate::explored::refuse("`block_on`", "await the future instead");
        }
        self.inner.block_on(self.handle.owner().main(Location::caller(), future))
    }

    /// Enters its context, in which tasks are spawned on it.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.inner.enter()
    }

    /// Shuts it down, and waits so long for functions that block.
    pub fn shutdown_timeout(self, duration: Duration) {
        self.inner.shutdown_timeout(duration);
    }

    /// Shuts it down, and waits for nothing.
    pub fn shutdown_background(self) {
        self.inner.shutdown_background();
    }

    /// What it counts.
    pub fn metrics(&self) -> RuntimeMetrics {
        self.inner.metrics()
    }

    /// Tokio's own runtime, for where another crate wants it. What is spawned by it is not tracked.
    pub fn real(&self) -> &real::runtime::Runtime {
        &self.inner
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
