//! A lock of one's own in the whole program: kept to its contract, measured beside the built-in ones, tracked, tried in every
//! order, and on the page.
//!
//! ```sh
//! cargo test --test own_lock_contract
//! cargo run --release --example own_lock -- compare --strategy tokio-mutex --strategy yielding-rwlock --quick
//! cargo run --release --example own_lock -- load --strategy yielding-rwlock --track --duration 2s
//! cargo run --release --example own_lock -- verify --quick
//! ```

use std::future::poll_fn;
use std::ops::DerefMut;
use std::task::Poll;

use lockyard::lock::{AwaitFamily, LockClass, LockFamily, LockOf, Policy, SharedLock, TryFamily};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Tries, and lets other tasks run between two attempts. So it blocks no thread, keeps no queue, and promises no order.
pub struct YieldingRwLock;

impl LockFamily for YieldingRwLock {
    const NAME: &'static str = "yielding-rwlock";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = Yielding<T>;
}

impl TryFamily for YieldingRwLock {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &LockOf<Self, T>,
    ) -> Option<RwLockWriteGuard<'_, T>> {
        lock.0.try_write().ok()
    }
}

/// Its guards may be kept over awaits: so it is tried in every order itself, as well.
impl AwaitFamily for YieldingRwLock {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &LockOf<Self, T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}

/// The lock around one value.
pub struct Yielding<T>(RwLock<T>);

impl<T: Send + Sync + 'static> SharedLock<T> for Yielding<T> {
    type Read<'a> = RwLockReadGuard<'a, T>;
    type Write<'a> = RwLockWriteGuard<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self(RwLock::new(value))
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.0.try_read().ok()
    }

    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send {
        tried(|| self.0.try_read().ok())
    }

    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send {
        tried(|| self.0.try_write().ok())
    }
}

/// Tries until it succeeds, once a poll. Dropped, it leaves nothing: it was in no queue.
fn tried<G>(attempt: impl Fn() -> Option<G> + Send) -> impl Future<Output = G> + Send {
    poll_fn(move |context| {
        attempt().map_or_else(
            || {
                // Polled again once the other tasks have had their turn.
                context.waker().wake_by_ref();
                Poll::Pending
            },
            Poll::Ready,
        )
    })
}

lockyard::main!(locks = [YieldingRwLock]);

#[cfg(test)]
lockyard::lock::lock_contract!(mod contract: YieldingRwLock: await, try);
