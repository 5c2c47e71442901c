//! A handle that can abort a task, and not await it.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use real::task::Id;

#[cfg(feature = "explore")]
use crate::explored::ExploredAbort;

/// Aborts a task: [tokio's](real::task::AbortHandle).
#[derive(Clone)]
pub struct AbortHandle(Inner);

#[derive(Clone)]
enum Inner {
    Real(real::task::AbortHandle),
    #[cfg(feature = "explore")]
    Explored(ExploredAbort),
}

impl UnwindSafe for AbortHandle {}
impl RefUnwindSafe for AbortHandle {}

impl AbortHandle {
    pub(crate) fn new(inner: real::task::AbortHandle) -> Self {
        Self(Inner::Real(inner))
    }

    #[cfg(feature = "explore")]
    pub(crate) fn explored(task: ExploredAbort) -> Self {
        Self(Inner::Explored(task))
    }

    /// Aborts the task: see [tokio's](real::task::AbortHandle::abort).
    pub fn abort(&self) {
        match &self.0 {
            Inner::Real(inner) => inner.abort(),
            #[cfg(feature = "explore")]
            Inner::Explored(it) => lockyard_explore::guest::abort(it.task),
        }
    }

    /// Whether the task has finished.
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Inner::Real(inner) => inner.is_finished(),
            #[cfg(feature = "explore")]
            Inner::Explored(it) => lockyard_explore::guest::is_over(it.task),
        }
    }

    /// The id of the task.
    pub fn id(&self) -> Id {
        match &self.0 {
            Inner::Real(inner) => inner.id(),
            #[cfg(feature = "explore")]
            Inner::Explored(it) => it.id(),
        }
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("id", &self.id()).finish()
    }
}
