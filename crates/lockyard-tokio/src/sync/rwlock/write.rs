//! The guards that write and borrow from their lock.

use std::fmt;
use std::ops;

use real::sync as tokio;

use super::read::RwLockReadGuard;
use crate::resource::Hold;

/// A lock is held alone until this is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    // Dropped first: the next holder must not find the lock free and yet noted as held.
    hold: Hold<'a>,
    inner: tokio::RwLockWriteGuard<'a, T>,
}

/// A lock is held alone until this is dropped, and a part of its value is reached.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockMappedWriteGuard<'a, T: ?Sized> {
    // Dropped first, as above.
    hold: Hold<'a>,
    inner: tokio::RwLockMappedWriteGuard<'a, T>,
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    pub(super) fn new(hold: Hold<'a>, inner: tokio::RwLockWriteGuard<'a, T>) -> Self {
        Self { hold, inner }
    }

    /// A guard that reaches a part of the value.
    pub fn map<F, U: ?Sized>(this: Self, f: F) -> RwLockMappedWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        RwLockMappedWriteGuard { hold: this.hold, inner: tokio::RwLockWriteGuard::map(this.inner, f) }
    }

    /// A guard that reads a part of the value; nobody writes in between.
    pub fn downgrade_map<F, U: ?Sized>(this: Self, f: F) -> RwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        let Self { mut hold, inner } = this;
        // Noted after `f`, which may panic, and before others may read.
        let inner = tokio::RwLockWriteGuard::downgrade_map(inner, |value| {
            let part = f(value);
            hold.downgrade();
            part
        });
        RwLockReadGuard::new(hold, inner)
    }

    /// A guard that reaches a part of the value, if `f` finds it.
    pub fn try_map<F, U: ?Sized>(this: Self, f: F) -> Result<RwLockMappedWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Self { hold, inner } = this;
        match tokio::RwLockWriteGuard::try_map(inner, f) {
            Ok(inner) => Ok(RwLockMappedWriteGuard { hold, inner }),
            Err(inner) => Err(Self { hold, inner }),
        }
    }

    /// A guard that reads a part of the value, if `f` finds it; nobody writes in between.
    pub fn try_downgrade_map<F, U: ?Sized>(this: Self, f: F) -> Result<RwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        let Self { mut hold, inner } = this;
        let downgraded = tokio::RwLockWriteGuard::try_downgrade_map(inner, |value| {
            let part = f(value)?;
            hold.downgrade();
            Some(part)
        });
        match downgraded {
            Ok(inner) => Ok(RwLockReadGuard::new(hold, inner)),
            Err(inner) => Err(Self { hold, inner }),
        }
    }

    /// The type of a guard that reaches a part of the value, for the whole value.
    pub fn into_mapped(this: Self) -> RwLockMappedWriteGuard<'a, T> {
        RwLockMappedWriteGuard { hold: this.hold, inner: tokio::RwLockWriteGuard::into_mapped(this.inner) }
    }

    /// A guard that reads; nobody writes in between.
    pub fn downgrade(self) -> RwLockReadGuard<'a, T> {
        let Self { mut hold, inner } = self;
        hold.downgrade();
        RwLockReadGuard::new(hold, inner.downgrade())
    }
}

impl<T: ?Sized> ops::Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> ops::DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: ?Sized> fmt::Debug for RwLockWriteGuard<'_, T>
where
    T: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized> fmt::Display for RwLockWriteGuard<'_, T>
where
    T: fmt::Display,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<'a, T: ?Sized> RwLockMappedWriteGuard<'a, T> {
    /// A guard that reaches a part of what this one reaches.
    pub fn map<F, U: ?Sized>(this: Self, f: F) -> RwLockMappedWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        RwLockMappedWriteGuard { hold: this.hold, inner: tokio::RwLockMappedWriteGuard::map(this.inner, f) }
    }

    /// A guard that reaches a part of what this one reaches, if `f` finds it.
    pub fn try_map<F, U: ?Sized>(this: Self, f: F) -> Result<RwLockMappedWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Self { hold, inner } = this;
        match tokio::RwLockMappedWriteGuard::try_map(inner, f) {
            Ok(inner) => Ok(RwLockMappedWriteGuard { hold, inner }),
            Err(inner) => Err(Self { hold, inner }),
        }
    }
}

impl<T: ?Sized> ops::Deref for RwLockMappedWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> ops::DerefMut for RwLockMappedWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: ?Sized> fmt::Debug for RwLockMappedWriteGuard<'_, T>
where
    T: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized> fmt::Display for RwLockMappedWriteGuard<'_, T>
where
    T: fmt::Display,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
