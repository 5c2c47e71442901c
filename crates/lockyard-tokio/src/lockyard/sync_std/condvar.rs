//! The standard library's condition variable, which unlocks and locks a mutex of ours. What is waited for by it is not seen.

use std::sync::{LockResult, PoisonError, WaitTimeoutResult};
use std::time::Duration;

use super::{MutexGuard, map};

/// [`std::sync::Condvar`]: a thread waits until another one has changed something.
#[derive(Debug, Default)]
pub struct Condvar(std::sync::Condvar);

/// In an explored run there is no thread that could notify.
fn may_wait() {
    #[cfg(feature = "explore")]
    if crate::explored::is_on() {
        crate::explored::refuse("a condition variable, which blocks its thread,", "await a `Notify`");
    }
}

impl Condvar {
    /// For which nobody waits.
    pub const fn new() -> Self {
        Self(std::sync::Condvar::new())
    }

    /// Unlocks the mutex, blocks the thread until it is notified, or for no reason, and locks the mutex again.
    ///
    /// # Errors
    /// With the guard, if the mutex is poisoned then.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        may_wait();
        let (result, locked) = guard.unlocked(|inner| self.0.wait(inner));
        map(result, locked)
    }

    /// The same, as long as `condition` holds.
    ///
    /// # Errors
    /// With the guard, if the mutex is poisoned then.
    pub fn wait_while<'a, T, F>(
        &self,
        guard: MutexGuard<'a, T>,
        condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        may_wait();
        let (result, locked) = guard.unlocked(|inner| self.0.wait_while(inner, condition));
        map(result, locked)
    }

    /// [`wait`](Self::wait), for so long at most.
    ///
    /// # Errors
    /// With the guard, if the mutex is poisoned then.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        may_wait();
        let (result, locked) = guard.unlocked(|inner| self.0.wait_timeout(inner, dur));
        limited(result, locked)
    }

    /// [`wait_while`](Self::wait_while), for so long at most.
    ///
    /// # Errors
    /// With the guard, if the mutex is poisoned then.
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
        condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        may_wait();
        let (result, locked) = guard.unlocked(|inner| self.0.wait_timeout_while(inner, dur, condition));
        limited(result, locked)
    }

    /// Wakes one who waits.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all who wait.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

fn limited<G, H>(
    result: LockResult<(G, WaitTimeoutResult)>,
    guard: impl FnOnce(G) -> H,
) -> LockResult<(H, WaitTimeoutResult)> {
    match result {
        Ok((inner, limit)) => Ok((guard(inner), limit)),
        Err(error) => {
            let (inner, limit) = error.into_inner();
            Err(PoisonError::new((guard(inner), limit)))
        }
    }
}
