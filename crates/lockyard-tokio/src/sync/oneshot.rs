//! A channel for one message, whose waits are reported.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use real::sync::oneshot as tokio;
pub use real::sync::oneshot::error;
use real::sync::oneshot::error::{RecvError, TryRecvError};

use crate::resource::{Kind, Place, Resource, Serving, Waiting};
use crate::sync::blocking::may_block;
use crate::sync::event::event;

/// What is waited for at a channel.
struct Channel {
    made: Place,
    /// Or that the sender is gone.
    message: Resource,
    /// That the receiver is closed.
    closed: Resource,
}

/// Sends one message.
pub struct Sender<T> {
    // Dropped first: one who is gone must not be noted as waiting.
    waiting: Option<Waiting>,
    inner: tokio::Sender<T>,
    // Dropped after tokio's: while this sender may still be the one that is waited for, it is noted.
    serving: Serving,
    channel: Arc<Channel>,
}

/// A wait for the message of a [`Sender`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Receiver<T> {
    // Dropped first, as above.
    waiting: Option<Waiting>,
    inner: tokio::Receiver<T>,
    // Dropped after tokio's, as above.
    serving: Serving,
    channel: Arc<Channel>,
}

/// A channel for one message.
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    made(Location::caller(), None)
}

/// The same, with a name for reports.
#[track_caller]
pub fn channel_named<T>(name: &'static str) -> (Sender<T>, Receiver<T>) {
    made(Location::caller(), Some(name))
}

fn made<T>(at: Place, name: Option<&'static str>) -> (Sender<T>, Receiver<T>) {
    let channel = Arc::new(Channel {
        made: at,
        message: Resource::new(Kind::Oneshot, at, name),
        closed: Resource::new(Kind::OneshotClosed, at, name),
    });
    let (sender, receiver) = tokio::channel();
    let sender =
        Sender { waiting: None, inner: sender, serving: channel.message.serve(), channel: channel.clone() };
    (sender, Receiver { waiting: None, inner: receiver, serving: channel.closed.serve(), channel })
}

impl<T> Sender<T> {
    /// tokio's own sender, for where another crate wants it. What is sent by it is not seen.
    pub fn into_inner(self) -> tokio::Sender<T> {
        self.serving.unseen();
        self.inner
    }

    /// Sends, or gives the message back if nobody receives it.
    pub fn send(self, t: T) -> Result<(), T> {
        self.channel.message.access(true);
        self.serving.used();
        self.inner.send(t)
    }

    /// Waits until the receiver is closed or dropped.
    #[track_caller]
    pub fn closed(&mut self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            self.waiting = None;
            event(&self.channel.closed, "closed", at, self.inner.closed()).await;
        }
    }

    /// Whether the receiver is closed or dropped.
    pub fn is_closed(&self) -> bool {
        self.channel.closed.access(false);
        self.inner.is_closed()
    }

    /// [`closed`](Self::closed), for whoever polls by hand.
    #[track_caller]
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let at = Location::caller();
        let Self { waiting, inner, channel, .. } = self;
        let one = waiting.get_or_insert_with(|| channel.closed.waiting("closed", at));
        let polled = one.poll(&channel.closed, cx, |cx| inner.poll_closed(cx));
        if polled.is_ready() {
            *waiting = None;
        }
        polled
    }
}

impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.message.access(false);
        self.channel.closed.access(false);
        self.inner.fmt(f)
    }
}

impl<T> From<Sender<T>> for tokio::Sender<T> {
    fn from(sender: Sender<T>) -> Self {
        sender.into_inner()
    }
}

impl<T> Receiver<T> {
    /// tokio's own receiver, for where another crate wants it. What is received by it is not seen.
    pub fn into_inner(self) -> tokio::Receiver<T> {
        self.serving.unseen();
        self.inner
    }

    /// Takes no message any more, but for one that is there.
    pub fn close(&mut self) {
        self.channel.message.access(true);
        self.channel.closed.access(true);
        self.serving.used();
        self.inner.close();
    }

    /// Whether the message or the end was received.
    pub fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }

    /// Whether no message is there.
    pub fn is_empty(&self) -> bool {
        self.channel.message.access(false);
        self.inner.is_empty()
    }

    /// Receives the message if it is there.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.channel.message.access(true);
        // What a poll before this one waited for has come.
        self.inner.try_recv().inspect(|_| self.waiting = None)
    }

    /// Blocks the thread until the message is there. Panics in an async context.
    #[track_caller]
    pub fn blocking_recv(self) -> Result<T, RecvError> {
        may_block();
        let Self { inner, channel, waiting, serving: _serving } = self;
        drop(waiting);
        channel.message.block_event("recv", Location::caller(), || inner.blocking_recv())
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    // Of an `.await`, the caller is the place where it stands.
    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let at = Location::caller();
        let Self { waiting, inner, channel, .. } = self.get_mut();
        // Of a `&mut`, it is a place in the standard library, and where the channel was made says more.
        let at = if at.file().contains("library/core/src") { channel.made } else { at };
        let one = waiting.get_or_insert_with(|| channel.message.waiting("recv", at));
        let polled = one.poll(&channel.message, cx, |cx| Pin::new(&mut *inner).poll(cx));
        if polled.is_ready() {
            *waiting = None;
        }
        polled
    }
}

impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.message.access(false);
        self.channel.closed.access(false);
        self.inner.fmt(f)
    }
}

impl<T> From<Receiver<T>> for tokio::Receiver<T> {
    fn from(receiver: Receiver<T>) -> Self {
        receiver.into_inner()
    }
}
