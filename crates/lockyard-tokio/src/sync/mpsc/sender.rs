//! The sending side of a channel with a bound.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use real::sync::mpsc as tokio;
use real::sync::mpsc::error::{SendError, SendTimeoutError, TrySendError};

use super::channel::Channel;
use super::permit::{OwnedPermit, Permit, PermitIterator};
use crate::resource::Serving;
use crate::sync::blocking::may_block;
use crate::sync::event::event;

/// Sends into a channel, of which clones are other senders.
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
    pub(super) fn new(inner: tokio::Sender<T>, channel: Arc<Channel>) -> Self {
        let serving = channel.messages.serve();
        Self::of(inner, serving, channel)
    }

    pub(super) fn of(inner: tokio::Sender<T>, serving: Serving, channel: Arc<Channel>) -> Self {
        Self { inner, serving, channel }
    }

    /// A message was sent, or could not be.
    pub(super) fn sent(&self) {
        self.channel.messages.access(true);
        self.serving.used();
    }

    pub(super) fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }

    pub(super) fn inner(&self) -> &tokio::Sender<T> {
        &self.inner
    }

    /// tokio's own sender, for where another crate wants it. What is sent by it is not seen.
    pub fn into_inner(self) -> tokio::Sender<T> {
        self.serving.unseen();
        self.inner
    }

    /// Waits for room and sends. Cancelled, it loses its place in the queue, and the message is dropped.
    #[track_caller]
    pub fn send(&self, value: T) -> impl Future<Output = Result<(), SendError<T>>> {
        let at = Location::caller();
        async move {
            let send = async {
                let sent = self.inner.send(value).await;
                self.sent();
                sent
            };
            event(&self.channel.room, "send", at, send).await
        }
    }

    /// Waits until the receiver is closed or dropped.
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move { event(&self.channel.closed, "closed", at, self.inner.closed()).await }
    }

    /// Sends if there is room.
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.channel.room.access(true);
        self.sent();
        self.inner.try_send(message)
    }

    /// [`send`](Self::send), which gives the message back when `timeout` is over.
    #[track_caller]
    pub fn send_timeout(
        &self,
        value: T,
        timeout: Duration,
    ) -> impl Future<Output = Result<(), SendTimeoutError<T>>> {
        let at = Location::caller();
        async move {
            let send = async {
                let sent = self.inner.send_timeout(value, timeout).await;
                self.sent();
                sent
            };
            event(&self.channel.room, "send", at, send).await
        }
    }

    /// Blocks the thread until there is room and sends. Panics in an async context.
    #[track_caller]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        may_block();
        let block = || self.inner.blocking_send(value);
        let sent = self.channel.room.block_event("send", Location::caller(), block);
        self.sent();
        sent
    }

    /// Whether the receiver is closed or dropped.
    pub fn is_closed(&self) -> bool {
        self.channel.closed.access(false);
        self.inner.is_closed()
    }

    /// Waits for room, which is kept for one message. Cancelled, it loses its place in the queue.
    #[track_caller]
    pub fn reserve(&self) -> impl Future<Output = Result<Permit<'_, T>, SendError<()>>> {
        let at = Location::caller();
        async move {
            let inner = event(&self.channel.room, "reserve", at, self.inner.reserve()).await?;
            Ok(Permit::new(inner, self))
        }
    }

    /// Waits for room, which is kept for so many messages. Cancelled, it loses its place in the queue.
    #[track_caller]
    pub fn reserve_many(
        &self,
        n: usize,
    ) -> impl Future<Output = Result<PermitIterator<'_, T>, SendError<()>>> {
        let at = Location::caller();
        async move {
            let inner = event(&self.channel.room, "reserve", at, self.inner.reserve_many(n)).await?;
            Ok(PermitIterator::new(inner, self))
        }
    }

    /// [`reserve`](Self::reserve), with a permit that keeps this sender. Cancelled, it drops the sender, too.
    #[track_caller]
    pub fn reserve_owned(self) -> impl Future<Output = Result<OwnedPermit<T>, SendError<()>>> {
        let at = Location::caller();
        async move {
            let Self { inner, serving, channel } = self;
            let permit = event(&channel.room, "reserve", at, inner.reserve_owned()).await?;
            Ok(OwnedPermit::new(permit, serving, channel))
        }
    }

    /// Keeps room for one message if there is any.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        self.channel.room.access(true);
        Ok(Permit::new(self.inner.try_reserve()?, self))
    }

    /// Keeps room for so many messages if there is as much.
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        self.channel.room.access(true);
        Ok(PermitIterator::new(self.inner.try_reserve_many(n)?, self))
    }

    /// [`try_reserve`](Self::try_reserve), with a permit that keeps this sender.
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        let Self { inner, serving, channel } = self;
        channel.room.access(true);
        match inner.try_reserve_owned() {
            Ok(inner) => Ok(OwnedPermit::new(inner, serving, channel)),
            Err(TrySendError::Full(inner)) => Err(TrySendError::Full(Self { inner, serving, channel })),
            Err(TrySendError::Closed(inner)) => Err(TrySendError::Closed(Self { inner, serving, channel })),
        }
    }

    /// Whether both send into one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// For how many messages there is room now.
    pub fn capacity(&self) -> usize {
        self.channel.room.access(false);
        self.inner.capacity()
    }

    /// A sender that does not keep the channel open.
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { inner: self.inner.downgrade(), channel: Arc::clone(&self.channel) }
    }

    /// For how many messages there is room at most.
    pub fn max_capacity(&self) -> usize {
        self.inner.max_capacity()
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
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), serving: self.serving.clone(), channel: Arc::clone(&self.channel) }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.printed();
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
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.channel.messages.access(false);
        Some(Sender::new(self.inner.upgrade()?, Arc::clone(&self.channel)))
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
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), channel: Arc::clone(&self.channel) }
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(fmt)
    }
}
