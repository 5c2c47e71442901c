//! The sending side of a channel without a bound.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use real::sync::mpsc as tokio;
use real::sync::mpsc::error::SendError;

use super::channel::Channel;
use crate::resource::Serving;
use crate::sync::event::event;

/// Sends into a channel, of which clones are other senders.
pub struct UnboundedSender<T> {
    inner: tokio::UnboundedSender<T>,
    // Dropped after tokio's: while this sender may still be the one that is waited for, it is noted.
    serving: Serving,
    channel: Arc<Channel>,
}

/// A sender that does not keep its channel open.
pub struct WeakUnboundedSender<T> {
    inner: tokio::WeakUnboundedSender<T>,
    channel: Arc<Channel>,
}

impl<T> UnboundedSender<T> {
    pub(super) fn new(inner: tokio::UnboundedSender<T>, channel: Arc<Channel>) -> Self {
        let serving = channel.messages.serve();
        Self { inner, serving, channel }
    }

    /// tokio's own sender, for where another crate wants it. What is sent by it is not seen.
    pub fn into_inner(self) -> tokio::UnboundedSender<T> {
        self.serving.unseen();
        self.inner
    }

    /// Sends.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.channel.messages.access(true);
        self.serving.used();
        self.inner.send(message)
    }

    /// Waits until the receiver is closed or dropped.
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move { event(&self.channel.closed, "closed", at, self.inner.closed()).await }
    }

    /// Whether the receiver is closed or dropped.
    pub fn is_closed(&self) -> bool {
        self.channel.closed.access(false);
        self.inner.is_closed()
    }

    /// Whether both send into one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// A sender that does not keep the channel open.
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        WeakUnboundedSender { inner: self.inner.downgrade(), channel: Arc::clone(&self.channel) }
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

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), serving: self.serving.clone(), channel: Arc::clone(&self.channel) }
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.printed();
        self.inner.fmt(fmt)
    }
}

impl<T> From<UnboundedSender<T>> for tokio::UnboundedSender<T> {
    fn from(sender: UnboundedSender<T>) -> Self {
        sender.into_inner()
    }
}

impl<T> WeakUnboundedSender<T> {
    /// A sender that keeps the channel open, if it is.
    pub fn upgrade(&self) -> Option<UnboundedSender<T>> {
        self.channel.messages.access(false);
        Some(UnboundedSender::new(self.inner.upgrade()?, Arc::clone(&self.channel)))
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

impl<T> Clone for WeakUnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), channel: Arc::clone(&self.channel) }
    }
}

impl<T> fmt::Debug for WeakUnboundedSender<T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(fmt)
    }
}
