//! The mutex: loom's around nothing, and the value beside it.
//!
//! The two are apart so that a thread which panics can let go of the value, for those whose ends need it, without asking
//! loom for a step.

use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;
use std::thread::panicking;

use super::fault::{self, Fault};

/// `parking_lot`'s mutex, as loom sees it.
#[derive(Debug)]
pub struct Mutex<T> {
    turn: loom::sync::Mutex<()>,
    /// `None` while there is a guard.
    value: std::sync::Mutex<Option<T>>,
}

/// Inside.
#[must_use = "the lock is let go when it is dropped"]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    value: Option<T>,
    turn: Option<loom::sync::MutexGuard<'a, ()>>,
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Mutex<T> {
    /// Around this value.
    pub fn new(value: T) -> Self {
        Self { turn: loom::sync::Mutex::new(()), value: std::sync::Mutex::new(Some(value)) }
    }

    /// Waits to be alone with the value.
    ///
    /// # Panics
    /// When there is another guard, which a mutex is to prevent.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        if panicking() {
            return self.inside(None);
        }
        // The turn before the value: the value's own mutex is not seen by loom and must never be waited for.
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // Given back at once where nothing excludes.
        self.inside(Some(turn).filter(|_| !fault::is(Fault::NoExclusion)))
    }

    /// A guard, if there is no other.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        if panicking() {
            return None;
        }
        Some(self.inside(Some(self.turn.try_lock().ok()?)))
    }

    /// The value; the caller has the only reference to the mutex.
    ///
    /// # Panics
    /// When a guard has been forgotten.
    pub fn get_mut(&mut self) -> &mut T {
        let value = self.value.get_mut().unwrap_or_else(PoisonError::into_inner);
        value.as_mut().expect("every guard has put the value back")
    }

    fn inside<'a>(&'a self, turn: Option<loom::sync::MutexGuard<'a, ()>>) -> MutexGuard<'a, T> {
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner).take();
        assert!(value.is_some(), "two are inside of one mutex");
        MutexGuard { mutex: self, value, turn }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("only the end takes it")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("only the end takes it")
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if fault::is(Fault::NoExclusion) && !panicking() {
            // Another caller may get in before this one is out.
            drop(self.mutex.turn.lock());
        }
        // The value before the turn: `turn` is a field and ends after this body. In the other order the next one
        // would find nothing inside and report that two are.
        *self.mutex.value.lock().unwrap_or_else(PoisonError::into_inner) = self.value.take();
        if panicking() {
            // Its release would be a step, and loom must not be asked for one while the execution is torn down.
            std::mem::forget(self.turn.take());
        }
    }
}
