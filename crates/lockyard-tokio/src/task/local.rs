//! Tasks that stay on one thread.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::JoinHandle;
use crate::runtime::Runtime;
use crate::spawned::Owner;

pub use real::task::LocalEnterGuard;

/// Spawns a task that need not be `Send` on the [`LocalSet`] at hand: [tokio's](real::task::spawn_local).
///
/// # Panics
/// Outside a local set.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let at = Location::caller();
    #[cfg(feature = "explore")]
    if crate::explored::is_on() {
        return JoinHandle::explored(crate::explored::spawn(at, future));
    }
    let (task, end) = Owner::here().task(at, future);
    JoinHandle::new(real::task::spawn_local(task), end)
}

/// Tasks that run on one thread: [tokio's](real::task::LocalSet).
#[derive(Default)]
pub struct LocalSet {
    inner: real::task::LocalSet,
}

impl LocalSet {
    /// Without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has [`spawn_local`] on this thread spawn on this set, as long as the guard lives.
    pub fn enter(&self) -> LocalEnterGuard {
        self.inner.enter()
    }

    /// Spawns a task on this set.
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
        let (task, end) = Owner::here().task(at, future);
        JoinHandle::new(self.inner.spawn_local(task), end)
    }

    /// Runs a future to its end on this runtime, with the tasks of this set.
    #[track_caller]
    pub fn block_on<F: Future>(&self, rt: &Runtime, future: F) -> F::Output {
        #[cfg(feature = "explore")]
        if crate::explored::is_on() {
            crate::explored::refuse("`block_on`", "await `run_until` instead");
        }
        let main = rt.handle().owner().main(Location::caller(), future);
        self.inner.block_on(rt.real(), main)
    }

    /// Runs a future to its end with the tasks of this set.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        #[cfg(feature = "explore")]
        if crate::explored::is_on() {
            return future.await;
        }
        self.inner.run_until(future).await
    }

    /// The id of the set.
    pub fn id(&self) -> real::runtime::Id {
        self.inner.id()
    }

    pub(super) fn real(&self) -> &real::task::LocalSet {
        &self.inner
    }
}

impl Future for LocalSet {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.inner).poll(context)
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
