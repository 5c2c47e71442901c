//! A handle of a runtime.

use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};

use super::{EnterGuard, Id, RuntimeFlavor, RuntimeMetrics, TryCurrentError};
use crate::spawned::Owner;
use crate::task::JoinHandle;

/// Spawns tasks on a runtime: [tokio's](real::runtime::Handle).
#[derive(Clone)]
pub struct Handle {
    inner: real::runtime::Handle,
    owner: Owner,
}

impl UnwindSafe for Handle {}
impl RefUnwindSafe for Handle {}

impl Handle {
    pub(super) fn of_runtime(inner: real::runtime::Handle) -> Self {
        Self { inner, owner: Owner::of_runtime() }
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    /// That of the runtime at hand.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn current() -> Self {
        Self { inner: real::runtime::Handle::current(), owner: Owner::here() }
    }

    /// That of the runtime at hand.
    ///
    /// # Errors
    /// Outside a runtime.
    pub fn try_current() -> Result<Self, TryCurrentError> {
        Ok(Self { inner: real::runtime::Handle::try_current()?, owner: Owner::here() })
    }

    /// Enters the context of the runtime, in which tasks are spawned on it.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.inner.enter()
    }

    /// Spawns a task.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let at = Location::caller();
        #[cfg(feature = "explore")]
        if crate::explored::is_on() {
            return JoinHandle::explored(crate::explored::spawn(at, future));
        }
        let (task, end) = self.owner.task(at, future);
        JoinHandle::new(self.inner.spawn(task), end)
    }

    /// Runs a function on a thread where it may block.
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, func: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let at = Location::caller();
        #[cfg(feature = "explore")]
        if crate::explored::is_on() {
            return JoinHandle::explored(crate::explored::spawn(at, async { func() }));
        }
        let (work, end) = self.owner.blocking(at, func);
        JoinHandle::new(self.inner.spawn_blocking(work), end)
    }

    /// Runs a future to its end, and blocks the thread until then.
    ///
    /// # Panics
    /// With the future, inside a runtime, and when the runtime has shut down a driver that it needs.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        #[cfg(feature = "explore")]
        if crate::explored::is_on() {
            crate::explored::refuse("`block_on`", "await the future instead");
        }
        self.inner.block_on(self.owner.main(Location::caller(), future))
    }

    /// Of which kind the runtime is.
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        self.inner.runtime_flavor()
    }

    /// The id of the runtime.
    pub fn id(&self) -> Id {
        self.inner.id()
    }

    /// The name of the runtime, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.inner.name()
    }

    /// What the runtime counts.
    pub fn metrics(&self) -> RuntimeMetrics {
        self.inner.metrics()
    }

    /// Tokio's own handle, for where another crate wants it. What is spawned by it is not tracked.
    pub fn real(&self) -> &real::runtime::Handle {
        &self.inner
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
