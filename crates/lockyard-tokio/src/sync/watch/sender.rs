//! The side of a watched value that sets it.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use real::sync::watch as tokio;
use real::sync::watch::error;

use super::channel::Channel;
use super::receiver::Receiver;
use super::value::Ref;
use crate::resource::Serving;
use crate::sync::event::event;

/// Sets a value that others watch. Clones are other senders.
pub struct Sender<T> {
    inner: tokio::Sender<T>,
    // Dropped after tokio's: while this sender may still be the one that is waited for, it is noted.
    serving: Serving,
    channel: Arc<Channel>,
}

impl<T> Sender<T> {
    /// A value that nobody watches yet.
    #[track_caller]
    pub fn new(init: T) -> Self {
        Self::of(tokio::Sender::new(init), Channel::new(Location::caller(), None))
    }

    pub(super) fn of(inner: tokio::Sender<T>, channel: Arc<Channel>) -> Self {
        let serving = channel.changes.serve();
        Self { inner, serving, channel }
    }

    /// tokio's own sender, for where another crate wants it. What is sent by it is not seen.
    pub fn into_inner(self) -> tokio::Sender<T> {
        self.serving.unseen();
        self.inner
    }

    /// The value is changed, or looked at in order to.
    fn changes(&self) {
        self.channel.value.access(true);
        self.channel.changes.access(true);
        self.serving.used();
    }

    /// Sets the value, or gives it back if nobody watches.
    pub fn send(&self, value: T) -> Result<(), error::SendError<T>> {
        self.changes();
        self.inner.send(value)
    }

    /// Changes the value in place and tells all who watch, if there are any.
    pub fn send_modify<F>(&self, modify: F)
    where
        F: FnOnce(&mut T),
    {
        self.changes();
        self.inner.send_modify(modify);
    }

    /// Changes the value in place, and tells all who watch if `modify` returns true.
    pub fn send_if_modified<F>(&self, modify: F) -> bool
    where
        F: FnOnce(&mut T) -> bool,
    {
        self.changes();
        self.inner.send_if_modified(modify)
    }

    /// Sets the value, and returns the one before, whether anybody watches or not.
    pub fn send_replace(&self, value: T) -> T {
        self.changes();
        self.inner.send_replace(value)
    }

    /// Looks at the value.
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        Ref::new(self.inner.borrow(), &self.channel.value, Location::caller())
    }

    /// Whether nobody watches.
    pub fn is_closed(&self) -> bool {
        self.channel.closed.access(false);
        self.inner.is_closed()
    }

    /// Waits until nobody watches.
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move { event(&self.channel.closed, "closed", at, self.inner.closed()).await }
    }

    /// A receiver that has seen the value that is there.
    pub fn subscribe(&self) -> Receiver<T> {
        self.channel.closed.access(true);
        Receiver::new(self.inner.subscribe(), Arc::clone(&self.channel))
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.channel.closed.access(false);
        self.inner.receiver_count()
    }

    /// How many senders there are.
    pub fn sender_count(&self) -> usize {
        self.channel.changes.access(false);
        self.inner.sender_count()
    }

    /// Whether both set one value.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), serving: self.serving.clone(), channel: Arc::clone(&self.channel) }
    }
}

impl<T: Default> Default for Sender<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.value.access(false);
        self.channel.changes.access(false);
        self.inner.fmt(f)
    }
}

impl<T> From<Sender<T>> for tokio::Sender<T> {
    fn from(sender: Sender<T>) -> Self {
        sender.into_inner()
    }
}
