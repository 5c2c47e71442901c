//! The value of a lock and the guards around it, for locks that only know who is inside.
//!
//! A writer works on a copy and puts it back before it leaves. So a lock that lets in two at once loses changes, as a
//! real one would, and no `unsafe` is needed. Nothing here excludes: that is the locks' part.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A value that is copied and replaced.
pub struct Value<T>(Mutex<Arc<T>>);

impl<T> Value<T> {
    pub fn new(value: T) -> Self {
        Self(Mutex::new(Arc::new(value)))
    }

    // Held for one line at a time, so that no caller waits for it.
    fn current(&self) -> MutexGuard<'_, Arc<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For one that has got in; `access` ends after the guard has.
    pub fn reader<A>(&self, access: A) -> ReadGuard<T, A> {
        ReadGuard { value: self.current().clone(), _access: access }
    }

    /// The same to write.
    pub fn writer<A>(&self, access: A) -> WriteGuard<'_, T, A> {
        WriteGuard { value: self.current().clone(), home: self, _access: access }
    }
}

/// A reader inside.
#[must_use = "the lock is let go when it is dropped"]
pub struct ReadGuard<T, A> {
    value: Arc<T>,
    _access: A,
}

/// A writer inside.
#[must_use = "the lock is let go when it is dropped"]
pub struct WriteGuard<'a, T, A> {
    value: Arc<T>,
    home: &'a Value<T>,
    // After `drop` has put the value back: fields end last.
    _access: A,
}

impl<T, A> Deref for ReadGuard<T, A> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T, A> Deref for WriteGuard<'_, T, A> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Clone, A> DerefMut for WriteGuard<'_, T, A> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.value)
    }
}

impl<T, A> Drop for WriteGuard<'_, T, A> {
    fn drop(&mut self) {
        *self.home.current() = self.value.clone();
    }
}
