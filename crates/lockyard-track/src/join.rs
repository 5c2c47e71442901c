//! Spawning and joining, as far as the lock-order graph must know of them: what was before the one, or is behind the other,
//! cannot meet what the task does.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::JoinError;

use super::order::Progress;
use super::strand::Strand;
use super::tracker::Tracker;

/// Tokio's handle of a task that [`spawn`](super::spawn) has spawned. Awaiting it reports the end of the task to the tracker.
///
/// It is used as tokio's own, which it derefs to.
///
/// **Cancellation.** As tokio's: dropped before its end, it detaches the task.
pub struct JoinHandle<T> {
    handle: tokio::task::JoinHandle<T>,
    progress: Arc<Progress>,
    tracker: Tracker,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(handle: tokio::task::JoinHandle<T>, progress: Arc<Progress>, tracker: Tracker) -> Self {
        Self { handle, progress, tracker }
    }

    /// Tokio's own handle. Awaited by that one, the task's end is not known to the tracker.
    pub fn into_inner(self) -> tokio::task::JoinHandle<T> {
        self.handle
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let output = ready!(Pin::new(&mut self.handle).poll(context));
        // However it ended: a task that panicked or was aborted does nothing more, either.
        self.progress.join(&Strand::current(&self.tracker).progress);
        Poll::Ready(output)
    }
}

impl<T> Deref for JoinHandle<T> {
    type Target = tokio::task::JoinHandle<T>;

    fn deref(&self) -> &Self::Target {
        &self.handle
    }
}

impl<T> DerefMut for JoinHandle<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.handle
    }
}

impl<T: fmt::Debug> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}

/// A scope that runs. With this it is over, and what is around it goes on.
pub(super) struct RunningScope(Arc<Strand>);

impl RunningScope {
    pub(super) fn new(strand: Arc<Strand>) -> Self {
        Self(strand)
    }
}

impl Deref for RunningScope {
    type Target = Arc<Strand>;

    fn deref(&self) -> &Arc<Strand> {
        &self.0
    }
}

impl Drop for RunningScope {
    fn drop(&mut self) {
        if let Some(waker) = &self.0.waker {
            waker.ended();
        }
        if let Some(around) = &self.0.around {
            self.0.progress.join(&around.progress);
        }
    }
}
