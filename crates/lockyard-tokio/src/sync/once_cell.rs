//! A value that is made once, and waits for the one who makes it, which are reported.

use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use real::sync as tokio;
use real::sync::SetError;

use crate::resource::{Kind, Mode, Place, Resource};

/// tokio's [`OnceCell`](real::sync::OnceCell).
pub struct OnceCell<T> {
    resource: Resource,
    inner: tokio::OnceCell<T>,
}

impl<T> OnceCell<T> {
    /// There is no value.
    #[track_caller]
    pub fn new() -> Self {
        Self::made(tokio::OnceCell::new(), None)
    }

    /// The same, in a `const` or `static`.
    #[track_caller]
    pub const fn const_new() -> Self {
        Self::made(tokio::OnceCell::const_new(), None)
    }

    /// The value, if one is given, is there already.
    #[track_caller]
    pub fn new_with(value: Option<T>) -> Self {
        Self::made(tokio::OnceCell::new_with(value), None)
    }

    /// The value is there already, in a `const` or `static`.
    #[track_caller]
    pub const fn const_new_with(value: T) -> Self {
        Self::made(tokio::OnceCell::const_new_with(value), None)
    }

    /// There is no value; in a `const` or `static`, or elsewhere, with a name for reports.
    #[track_caller]
    pub const fn const_named(name: &'static str) -> Self {
        Self::made(tokio::OnceCell::const_new(), Some(name))
    }

    #[track_caller]
    const fn made(inner: tokio::OnceCell<T>, name: Option<&'static str>) -> Self {
        Self { resource: Resource::new(Kind::OnceCell, Location::caller(), name), inner }
    }

    /// Whether there is a value.
    pub fn initialized(&self) -> bool {
        self.resource.access(false);
        self.inner.initialized()
    }

    /// The value, if there is one.
    pub fn get(&self) -> Option<&T> {
        self.resource.access(false);
        self.inner.get()
    }

    /// The value, if there is one, of a cell that nobody else has.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.inner.get_mut()
    }

    /// Sets the value, or gives it back if there is one or somebody makes one.
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        self.resource.access(true);
        self.inner.set(value)
    }

    /// The value, which `f` makes if there is none and nobody else makes one. Cancelled while it makes one, another does.
    #[track_caller]
    pub fn get_or_init<F, Fut>(&self, f: F) -> impl Future<Output = &T>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        let at = Location::caller();
        async move {
            let making = Making::default();
            let future = self.inner.get_or_init(|| making.begun(&self.resource, at, f));
            self.get_or_make(&making, at, future).await
        }
    }

    /// The value, which `f` makes if there is none and nobody else makes one. Cancelled while it makes one, or where that
    /// fails, another does.
    #[track_caller]
    pub fn get_or_try_init<E, F, Fut>(&self, f: F) -> impl Future<Output = Result<&T, E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let at = Location::caller();
        async move {
            let making = Making::default();
            let future = self.inner.get_or_try_init(|| making.begun(&self.resource, at, f));
            self.get_or_make(&making, at, future).await
        }
    }

    /// Waits until the value is there or is to be made here, which is no wait for the cell: then the cell is held.
    async fn get_or_make<F: Future>(&self, making: &Making, at: Place, future: F) -> F::Output {
        let mut future = pin!(future);
        {
            let mut waiting = self.resource.waiting("get_or_init", at);
            let come = poll_fn(|cx| {
                waiting.poll(&self.resource, cx, |cx| match future.as_mut().poll(cx) {
                    Poll::Pending if making.is_begun() => Poll::Ready(None),
                    polled => polled.map(Some),
                })
            });
            if let Some(value) = come.await {
                return value;
            }
        }
        // Polled again at once, without a wake-up: so the first poll of what `f` gave is not part of the wait.
        future.await
    }

    /// The value, if there is one.
    pub fn into_inner(self) -> Option<T> {
        self.inner.into_inner()
    }

    /// Takes the value out, if there is one, of a cell that nobody else has.
    pub fn take(&mut self) -> Option<T> {
        self.inner.take()
    }
}

/// Whether the value is being made by the future at hand.
#[derive(Default)]
struct Making(AtomicBool);

impl Making {
    fn is_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed) // one task at a time looks at it
    }

    /// What `f` gives, from the second poll on.
    async fn begun<F, Fut>(&self, resource: &Resource, at: Place, f: F) -> Fut::Output
    where
        F: FnOnce() -> Fut,
        Fut: Future,
    {
        let mut first = true;
        poll_fn(|_| {
            self.0.store(true, Ordering::Relaxed);
            if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        let hold = resource.acquired(Mode::Write, false, at);
        let made = f().await;
        // Before tokio gives it to those who wait.
        drop(hold);
        made
    }
}

impl<T> Default for OnceCell<T> {
    #[track_caller]
    fn default() -> OnceCell<T> {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.resource.access(false);
        self.inner.fmt(fmt)
    }
}

impl<T: Clone> Clone for OnceCell<T> {
    #[track_caller]
    fn clone(&self) -> OnceCell<T> {
        self.resource.access(false);
        Self::made(self.inner.clone(), None)
    }
}

impl<T: PartialEq> PartialEq for OnceCell<T> {
    fn eq(&self, other: &OnceCell<T>) -> bool {
        self.resource.access(false);
        other.resource.access(false);
        self.inner == other.inner
    }
}

impl<T: Eq> Eq for OnceCell<T> {}

impl<T> From<T> for OnceCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::made(tokio::OnceCell::from(value), None)
    }
}
