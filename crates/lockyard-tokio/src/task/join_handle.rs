//! The handle of a task. Awaiting it is a wait for the task's end, which the instruments see.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use real::task::{Id, JoinError};

use super::AbortHandle;
#[cfg(feature = "explore")]
use crate::explored::ExploredTask;
use crate::spawned::TaskEnd;

/// A handle of a task, by which it can be awaited and aborted: [tokio's](real::task::JoinHandle).
///
/// **Cancellation.** As tokio's: dropped before its end, it detaches the task.
pub struct JoinHandle<T>(Inner<T>);

enum Inner<T> {
    Real(real::task::JoinHandle<T>, TaskEnd),
    #[cfg(feature = "explore")]
    Explored(ExploredTask<T>),
}

impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}
impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    pub(crate) fn new(inner: real::task::JoinHandle<T>, end: TaskEnd) -> Self {
        Self(Inner::Real(inner, end))
    }

    #[cfg(feature = "explore")]
    pub(crate) fn explored(task: ExploredTask<T>) -> Self {
        Self(Inner::Explored(task))
    }

    /// The output, if the task is over.
    #[cfg(feature = "explore")]
    pub(super) fn take(&self) -> Option<Result<T, JoinError>> {
        match &self.0 {
            Inner::Real(..) => None,
            Inner::Explored(task) => task.take(),
        }
    }

    /// Tokio's own handle, for where another crate wants it. That the task is awaited by it is not seen.
    ///
    /// # Panics
    /// In an explored run, where there is none.
    pub fn into_inner(self) -> real::task::JoinHandle<T> {
        match self.0 {
            Inner::Real(inner, _) => inner,
            #[cfg(feature = "explore")]
            Inner::Explored(_) => crate::explored::refuse(
                "tokio's own `JoinHandle`",
                "await the handle of this crate, or have the other crate explored too",
            ),
        }
    }

    /// Aborts the task: see [tokio's](real::task::JoinHandle::abort).
    pub fn abort(&self) {
        match &self.0 {
            Inner::Real(inner, _) => inner.abort(),
            #[cfg(feature = "explore")]
            Inner::Explored(task) => task.abort(),
        }
    }

    /// Whether the task has finished.
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Inner::Real(inner, end) => {
                let is_finished = inner.is_finished();
                if is_finished {
                    end.seen();
                }
                is_finished
            }
            #[cfg(feature = "explore")]
            Inner::Explored(task) => task.is_finished(),
        }
    }

    /// A handle that can abort the task, and not await it.
    pub fn abort_handle(&self) -> AbortHandle {
        match &self.0 {
            Inner::Real(inner, _) => AbortHandle::new(inner.abort_handle()),
            #[cfg(feature = "explore")]
            Inner::Explored(task) => AbortHandle::explored(task.aborts()),
        }
    }

    /// The id of the task, different from that of every other task that runs.
    pub fn id(&self) -> Id {
        match &self.0 {
            Inner::Real(inner, _) => inner.id(),
            #[cfg(feature = "explore")]
            Inner::Explored(task) => task.id(),
        }
    }
}

impl<T> From<JoinHandle<T>> for real::task::JoinHandle<T> {
    fn from(handle: JoinHandle<T>) -> Self {
        handle.into_inner()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Inner::Real(inner, end) => end.poll(context, |context| Pin::new(&mut *inner).poll(context)),
            #[cfg(feature = "explore")]
            Inner::Explored(task) => task.poll(context),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Real(inner, _) => inner.fmt(f),
            #[cfg(feature = "explore")]
            Inner::Explored(task) => task.fmt(f),
        }
    }
}
