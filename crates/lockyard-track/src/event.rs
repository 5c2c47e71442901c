//! A wait for something that is not held afterwards: a message, a notification, room in a channel, the end of a task.

use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::lock::Lock;
use super::mode::Mode;
use super::resource::Resource;
use super::strand::Strand;
use super::wait::{Wait, WaitGuard};

/// One wait for an event. It ends when this is dropped, at the latest.
///
/// ```
/// use std::panic::Location;
/// use std::task::Poll;
///
/// use lockyard_lock::LockClass;
/// use lockyard_track::{EventWait, Resource, Tracker};
///
/// static ANSWER: LockClass = LockClass::new("answer");
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let (resource, (sender, mut receiver)) = (Resource::event(&Tracker::global(), &ANSWER, "oneshot", true), tokio::sync::oneshot::channel());
/// sender.send(5).unwrap();
/// let mut wait = EventWait::new("recv", Location::caller());
/// let answer = std::future::poll_fn(|context| {
///     wait.poll(&resource, context, |context| std::pin::Pin::new(&mut receiver).poll(context))
/// });
/// assert_eq!(answer.await, Ok(5));
/// # });
/// ```
pub struct EventWait {
    what: &'static str,
    at: &'static Location<'static>,
    waiting: Option<Waiting>,
}

struct Waiting {
    guard: WaitGuard,
    wait: Arc<Wait>,
    waker: Waker,
}

impl EventWait {
    /// A wait that has not begun: `what` is waited for, in a word, at this place.
    pub fn new(what: &'static str, at: &'static Location<'static>) -> Self {
        Self { what, at, waiting: None }
    }

    /// Polls by `poll`. It is called once more, with a waker of the tracker's, where it is pending at first.
    ///
    /// # Panics
    /// With the finding, where the wait is part of a deadlock and the tracker [panics](super::Tracker::panic_when_stuck) then.
    pub fn poll<R>(
        &mut self,
        resource: &Resource,
        context: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        // One that goes on in another branch, or in another task, waits there from now on.
        if self
            .waiting
            .as_ref()
            .is_some_and(|it| !Arc::ptr_eq(&it.wait.strand, &Strand::current(&resource.0.tracker)))
        {
            self.waiting = None;
        }
        let polled = if let Some(waiting) = &self.waiting {
            waiting.wait.polled_by(context.waker());
            waiting.wait.panic_if_stuck();
            poll(&mut Context::from_waker(&waiting.waker))
        } else {
            // Most need not wait at all, and should not pay for a wait.
            let polled = poll(context);
            if polled.is_ready() || !resource.is_on() {
                return polled;
            }
            let waiting = Waiting::begin(&resource.0, self.what, self.at, context.waker());
            let polled = poll(&mut Context::from_waker(&waiting.waker));
            self.waiting = Some(waiting);
            polled
        };
        if polled.is_ready()
            && let Some(waiting) = self.waiting.take()
        {
            waiting.guard.granted();
        }
        polled
    }
}

impl Waiting {
    fn begin(lock: &Arc<Lock>, what: &'static str, at: &'static Location<'static>, waker: &Waker) -> Self {
        let strand = Strand::current(&lock.tracker);
        let wait = Wait::new(strand, lock.clone(), Mode::Event, what, at);
        wait.polled_by(waker);
        lock.tracker.event_wait_begun();
        let waker = Waker::from(wait.clone());
        Self { guard: WaitGuard::begin(wait.clone()), wait, waker }
    }
}
