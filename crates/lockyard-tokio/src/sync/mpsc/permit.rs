//! Room in a channel that is kept for messages yet to be sent.

use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;

use real::sync::mpsc as tokio;

use super::channel::Channel;
use super::sender::Sender;
use crate::resource::Serving;

/// Room for one message, given back when this is dropped.
#[must_use]
pub struct Permit<'a, T> {
    inner: tokio::Permit<'a, T>,
    // Dropped after tokio's: whoever waits for room may wait for this one.
    _room: Serving,
    sender: &'a Sender<T>,
}

/// Room for several messages, given back when this is dropped.
#[must_use]
pub struct PermitIterator<'a, T> {
    inner: tokio::PermitIterator<'a, T>,
    // Dropped after tokio's, as above.
    room: Serving,
    sender: &'a Sender<T>,
}

/// Room for one message, given back when this is dropped, and a sender.
#[must_use]
pub struct OwnedPermit<T> {
    inner: tokio::OwnedPermit<T>,
    // Dropped after tokio's: whoever waits for room or for a message may wait for this one.
    room: Serving,
    serving: Serving,
    channel: Arc<Channel>,
}

impl<'a, T> Permit<'a, T> {
    pub(super) fn new(inner: tokio::Permit<'a, T>, sender: &'a Sender<T>) -> Self {
        Self { inner, _room: sender.channel().room.serve(), sender }
    }
}

impl<T> Permit<'_, T> {
    /// Sends without waiting.
    pub fn send(self, value: T) {
        self.sender.sent();
        self.inner.send(value);
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(fmt)
    }
}

impl<'a, T> PermitIterator<'a, T> {
    pub(super) fn new(inner: tokio::PermitIterator<'a, T>, sender: &'a Sender<T>) -> Self {
        Self { inner, room: sender.channel().room.serve(), sender }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(Permit { inner: self.inner.next()?, _room: self.room.clone(), sender: self.sender })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(fmt)
    }
}

impl<T> OwnedPermit<T> {
    pub(super) fn new(inner: tokio::OwnedPermit<T>, serving: Serving, channel: Arc<Channel>) -> Self {
        Self { inner, room: channel.room.serve(), serving, channel }
    }

    /// Sends without waiting, and gives the sender back.
    pub fn send(self, value: T) -> Sender<T> {
        let Self { inner, room, serving, channel } = self;
        let sender = Sender::of(inner.send(value), serving, channel);
        sender.sent();
        drop(room);
        sender
    }

    /// Gives the room back without sending, and the sender.
    pub fn release(self) -> Sender<T> {
        let Self { inner, room, serving, channel } = self;
        channel.room.access(true);
        let sender = Sender::of(inner.release(), serving, channel);
        drop(room);
        sender
    }

    /// Whether both are of one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Whether it is of the channel into which `sender` sends.
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.inner.same_channel_as_sender(sender.inner())
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(fmt)
    }
}
