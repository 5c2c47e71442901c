//! A lock that is none: every writer works on a copy of its own and publishes it at the end.
//!
//! The properties must fail over it; one that holds here would hold anywhere and proves nothing.

use std::ops::{Deref, DerefMut};
use std::sync::Mutex;

use lockyard::lock::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock};

use super::stage;

/// The family of locks that do not exclude.
pub struct Torn;

/// A value without a lock.
pub struct TornLock<T>(Mutex<T>);

/// A copy; what a writer has made of it replaces the original when the guard ends.
pub struct Copied<'a, T: Clone> {
    value: T,
    home: Option<&'a Mutex<T>>,
}

impl LockFamily for Torn {
    const NAME: &'static str = "torn";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = TornLock<T>;
}

impl AwaitFamily for Torn {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &TornLock<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}

impl<T: Clone + Send + Sync + 'static> SharedLock<T> for TornLock<T> {
    type Read<'a> = Copied<'a, T>;
    type Write<'a> = Copied<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self(Mutex::new(value))
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        Some(Copied { value: self.0.lock().unwrap().clone(), home: None })
    }

    async fn read(&self) -> Self::Read<'_> {
        stage::point().await;
        Copied { value: self.0.lock().unwrap().clone(), home: None }
    }

    async fn write(&self) -> Self::Write<'_> {
        let value = self.0.lock().unwrap().clone();
        stage::point().await;
        Copied { value, home: Some(&self.0) }
    }
}

impl<T: Clone> Deref for Copied<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Clone> DerefMut for Copied<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Clone> Drop for Copied<'_, T> {
    fn drop(&mut self) {
        if let Some(home) = self.home {
            *home.lock().unwrap() = self.value.clone();
        }
    }
}
