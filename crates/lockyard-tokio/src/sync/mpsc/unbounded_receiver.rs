//! The receiving side of a channel without a bound.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll};

use real::sync::mpsc as tokio;
use real::sync::mpsc::error::TryRecvError;

use super::channel::Channel;
use crate::resource::{Place, Serving, Waiting};
use crate::sync::blocking::may_block;
use crate::sync::event::event;

/// Receives what is sent into a channel.
pub struct UnboundedReceiver<T> {
    // Dropped first: one who is gone must not be noted as waiting.
    waiting: Option<Waiting>,
    inner: tokio::UnboundedReceiver<T>,
    // Dropped after tokio's: while this receiver may still be the one that is waited for, it is noted.
    serving: [Serving; 2],
    channel: Arc<Channel>,
}

impl<T> UnboundedReceiver<T> {
    pub(super) fn new(inner: tokio::UnboundedReceiver<T>, channel: Arc<Channel>) -> Self {
        let serving = channel.served_by_receiver();
        Self { waiting: None, inner, serving, channel }
    }

    /// tokio's own receiver, for where another crate wants it. What is received by it is not seen.
    pub fn into_inner(self) -> tokio::UnboundedReceiver<T> {
        self.serving.into_iter().for_each(Serving::unseen);
        self.inner
    }

    /// Waits for a message; `None` if there is no sender any more and all was received. Cancelled, it loses no message.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
        let at = Location::caller();
        async move {
            self.waiting = None;
            let receive = async {
                let received = self.inner.recv().await;
                self.channel.received(&self.serving);
                received
            };
            event(&self.channel.messages, "recv", at, receive).await
        }
    }

    /// Waits for messages and appends at most so many to `buffer`. Cancelled, it loses no message.
    #[track_caller]
    pub fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> impl Future<Output = usize> {
        let at = Location::caller();
        async move {
            self.waiting = None;
            let receive = async {
                let received = self.inner.recv_many(buffer, limit).await;
                self.channel.received(&self.serving);
                received
            };
            event(&self.channel.messages, "recv", at, receive).await
        }
    }

    /// Receives a message that is there.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.channel.messages.access(true);
        self.channel.received(&self.serving);
        // What a poll before this one waited for has come.
        self.inner.try_recv().inspect(|_| self.waiting = None)
    }

    /// Blocks the thread until there is a message. Panics in an async context.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Option<T> {
        may_block();
        self.waiting = None;
        let block = || self.inner.blocking_recv();
        let received = self.channel.messages.block_event("recv", Location::caller(), block);
        self.channel.received(&self.serving);
        received
    }

    /// Blocks the thread until there are messages, and appends at most so many. Panics in an async context.
    #[track_caller]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        may_block();
        self.waiting = None;
        let block = || self.inner.blocking_recv_many(buffer, limit);
        let received = self.channel.messages.block_event("recv", Location::caller(), block);
        self.channel.received(&self.serving);
        received
    }

    /// Takes no more messages, but for those that are there or for which room is kept.
    pub fn close(&mut self) {
        self.channel.close();
        self.inner.close();
    }

    /// Whether it is closed, or no sender is left.
    pub fn is_closed(&self) -> bool {
        self.channel.messages.access(false);
        self.inner.is_closed()
    }

    /// Whether no message is there.
    pub fn is_empty(&self) -> bool {
        self.channel.messages.access(false);
        self.inner.is_empty()
    }

    /// How many messages are there.
    pub fn len(&self) -> usize {
        self.channel.messages.access(false);
        self.inner.len()
    }

    /// [`recv`](Self::recv), for whoever polls by hand. Only the last task that polled is woken.
    #[track_caller]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.polled(Location::caller(), cx, tokio::UnboundedReceiver::poll_recv)
    }

    /// [`recv_many`](Self::recv_many), for whoever polls by hand. Only the last task that polled is woken.
    #[track_caller]
    pub fn poll_recv_many(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<T>, limit: usize) -> Poll<usize> {
        self.polled(Location::caller(), cx, |inner, cx| inner.poll_recv_many(cx, buffer, limit))
    }

    fn polled<R>(
        &mut self,
        at: Place,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut tokio::UnboundedReceiver<T>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let Self { waiting, inner, serving, channel } = self;
        let one = waiting.get_or_insert_with(|| channel.messages.waiting("recv", at));
        let polled = one.poll(&channel.messages, cx, |cx| {
            let polled = poll(inner, cx);
            if polled.is_ready() {
                channel.received(serving);
            }
            polled
        });
        if polled.is_ready() {
            *waiting = None;
        }
        polled
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
}

impl<T> fmt::Debug for UnboundedReceiver<T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.printed();
        self.inner.fmt(fmt)
    }
}

impl<T> From<UnboundedReceiver<T>> for tokio::UnboundedReceiver<T> {
    fn from(receiver: UnboundedReceiver<T>) -> Self {
        receiver.into_inner()
    }
}
