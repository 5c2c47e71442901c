//! The sending side of a broadcast.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use real::sync::broadcast as tokio;
use real::sync::broadcast::error::SendError;

use super::channel::Channel;
use super::receiver::Receiver;
use crate::resource::Serving;
use crate::sync::event::event;

/// Sends to all receivers. Clones are other senders.
pub struct Sender<T> {
    inner: tokio::Sender<T>,
    // Dropped after tokio's: while this sender may still be the one that is waited for, it is noted.
    serving: Serving,
    channel: Arc<Channel>,
}

/// A sender that does not keep its channel open.
pub struct WeakSender<T> {
    inner: tokio::WeakSender<T>,
    channel: Arc<Channel>,
}

impl<T> Sender<T> {
    /// A channel that has no receiver yet. Panics if it is to keep no message, or too many.
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        Self::of(tokio::Sender::new(capacity), Channel::new(Location::caller(), None))
    }

    pub(super) fn of(inner: tokio::Sender<T>, channel: Arc<Channel>) -> Self {
        let serving = channel.messages.serve();
        Self { inner, serving, channel }
    }

    /// tokio's own sender, for where another crate wants it. What is sent by it is not seen.
    pub fn into_inner(self) -> tokio::Sender<T> {
        self.serving.unseen();
        self.inner
    }

    /// Sends to all receivers and returns how many there are, or gives the message back if there is none.
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        self.channel.messages.access(true);
        self.serving.used();
        self.inner.send(value)
    }

    /// A receiver of what is sent from now on.
    pub fn subscribe(&self) -> Receiver<T> {
        self.channel.messages.access(true);
        Receiver::new(self.inner.subscribe(), Arc::clone(&self.channel))
    }

    /// A sender that does not keep the channel open.
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { inner: self.inner.downgrade(), channel: Arc::clone(&self.channel) }
    }

    /// How many messages are kept.
    pub fn len(&self) -> usize {
        self.channel.messages.access(false);
        self.inner.len()
    }

    /// Whether no message is kept.
    pub fn is_empty(&self) -> bool {
        self.channel.messages.access(false);
        self.inner.is_empty()
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.channel.closed.access(false);
        self.inner.receiver_count()
    }

    /// Whether both send into one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Waits until there is no receiver.
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move { event(&self.channel.closed, "closed", at, self.inner.closed()).await }
    }

    /// How many senders keep the channel open.
    pub fn strong_count(&self) -> usize {
        self.channel.messages.access(false);
        self.inner.strong_count()
    }

    /// How many senders do not keep the channel open.
    pub fn weak_count(&self) -> usize {
        self.channel.messages.access(false);
        self.inner.weak_count()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Sender<T> {
        Self { inner: self.inner.clone(), serving: self.serving.clone(), channel: Arc::clone(&self.channel) }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(fmt)
    }
}

impl<T> From<Sender<T>> for tokio::Sender<T> {
    fn from(sender: Sender<T>) -> Self {
        sender.into_inner()
    }
}

impl<T> WeakSender<T> {
    /// A sender that keeps the channel open, if it is.
    #[must_use]
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.channel.messages.access(false);
        Some(Sender::of(self.inner.upgrade()?, Arc::clone(&self.channel)))
    }

    /// How many senders keep the channel open.
    pub fn strong_count(&self) -> usize {
        self.channel.messages.access(false);
        self.inner.strong_count()
    }

    /// How many senders do not keep the channel open.
    pub fn weak_count(&self) -> usize {
        self.channel.messages.access(false);
        self.inner.weak_count()
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> WeakSender<T> {
        Self { inner: self.inner.clone(), channel: Arc::clone(&self.channel) }
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(fmt)
    }
}
