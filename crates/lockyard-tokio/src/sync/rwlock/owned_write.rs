//! The guards that write and keep their lock by an `Arc`.

use std::fmt;
use std::marker::PhantomData;
use std::ops;
use std::sync::Arc;

use real::sync as tokio;

use super::RwLock;
use super::owned_read::OwnedRwLockReadGuard;
use crate::resource::Hold;
use crate::sync::extend::{Exclusive, Lent};

/// A lock is held alone until this is dropped, and is kept that long.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockWriteGuard<T: ?Sized> {
    // Dropped first: the next holder must not find the lock free and yet noted as held.
    hold: Hold<'static>,
    lent: Lent<Arc<RwLock<T>>, Exclusive<T>>,
}

/// A lock is held alone until this is dropped, and is kept that long; a part of its value is reached.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockMappedWriteGuard<T: ?Sized, U: ?Sized = T> {
    // Dropped first, as above.
    hold: Hold<'static>,
    lent: Lent<Arc<RwLock<T>>, Exclusive<U>>,
    /// tokio's is neither `Send` nor `Sync` unless `U` is both.
    _of: PhantomData<Arc<U>>,
}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    pub(super) fn new(hold: Hold<'_>, lock: &Arc<RwLock<T>>, inner: tokio::RwLockWriteGuard<'_, T>) -> Self {
        Self { hold: hold.kept(), lent: Lent::exclusive(lock, inner) }
    }

    /// A guard that reaches a part of the value.
    pub fn map<F, U: ?Sized>(this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        OwnedRwLockMappedWriteGuard::map(Self::into_mapped(this), f)
    }

    /// A guard that reads a part of the value; nobody writes in between.
    pub fn downgrade_map<F, U: ?Sized>(this: Self, f: F) -> OwnedRwLockReadGuard<T, U>
    where
        F: FnOnce(&T) -> &U,
    {
        match Self::try_downgrade_map(this, |value| Some(f(value))) {
            Ok(guard) => guard,
            Err(_) => unreachable!("it was found"),
        }
    }

    /// A guard that reaches a part of the value, if `f` finds it.
    pub fn try_map<F, U: ?Sized>(this: Self, f: F) -> Result<OwnedRwLockMappedWriteGuard<T, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Self { hold, lent } = this;
        hold.used();
        match lent.try_map(f) {
            Ok(lent) => Ok(OwnedRwLockMappedWriteGuard { hold, lent, _of: PhantomData }),
            Err(lent) => Err(Self { hold, lent }),
        }
    }

    /// A guard that reads a part of the value, if `f` finds it; nobody writes in between.
    pub fn try_downgrade_map<F, U: ?Sized>(this: Self, f: F) -> Result<OwnedRwLockReadGuard<T, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        let Self { mut hold, lent } = this;
        hold.used();
        match lent.try_downgrade(f, || hold.downgrade()) {
            Ok(lent) => Ok(OwnedRwLockReadGuard::of(hold, lent)),
            Err(lent) => Err(Self { hold, lent }),
        }
    }

    /// The type of a guard that reaches a part of the value, for the whole value.
    pub fn into_mapped(this: Self) -> OwnedRwLockMappedWriteGuard<T> {
        OwnedRwLockMappedWriteGuard { hold: this.hold, lent: this.lent, _of: PhantomData }
    }

    /// A guard that reads; nobody writes in between.
    pub fn downgrade(self) -> OwnedRwLockReadGuard<T> {
        Self::downgrade_map(self, |value| value)
    }

    /// The lock.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.lent.owner()
    }
}

impl<T: ?Sized> ops::Deref for OwnedRwLockWriteGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.hold.used();
        &self.lent
    }
}

impl<T: ?Sized> ops::DerefMut for OwnedRwLockWriteGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.hold.used();
        &mut self.lent
    }
}

impl<T: ?Sized> fmt::Debug for OwnedRwLockWriteGuard<T>
where
    T: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized> fmt::Display for OwnedRwLockWriteGuard<T>
where
    T: fmt::Display,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockMappedWriteGuard<T, U> {
    /// A guard that reaches a part of what this one reaches.
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, V>
    where
        F: FnOnce(&mut U) -> &mut V,
    {
        match Self::try_map(this, |value| Some(f(value))) {
            Ok(mapped) => mapped,
            Err(_) => unreachable!("it was found"),
        }
    }

    /// A guard that reaches a part of what this one reaches, if `f` finds it.
    pub fn try_map<F, V: ?Sized>(this: Self, f: F) -> Result<OwnedRwLockMappedWriteGuard<T, V>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut V>,
    {
        let Self { hold, lent, .. } = this;
        hold.used();
        match lent.try_map(f) {
            Ok(lent) => Ok(OwnedRwLockMappedWriteGuard { hold, lent, _of: PhantomData }),
            Err(lent) => Err(Self { hold, lent, _of: PhantomData }),
        }
    }

    /// The lock.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.lent.owner()
    }
}

impl<T: ?Sized, U: ?Sized> ops::Deref for OwnedRwLockMappedWriteGuard<T, U> {
    type Target = U;

    fn deref(&self) -> &U {
        self.hold.used();
        &self.lent
    }
}

impl<T: ?Sized, U: ?Sized> ops::DerefMut for OwnedRwLockMappedWriteGuard<T, U> {
    fn deref_mut(&mut self) -> &mut U {
        self.hold.used();
        &mut self.lent
    }
}

impl<T: ?Sized, U: ?Sized> fmt::Debug for OwnedRwLockMappedWriteGuard<T, U>
where
    U: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized, U: ?Sized> fmt::Display for OwnedRwLockMappedWriteGuard<T, U>
where
    U: fmt::Display,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
