//! Spawning and joining, as far as the lock-order graph must know of them: what was before the one, or is behind the other,
//! cannot meet what the task does.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::JoinError;

use super::ends::AwaitedTask;
use super::event::EventWait;
use super::handle::Handle;
use super::name::Name;
use super::order::Progress;
use super::resource::Resource;
use super::strand::Strand;
use super::tracker::Tracker;

/// What a handle of a task reports by: that its end is waited for, and that it was seen.
pub struct TaskEnd {
    name: Name,
    progress: Arc<Progress>,
    tracker: Tracker,
    /// Made once the end is waited for, which it is not where the task is over by then.
    wait: Option<(Resource, EventWait)>,
    spawned_at: &'static Location<'static>,
}

impl TaskEnd {
    pub(super) fn new(
        name: Name,
        progress: Arc<Progress>,
        tracker: Tracker,
        spawned_at: &'static Location<'static>,
    ) -> Self {
        Self { name, progress, tracker, wait: None, spawned_at }
    }

    /// Polls the task's handle by `poll`; twice where it is pending at first.
    ///
    /// # Panics
    /// As [`EventWait::poll`].
    pub fn poll<R>(
        &mut self,
        context: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let polled = if let Some((resource, wait)) = &mut self.wait {
            wait.poll(resource, context, poll)
        } else {
            match poll(context) {
                Poll::Pending if self.tracker.is_on() => {
                    let task = AwaitedTask { name: self.name.clone(), progress: self.progress.clone() };
                    let resource = Resource::task(self.tracker.clone(), task);
                    let wait = EventWait::new("join", self.spawned_at);
                    let (resource, wait) = self.wait.insert((resource, wait));
                    wait.poll(resource, context, poll)
                }
                polled => polled,
            }
        };
        let output = ready!(polled);
        self.wait = None;
        self.seen();
        Poll::Ready(output)
    }

    /// The task is over, and the one at work knows it: however it ended, one that panicked or was aborted does nothing more,
    /// either.
    pub fn seen(&self) {
        self.progress.join(&Strand::current(&self.tracker).progress);
    }

    /// `handle` is with this task from now on, whose end is what it stands for.
    pub fn has(&self, handle: &Handle) {
        handle.moved(self.progress.id());
    }

    /// The name of the task.
    pub fn name(&self) -> &Name {
        &self.name
    }
}

/// Tokio's handle of a task that [`spawn`](super::spawn) has spawned. Awaiting it reports the end of the task to the tracker.
///
/// It is used as tokio's own, which it derefs to.
///
/// **Cancellation.** As tokio's: dropped before its end, it detaches the task.
pub struct JoinHandle<T> {
    handle: tokio::task::JoinHandle<T>,
    end: TaskEnd,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(handle: tokio::task::JoinHandle<T>, end: TaskEnd) -> Self {
        Self { handle, end }
    }

    /// Tokio's own handle. Awaited by that one, the task's end is not known to the tracker.
    pub fn into_inner(self) -> tokio::task::JoinHandle<T> {
        self.handle
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { handle, end } = &mut *self;
        end.poll(context, |context| Pin::new(&mut *handle).poll(context))
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
        // What it still holds is held by its guards from here on, which are elsewhere: they are to find it in the list.
        self.0.settle();
        if let Some(waker) = &self.0.waker {
            waker.ended();
        }
        if let Some(around) = &self.0.around {
            self.0.progress.join(&around.progress);
        }
    }
}
