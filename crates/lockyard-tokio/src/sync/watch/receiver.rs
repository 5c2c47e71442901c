//! The side of a watched value that watches.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use real::sync::watch as tokio;
use real::sync::watch::error;

use super::channel::Channel;
use super::value::Ref;
use crate::resource::Serving;
use crate::sync::event::event;

/// Watches a value. Clones are other receivers, which have seen what this one has.
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

    /// tokio's own receiver, for where another crate wants it. What it waits for is not seen.
    pub fn into_inner(self) -> tokio::Receiver<T> {
        self.serving.unseen();
        self.inner
    }

    /// Looks at the value, which then does not count as seen.
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        Ref::new(self.inner.borrow(), &self.channel.value, Location::caller())
    }

    /// Looks at the value, which then counts as seen.
    #[track_caller]
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        self.channel.changes.access(false);
        Ref::new(self.inner.borrow_and_update(), &self.channel.value, Location::caller())
    }

    /// Whether the value has not been seen; an error if it was and there is no sender any more.
    pub fn has_changed(&self) -> Result<bool, error::RecvError> {
        self.channel.changes.access(false);
        self.inner.has_changed()
    }

    /// Whether there is no sender any more.
    pub fn is_closed(&self) -> bool {
        self.channel.changes.access(false);
        self.inner.is_closed()
    }

    /// The value counts as not seen.
    pub fn mark_changed(&mut self) {
        self.inner.mark_changed();
    }

    /// The value counts as seen.
    pub fn mark_unchanged(&mut self) {
        self.channel.changes.access(false);
        self.inner.mark_unchanged();
    }

    /// Waits for a value that was not seen, which then counts as seen. Cancelled, it misses none.
    #[track_caller]
    pub fn changed(&mut self) -> impl Future<Output = Result<(), error::RecvError>> {
        let at = Location::caller();
        async move { event(&self.channel.changes, "changed", at, self.inner.changed()).await }
    }

    /// Waits for a value of which `f` is true, and looks at it. Cancelled, the last one that `f` saw counts as seen.
    #[track_caller]
    pub fn wait_for(
        &mut self,
        f: impl FnMut(&T) -> bool,
    ) -> impl Future<Output = Result<Ref<'_, T>, error::RecvError>> {
        let at = Location::caller();
        async move {
            let inner = event(&self.channel.changes, "wait_for", at, self.inner.wait_for(f)).await?;
            Ok(Ref::new(inner, &self.channel.value, at))
        }
    }

    /// Whether both watch one value.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), serving: self.serving.clone(), channel: Arc::clone(&self.channel) }
    }
}

impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.value.access(false);
        self.channel.changes.access(false);
        self.inner.fmt(f)
    }
}

impl<T> From<Receiver<T>> for tokio::Receiver<T> {
    fn from(receiver: Receiver<T>) -> Self {
        receiver.into_inner()
    }
}
