//! Guards and futures of tokio's that borrow from a part of what an `Arc` keeps, and are kept beside that `Arc`.
//!
//! tokio's owned guards want an `Arc` of tokio's own lock. Ours is a part of a larger struct, of which there is no `Arc`. So
//! an owned guard is a borrowing one without its lifetime, and what it borrows from. This cannot be written without `unsafe`
//! unless each `T` is `'static`, which tokio does not ask for.
#![allow(unsafe_code)]

use std::fmt;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;

use real::sync::futures::Notified;
use real::sync::{MutexGuard, Notify, RwLockReadGuard, RwLockWriteGuard};

/// A guard of tokio's that is kept for what its drop does.
pub(super) trait Release {
    /// Of a guard that writes, one that reads.
    fn downgrade<'a>(self: Box<Self>) -> Box<dyn Release + 'a>
    where
        Self: 'a;
}

impl<T: ?Sized> Release for MutexGuard<'_, T> {
    fn downgrade<'a>(self: Box<Self>) -> Box<dyn Release + 'a>
    where
        Self: 'a,
    {
        self
    }
}

impl<T: ?Sized> Release for RwLockReadGuard<'_, T> {
    fn downgrade<'a>(self: Box<Self>) -> Box<dyn Release + 'a>
    where
        Self: 'a,
    {
        self
    }
}

impl<T: ?Sized> Release for RwLockWriteGuard<'_, T> {
    fn downgrade<'a>(self: Box<Self>) -> Box<dyn Release + 'a>
    where
        Self: 'a,
    {
        Box::new((*self).downgrade())
    }
}

/// A guard whose borrow is as long as its owner keeps the lock.
struct Extended(Box<dyn Release>);

// SAFETY: all that is done with it is to give a lock's permits back, to a semaphore that any thread may use.
unsafe impl Send for Extended {}
// SAFETY: nothing can be done with a reference to it.
unsafe impl Sync for Extended {}

impl Extended {
    /// `guard` must be one of a lock that is a part of `*owner`: each caller has just asked that lock for it. Its lifetime says
    /// so, too, and where its value stands is checked.
    fn new<'a, L: ?Sized, T: ?Sized>(
        owner: &'a Arc<L>,
        value: *const T,
        guard: Box<dyn Release + 'a>,
    ) -> Self {
        let start = Arc::as_ptr(owner).cast::<u8>().addr();
        // A value without a size may stand at the very end.
        let inside = start..=start + size_of_val::<L>(owner);
        assert!(inside.contains(&value.cast::<u8>().addr()), "the guard is not one of its owner's");
        // SAFETY: the guard borrows a lock inside `*owner`. Each of the two `Lent` that are made of this keeps a clone of
        // `owner` and drops it after this, so the lock is neither freed nor moved before; nothing gives `&mut` to what the
        // `Arc` keeps while there is a clone. A `dyn Release` says nothing of the `T` behind it, and its drop, which gives
        // permits back, does not touch that `T`; whoever has a `Lent` has the owner's type, and so outlives `T` no more than that.
        Self(unsafe { mem::transmute::<Box<dyn Release + 'a>, Box<dyn Release>>(guard) })
    }
}

/// A value that is reached alone.
pub(super) struct Exclusive<U: ?Sized>(*mut U);

// SAFETY: it is used as a `&mut U`.
unsafe impl<U: ?Sized + Send> Send for Exclusive<U> {}
// SAFETY: it is used as a `&mut U`. That `U: Send` is asked for by tokio, not by this.
unsafe impl<U: ?Sized + Send + Sync> Sync for Exclusive<U> {}

/// A value that is reached beside other readers.
pub(super) struct Shared<U: ?Sized>(*const U);

// SAFETY: it is used as a `&U`.
unsafe impl<U: ?Sized + Sync> Send for Shared<U> {}
// SAFETY: it is used as a `&U`. That `U: Send` is asked for by tokio, not by this.
unsafe impl<U: ?Sized + Send + Sync> Sync for Shared<U> {}

/// A guard, with what it borrows from.
pub(super) struct Lent<O, P> {
    // Dropped in this order: the lock is let go while it is still there.
    guard: Extended,
    value: P,
    owner: O,
}

impl<O, P> Lent<O, P> {
    pub(super) fn owner(&self) -> &O {
        &self.owner
    }
}

impl<L: ?Sized, U: ?Sized> Lent<Arc<L>, Exclusive<U>> {
    /// `guard` is one of a lock inside `*owner`.
    pub(super) fn exclusive<'a, G>(owner: &'a Arc<L>, mut guard: G) -> Self
    where
        G: DerefMut<Target = U> + Release + 'a,
    {
        let value: *mut U = &raw mut *guard;
        let guard = Extended::new(owner, value, Box::new(guard));
        Self { guard, value: Exclusive(value), owner: Arc::clone(owner) }
    }
}

impl<L: ?Sized, U: ?Sized> Lent<Arc<L>, Shared<U>> {
    /// `guard` is one of a lock inside `*owner`.
    pub(super) fn shared<'a, G>(owner: &'a Arc<L>, guard: G) -> Self
    where
        G: Deref<Target = U> + Release + 'a,
    {
        let value: *const U = &raw const *guard;
        let guard = Extended::new(owner, value, Box::new(guard));
        Self { guard, value: Shared(value), owner: Arc::clone(owner) }
    }
}

impl<O, U: ?Sized> Lent<O, Exclusive<U>> {
    /// Reaches a part of the value, if `f` finds it.
    pub(super) fn try_map<V: ?Sized>(
        mut self,
        f: impl FnOnce(&mut U) -> Option<&mut V>,
    ) -> Result<Lent<O, Exclusive<V>>, Self> {
        let Some(value) = f(&mut self).map(|part| Exclusive(&raw mut *part)) else { return Err(self) };
        Ok(Lent { guard: self.guard, value, owner: self.owner })
    }

    /// Reaches a part of the value beside other readers, if `f` finds it. `found` is called before others may read.
    pub(super) fn try_downgrade<V: ?Sized>(
        self,
        f: impl FnOnce(&U) -> Option<&V>,
        found: impl FnOnce(),
    ) -> Result<Lent<O, Shared<V>>, Self> {
        let Some(value) = f(&self).map(|part| Shared(&raw const *part)) else { return Err(self) };
        found();
        Ok(Lent { guard: Extended(self.guard.0.downgrade()), value, owner: self.owner })
    }
}

impl<O, U: ?Sized> Lent<O, Shared<U>> {
    /// Reaches a part of the value, if `f` finds it.
    pub(super) fn try_map<V: ?Sized>(
        self,
        f: impl FnOnce(&U) -> Option<&V>,
    ) -> Result<Lent<O, Shared<V>>, Self> {
        let Some(value) = f(&self).map(|part| Shared(&raw const *part)) else { return Err(self) };
        Ok(Lent { guard: self.guard, value, owner: self.owner })
    }
}

impl<O, U: ?Sized> Deref for Lent<O, Exclusive<U>> {
    type Target = U;

    fn deref(&self) -> &U {
        // SAFETY: the pointer came from the guard's own `&mut`, or from a part of that; the guard is held and gives no other,
        // and the owner keeps the value. The borrow of `self` keeps this one from any `&mut`.
        unsafe { &*self.value.0 }
    }
}

impl<O, U: ?Sized> DerefMut for Lent<O, Exclusive<U>> {
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: as above; the borrow of `self` is exclusive.
        unsafe { &mut *self.value.0 }
    }
}

impl<O, U: ?Sized> Deref for Lent<O, Shared<U>> {
    type Target = U;

    fn deref(&self) -> &U {
        // SAFETY: the pointer came from the guard's own `&`, or from a part of that; while the guard is held nobody writes, and
        // the owner keeps the value.
        unsafe { &*self.value.0 }
    }
}

pin_project_lite::pin_project! {
    /// A wait for a notification, with what it borrows from.
    pub(super) struct LentNotified<L> {
        // Dropped in this order: the wait ends while its queue is still there.
        #[pin]
        inner: Notified<'static>,
        owner: Arc<L>,
    }
}

impl<L> LentNotified<L> {
    /// Waits for what `of` finds in `*owner`.
    pub(super) fn new(owner: Arc<L>, of: for<'a> fn(&'a L) -> &'a Notify) -> Self {
        let inner = of(&owner).notified();
        // SAFETY: `of` finds something that lives as long as `*owner`, as it must for each lifetime. That is neither freed nor
        // moved before `inner` is dropped, for this struct keeps `owner` and drops it afterwards. It was not polled yet, so
        // nothing points to it.
        let inner = unsafe { mem::transmute::<Notified<'_>, Notified<'static>>(inner) };
        Self { inner, owner }
    }

    /// tokio's own, and what it borrows from. It must not be handed to anybody, being shorter than it says.
    pub(super) fn project_both(self: Pin<&mut Self>) -> (Pin<&mut Notified<'static>>, &L) {
        let this = self.project();
        (this.inner, this.owner)
    }
}

impl<L> fmt::Debug for LentNotified<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
