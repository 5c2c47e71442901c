//! The receiving side of a broadcast.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use real::sync::broadcast as tokio;
use real::sync::broadcast::error::{RecvError, TryRecvError};

use super::channel::Channel;
use crate::resource::Serving;
use crate::sync::event::event;

/// Receives every message that is sent while it is there, unless it is too far behind.
pub struct Receiver<T> {
    inner: tokio::Receiver<T>,
    // Dropped after tokio's: while this receiver may still be the one that is waited for, it is noted.
    serving: Serving,
    channel: Arc<Channel>,
}

impl<T> Receiver<T> {
    pub(super) fn new(inner: tokio::Receiver<T>, channel: Arc<Channel>) -> Self {
        let serving = channel.closed.serve();
        Self { inner, serving, channel }
    }

    /// tokio's own receiver, for where another crate wants it. What is received by it is not seen.
    pub fn into_inner(self) -> tokio::Receiver<T> {
        self.serving.unseen();
        self.inner
    }

    /// How many messages this receiver is behind.
    pub fn len(&self) -> usize {
        self.channel.messages.access(false);
        self.inner.len()
    }

    /// Whether this receiver has received all.
    pub fn is_empty(&self) -> bool {
        self.channel.messages.access(false);
        self.inner.is_empty()
    }

    /// Whether both are of one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// How many senders keep the channel open.
    pub fn sender_strong_count(&self) -> usize {
        self.channel.messages.access(false);
        self.inner.sender_strong_count()
    }

    /// How many senders do not keep the channel open.
    pub fn sender_weak_count(&self) -> usize {
        self.channel.messages.access(false);
        self.inner.sender_weak_count()
    }

    /// Whether there is no sender any more.
    pub fn is_closed(&self) -> bool {
        self.channel.messages.access(false);
        self.inner.is_closed()
    }
}

impl<T: Clone> Receiver<T> {
    /// Another receiver, of what is sent from now on.
    #[must_use]
    pub fn resubscribe(&self) -> Self {
        self.channel.messages.access(true);
        Self::new(self.inner.resubscribe(), Arc::clone(&self.channel))
    }

    /// Waits for the next message; an error if messages were lost or there is no sender any more. Cancelled, it loses none.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Result<T, RecvError>> {
        let at = Location::caller();
        async move { event(&self.channel.messages, "recv", at, self.inner.recv()).await }
    }

    /// Receives the next message if it is there.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.channel.messages.access(true);
        self.inner.try_recv()
    }

    /// Blocks the thread until there is a message. Panics in an async context.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        let block = || self.inner.blocking_recv();
        self.channel.messages.block_event("recv", Location::caller(), block)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(fmt)
    }
}

impl<T> From<Receiver<T>> for tokio::Receiver<T> {
    fn from(receiver: Receiver<T>) -> Self {
        receiver.into_inner()
    }
}
