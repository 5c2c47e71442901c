//! The guard that reads and keeps its lock by an `Arc`.

use std::fmt;
use std::ops;
use std::sync::Arc;

use real::sync as tokio;

use super::RwLock;
use crate::resource::Hold;
use crate::sync::extend::{Lent, Shared};

/// A lock is read until this is dropped, and is kept that long.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockReadGuard<T: ?Sized, U: ?Sized = T> {
    // Dropped first: the next holder must not find the lock free and yet noted as held.
    hold: Hold<'static>,
    lent: Lent<Arc<RwLock<T>>, Shared<U>>,
}

impl<T: ?Sized> OwnedRwLockReadGuard<T> {
    pub(super) fn new(hold: Hold<'_>, lock: &Arc<RwLock<T>>, inner: tokio::RwLockReadGuard<'_, T>) -> Self {
        Self { hold: hold.kept(), lent: Lent::shared(lock, inner) }
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockReadGuard<T, U> {
    pub(super) fn of(hold: Hold<'static>, lent: Lent<Arc<RwLock<T>>, Shared<U>>) -> Self {
        Self { hold, lent }
    }

    /// A guard that reaches a part of the value.
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> OwnedRwLockReadGuard<T, V>
    where
        F: FnOnce(&U) -> &V,
    {
        match Self::try_map(this, |value| Some(f(value))) {
            Ok(mapped) => mapped,
            Err(_) => unreachable!("it was found"),
        }
    }

    /// A guard that reaches a part of the value, if `f` finds it.
    pub fn try_map<F, V: ?Sized>(this: Self, f: F) -> Result<OwnedRwLockReadGuard<T, V>, Self>
    where
        F: FnOnce(&U) -> Option<&V>,
    {
        let Self { hold, lent } = this;
        hold.used();
        match lent.try_map(f) {
            Ok(lent) => Ok(OwnedRwLockReadGuard { hold, lent }),
            Err(lent) => Err(Self { hold, lent }),
        }
    }

    /// The lock.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.lent.owner()
    }
}

impl<T: ?Sized, U: ?Sized> ops::Deref for OwnedRwLockReadGuard<T, U> {
    type Target = U;

    fn deref(&self) -> &U {
        self.hold.used();
        &self.lent
    }
}

impl<T: ?Sized, U: ?Sized> fmt::Debug for OwnedRwLockReadGuard<T, U>
where
    U: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized, U: ?Sized> fmt::Display for OwnedRwLockReadGuard<T, U>
where
    U: fmt::Display,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
