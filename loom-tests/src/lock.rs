//! A read-write lock that loom can see: one loom mutex around the holders and the waiters.
//!
//! The value stands beside it and is handed over by moving it, so that a mistake in here panics. It is unfair: every
//! waiter is woken by every release and tries again, which is the most that any lock behind the trait allows.

use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex as Cell};
use std::task::{Context, Poll, Waker};

use lockyard::lock::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock, TryFamily};
use loom::sync::Mutex;

/// The family of locks that loom can see.
pub struct LoomRwLock;

impl LockFamily for LoomRwLock {
    const NAME: &'static str = "loom-rwlock";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = Lock<T>;
}

impl AwaitFamily for LoomRwLock {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &Lock<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}

impl TryFamily for LoomRwLock {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(lock: &Lock<T>) -> Option<Write<'_, T>> {
        let entered = lock.state.lock().unwrap().enter(true);
        entered.then(|| lock.writer(Access { state: &lock.state, write: true }))
    }
}

/// A lock around a value.
pub struct Lock<T> {
    state: Mutex<LockState>,
    /// Shared with the readers inside; gone while a writer has it. Never contended, so loom need not see it.
    value: Cell<Option<Arc<T>>>,
}

#[derive(Default)]
struct LockState {
    readers: usize,
    writing: bool,
    waiting: Vec<Waker>,
}

impl LockState {
    fn enter(&mut self, write: bool) -> bool {
        if self.writing || (write && self.readers > 0) {
            return false;
        }
        if write {
            self.writing = true;
        } else {
            self.readers += 1;
        }
        true
    }
}

/// An access inside the lock.
struct Access<'a> {
    state: &'a Mutex<LockState>,
    write: bool,
}

impl Access<'_> {
    async fn gain(state: &Mutex<LockState>, write: bool) -> Access<'_> {
        poll_fn(|context: &mut Context<'_>| {
            let mut inside = state.lock().unwrap();
            if inside.enter(write) {
                return Poll::Ready(());
            }
            inside.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
        Access { state, write }
    }
}

impl Drop for Access<'_> {
    fn drop(&mut self) {
        // A failing execution is being torn down: loom must not be asked for a step any more.
        if std::thread::panicking() {
            return;
        }
        let waiting = {
            let mut state = self.state.lock().unwrap();
            if self.write {
                state.writing = false;
            } else {
                state.readers -= 1;
            }
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// A reader inside.
pub struct Read<'a, T> {
    value: Arc<T>,
    _access: Access<'a>,
}

/// A writer inside. It has the value with it, and brings it back before it leaves.
pub struct Write<'a, T> {
    value: Option<T>,
    home: &'a Cell<Option<Arc<T>>>,
    _access: Access<'a>,
}

impl<T> Deref for Read<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Deref for Write<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("only the end takes it")
    }
}

impl<T> DerefMut for Write<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("only the end takes it")
    }
}

impl<T> Drop for Write<'_, T> {
    fn drop(&mut self) {
        if let Ok(mut home) = self.home.lock() {
            *home = self.value.take().map(Arc::new);
        }
    }
}

impl<T> Lock<T> {
    fn reader<'a>(&'a self, access: Access<'a>) -> Read<'a, T> {
        let value = self.value.lock().unwrap().clone().expect("a reader got in beside a writer");
        Read { value, _access: access }
    }

    fn writer<'a>(&'a self, access: Access<'a>) -> Write<'a, T> {
        let value = self.value.lock().unwrap().take().and_then(Arc::into_inner);
        assert!(value.is_some(), "a writer got in beside another holder");
        Write { value, home: &self.value, _access: access }
    }
}

impl<T: Send + Sync + 'static> SharedLock<T> for Lock<T> {
    type Read<'a> = Read<'a, T>;
    type Write<'a> = Write<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self { state: Mutex::default(), value: Cell::new(Some(Arc::new(value))) }
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        let entered = self.state.lock().unwrap().enter(false);
        entered.then(|| self.reader(Access { state: &self.state, write: false }))
    }

    async fn read(&self) -> Self::Read<'_> {
        self.reader(Access::gain(&self.state, false).await)
    }

    async fn write(&self) -> Self::Write<'_> {
        self.writer(Access::gain(&self.state, true).await)
    }
}
