//! A value that is set once, and waits for it, which are reported.

use std::fmt;
use std::panic::Location;

use real::sync as tokio;
use real::sync::SetOnceError;

use super::event::event;
use crate::resource::{Kind, Resource};

/// tokio's [`SetOnce`](real::sync::SetOnce).
pub struct SetOnce<T> {
    resource: Resource,
    inner: tokio::SetOnce<T>,
}

impl<T> SetOnce<T> {
    /// Nothing is set.
    #[track_caller]
    pub fn new() -> Self {
        Self::made(tokio::SetOnce::new(), None)
    }

    /// The same, in a `const` or `static`.
    #[track_caller]
    pub const fn const_new() -> Self {
        Self::made(tokio::SetOnce::const_new(), None)
    }

    /// The value, if there is one, is set already.
    #[track_caller]
    pub fn new_with(value: Option<T>) -> Self {
        Self::made(tokio::SetOnce::new_with(value), None)
    }

    /// The value is set already, in a `const` or `static`.
    #[track_caller]
    pub const fn const_new_with(value: T) -> Self {
        Self::made(tokio::SetOnce::const_new_with(value), None)
    }

    /// Nothing is set; in a `const` or `static`, or elsewhere, with a name for reports.
    #[track_caller]
    pub const fn const_named(name: &'static str) -> Self {
        Self::made(tokio::SetOnce::const_new(), Some(name))
    }

    #[track_caller]
    const fn made(inner: tokio::SetOnce<T>, name: Option<&'static str>) -> Self {
        Self { resource: Resource::new(Kind::SetOnce, Location::caller(), name), inner }
    }

    /// Whether a value is set.
    pub fn initialized(&self) -> bool {
        self.resource.access(false);
        self.inner.initialized()
    }

    /// The value, if it is set.
    pub fn get(&self) -> Option<&T> {
        self.resource.access(false);
        self.inner.get()
    }

    /// Sets the value, or gives it back if one is set already.
    pub fn set(&self, value: T) -> Result<(), SetOnceError<T>> {
        self.resource.access(true);
        self.inner.set(value)
    }

    /// The value, if it is set.
    pub fn into_inner(self) -> Option<T> {
        self.inner.into_inner()
    }

    /// Waits until a value is set. Cancelled, it loses nothing.
    #[track_caller]
    pub fn wait(&self) -> impl Future<Output = &T> {
        let at = Location::caller();
        async move { event(&self.resource, "wait", at, self.inner.wait()).await }
    }
}

impl<T> Default for SetOnce<T> {
    #[track_caller]
    fn default() -> SetOnce<T> {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for SetOnce<T> {
    fn fmt(&self, fmt: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.resource.access(false);
        self.inner.fmt(fmt)
    }
}

impl<T: Clone> Clone for SetOnce<T> {
    #[track_caller]
    fn clone(&self) -> SetOnce<T> {
        self.resource.access(false);
        Self::made(self.inner.clone(), None)
    }
}

impl<T: PartialEq> PartialEq for SetOnce<T> {
    fn eq(&self, other: &SetOnce<T>) -> bool {
        self.resource.access(false);
        other.resource.access(false);
        self.inner == other.inner
    }
}

impl<T: Eq> Eq for SetOnce<T> {}

impl<T> From<T> for SetOnce<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::made(tokio::SetOnce::from(value), None)
    }
}
