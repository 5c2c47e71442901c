//! A runtime that stays on its thread, the tasks of which are known to the instruments.

use std::fmt;
use std::io;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::time::Duration;

use super::{Builder, EnterGuard, Handle, LocalOptions, RuntimeMetrics};
use crate::task::JoinHandle;

/// Runs tasks that need not be `Send`: [tokio's](real::runtime::LocalRuntime).
pub struct LocalRuntime {
    // Before the runtime: it keeps no task alive.
    handle: Handle,
    inner: real::runtime::LocalRuntime,
}

impl UnwindSafe for LocalRuntime {}
impl RefUnwindSafe for LocalRuntime {}

impl LocalRuntime {
    pub(super) fn of(inner: real::runtime::LocalRuntime) -> Self {
        Self { handle: Handle::of_runtime(inner.handle().clone()), inner }
    }

    /// A runtime with all drivers.
    ///
    /// # Errors
    /// When the system refuses drivers.
    pub fn new() -> io::Result<Self> {
        Builder::new_current_thread().enable_all().build_local(LocalOptions::default())
    }

    /// A handle by which others spawn tasks on it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Spawns a task that need not be `Send`.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let at = Location::caller();
        #[cfg(feature = "explore")]
        if crate::explored::is_on() {
            return JoinHandle::explored(crate::explored::spawn(at, future));
        }
        let (task, end) = self.handle.owner().task(at, future);
        JoinHandle::new(self.inner.spawn_local(task), end)
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
    pub fn real(&self) -> &real::runtime::LocalRuntime {
        &self.inner
    }
}

impl fmt::Debug for LocalRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
