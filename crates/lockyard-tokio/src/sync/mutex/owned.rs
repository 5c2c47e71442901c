//! The guards of a mutex that keep it by an `Arc`.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use real::sync as tokio;

use super::Mutex;
use crate::resource::Hold;
use crate::sync::extend::{Exclusive, Lent};

/// A mutex is locked until this is dropped, and is kept that long.
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct OwnedMutexGuard<T: ?Sized> {
    // Dropped first: the next holder must not find the lock free and yet noted as held.
    hold: Hold<'static>,
    lent: Lent<Arc<Mutex<T>>, Exclusive<T>>,
}

/// A mutex is locked until this is dropped, and is kept that long; a part of its value is reached.
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct OwnedMappedMutexGuard<T: ?Sized, U: ?Sized = T> {
    // Dropped first, as above.
    hold: Hold<'static>,
    lent: Lent<Arc<Mutex<T>>, Exclusive<U>>,
    /// tokio's is not `Sync` where `T` is not.
    _of: PhantomData<Box<T>>,
}

impl<T: ?Sized> OwnedMutexGuard<T> {
    pub(super) fn new(hold: Hold<'_>, mutex: &Arc<Mutex<T>>, inner: tokio::MutexGuard<'_, T>) -> Self {
        Self { hold: hold.kept(), lent: Lent::exclusive(mutex, inner) }
    }

    /// A guard that reaches a part of the value.
    pub fn map<U, F>(this: Self, f: F) -> OwnedMappedMutexGuard<T, U>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> &mut U,
    {
        match Self::try_map(this, |value| Some(f(value))) {
            Ok(mapped) => mapped,
            Err(_) => unreachable!("it was found"),
        }
    }

    /// A guard that reaches a part of the value, if `f` finds it.
    pub fn try_map<U, F>(this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, U>, Self>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Self { hold, lent } = this;
        hold.used();
        match lent.try_map(f) {
            Ok(lent) => Ok(OwnedMappedMutexGuard { hold, lent, _of: PhantomData }),
            Err(lent) => Err(Self { hold, lent }),
        }
    }

    /// The mutex.
    pub fn mutex(this: &Self) -> &Arc<Mutex<T>> {
        this.lent.owner()
    }
}

impl<T: ?Sized> Deref for OwnedMutexGuard<T> {
    type Target = T;

    fn deref(&self) -> &Self::Target {
        self.hold.used();
        &self.lent
    }
}

impl<T: ?Sized> DerefMut for OwnedMutexGuard<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.hold.used();
        &mut self.lent
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for OwnedMutexGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for OwnedMutexGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl<T: ?Sized, U: ?Sized> OwnedMappedMutexGuard<T, U> {
    /// A guard that reaches a part of what this one reaches.
    pub fn map<S, F>(this: Self, f: F) -> OwnedMappedMutexGuard<T, S>
    where
        F: FnOnce(&mut U) -> &mut S,
    {
        match Self::try_map(this, |value| Some(f(value))) {
            Ok(mapped) => mapped,
            Err(_) => unreachable!("it was found"),
        }
    }

    /// A guard that reaches a part of what this one reaches, if `f` finds it.
    pub fn try_map<S, F>(this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, S>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut S>,
    {
        let Self { hold, lent, .. } = this;
        hold.used();
        match lent.try_map(f) {
            Ok(lent) => Ok(OwnedMappedMutexGuard { hold, lent, _of: PhantomData }),
            Err(lent) => Err(Self { hold, lent, _of: PhantomData }),
        }
    }
}

impl<T: ?Sized, U: ?Sized> Deref for OwnedMappedMutexGuard<T, U> {
    type Target = U;

    fn deref(&self) -> &Self::Target {
        self.hold.used();
        &self.lent
    }
}

impl<T: ?Sized, U: ?Sized> DerefMut for OwnedMappedMutexGuard<T, U> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.hold.used();
        &mut self.lent
    }
}

impl<T: ?Sized, U: ?Sized + fmt::Debug> fmt::Debug for OwnedMappedMutexGuard<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized, U: ?Sized + fmt::Display> fmt::Display for OwnedMappedMutexGuard<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
