//! A watched value while it is looked at.

use std::fmt;
use std::ops;

use real::sync::watch as tokio;

use crate::resource::{Hold, Mode, Place, Resource};

/// A look at the value. While it lasts, no sender can change the value, and blocks its thread in trying.
pub struct Ref<'a, T> {
    // Dropped first: the next one must not find the value free and yet noted as held.
    _hold: Hold<'a>,
    inner: tokio::Ref<'a, T>,
}

impl<'a, T> Ref<'a, T> {
    pub(super) fn new(inner: tokio::Ref<'a, T>, value: &'a Resource, at: Place) -> Self {
        Self { _hold: value.acquired(Mode::Read, false, at), inner }
    }

    /// Whether the value had not been seen by this receiver before.
    pub fn has_changed(&self) -> bool {
        self.inner.has_changed()
    }
}

impl<T> ops::Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
