//! A lock that is none: every writer works on a copy of its own and publishes it at the end.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lockyard_explore::Shared;
use lockyard_lock::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock};

/// The family of locks that do not exclude.
#[derive(Debug)]
pub struct Torn;

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

/// A value that is copied and replaced, each in one step.
pub struct TornLock<T> {
    value: Mutex<T>,
    shared: Shared,
}

impl<T: Clone> TornLock<T> {
    fn value(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn copy(&self) -> T {
        self.shared.touch(false);
        self.value().clone()
    }
}

/// A copy; what a writer has made of it replaces the original when the guard ends.
pub struct Copied<'a, T: Clone> {
    value: T,
    home: Option<&'a TornLock<T>>,
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
            home.shared.touch(true);
            home.value().clone_from(&self.value);
        }
    }
}

impl<T: Clone + Send + Sync + 'static> SharedLock<T> for TornLock<T> {
    type Read<'a> = Copied<'a, T>;
    type Write<'a> = Copied<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self { value: Mutex::new(value), shared: Shared::default() }
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        Some(Copied { value: self.copy(), home: None })
    }

    async fn read(&self) -> Self::Read<'_> {
        self.shared.step("copies what no lock guards", false).await;
        Copied { value: self.copy(), home: None }
    }

    async fn write(&self) -> Self::Write<'_> {
        self.shared.step("copies what no lock guards", false).await;
        let value = self.copy();
        self.shared.step("works on its copy", false).await;
        Copied { value, home: Some(self) }
    }
}
