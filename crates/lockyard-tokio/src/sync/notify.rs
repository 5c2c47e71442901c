//! Notifications whose waits are reported.

use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use real::sync as tokio;

use super::extend::LentNotified;
use crate::resource::{Kind, Place, Resource, Waiting};

/// tokio's [`Notify`](real::sync::Notify).
pub struct Notify {
    resource: Resource,
    inner: tokio::Notify,
}

pin_project_lite::pin_project! {
    /// A wait for a notification, made by [`Notify::notified`]. Dropped, it passes on the notification that it got.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Notified<'a> {
        // Dropped first: one who is no longer in the queue must not be noted as waiting.
        waiting: Option<Waiting>,
        #[pin]
        inner: tokio::futures::Notified<'a>,
        notify: &'a Notify,
        at: Place,
    }
}

pin_project_lite::pin_project! {
    /// A wait for a notification, made by [`Notify::notified_owned`]. Dropped, it passes on the notification that it got.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct OwnedNotified {
        // Dropped first, as above.
        waiting: Option<Waiting>,
        #[pin]
        inner: LentNotified<Notify>,
        at: Place,
    }
}

impl Notify {
    /// Nobody is notified.
    #[track_caller]
    pub fn new() -> Notify {
        Self::made(tokio::Notify::new(), Location::caller(), None)
    }

    /// The same, in a `const` or `static`.
    #[track_caller]
    pub const fn const_new() -> Notify {
        Self::made(tokio::Notify::const_new(), Location::caller(), None)
    }

    /// The same, with a name for reports.
    #[track_caller]
    pub fn named(name: &'static str) -> Notify {
        Self::made(tokio::Notify::new(), Location::caller(), Some(name))
    }

    /// The same, in a `const` or `static` and with a name for reports.
    #[track_caller]
    pub const fn const_named(name: &'static str) -> Notify {
        Self::made(tokio::Notify::const_new(), Location::caller(), Some(name))
    }

    const fn made(inner: tokio::Notify, at: Place, name: Option<&'static str>) -> Notify {
        Self { resource: Resource::new(Kind::Notify, at, name), inner }
    }

    /// Waits for a notification: for one of `notify_waiters` from now on, for another one from the first poll on.
    #[track_caller]
    pub fn notified(&self) -> Notified<'_> {
        self.resource.access(false);
        Notified { waiting: None, inner: self.inner.notified(), notify: self, at: Location::caller() }
    }

    /// [`notified`](Self::notified), by a future that keeps this.
    #[track_caller]
    pub fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        self.resource.access(false);
        let inner = LentNotified::new(self, |notify| &notify.inner);
        OwnedNotified { waiting: None, inner, at: Location::caller() }
    }

    /// Wakes the one who has waited longest, or the next one who waits.
    pub fn notify_one(&self) {
        self.resource.access(true);
        self.inner.notify_one();
    }

    /// Wakes the one who began to wait last, or the next one who waits.
    pub fn notify_last(&self) {
        self.resource.access(true);
        self.inner.notify_last();
    }

    /// Wakes all who wait.
    pub fn notify_waiters(&self) {
        self.resource.access(true);
        self.inner.notify_waiters();
    }
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Notify {
        Notify::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.resource.access(false);
        self.inner.fmt(f)
    }
}

// tokio says so of its own, whatever it is made of.
impl UnwindSafe for Notify {}
impl RefUnwindSafe for Notify {}

impl Notified<'_> {
    /// Takes its place in the queue without waiting; true if it is notified already.
    pub fn enable(self: Pin<&mut Self>) -> bool {
        let this = self.project();
        this.notify.resource.access(true);
        this.inner.enable()
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        poll(&this.notify.resource, this.waiting, this.at, this.inner, cx)
    }
}

impl fmt::Debug for Notified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl OwnedNotified {
    /// Takes its place in the queue without waiting; true if it is notified already.
    pub fn enable(self: Pin<&mut Self>) -> bool {
        let (inner, notify) = self.project().inner.project_both();
        notify.resource.access(true);
        inner.enable()
    }
}

impl Future for OwnedNotified {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let (inner, notify) = this.inner.project_both();
        poll(&notify.resource, this.waiting, this.at, inner, cx)
    }
}

impl fmt::Debug for OwnedNotified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whether it is owned is the only difference in what tokio prints.
        f.write_str("Owned")?;
        self.inner.fmt(f)
    }
}

fn poll(
    resource: &Resource,
    waiting: &mut Option<Waiting>,
    at: Place,
    mut inner: Pin<&mut tokio::futures::Notified<'_>>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    let one = waiting.get_or_insert_with(|| resource.waiting("notified", at));
    let polled = one.poll(resource, cx, |cx| inner.as_mut().poll(cx));
    if polled.is_ready() {
        *waiting = None;
    }
    polled
}
