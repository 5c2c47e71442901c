//! A FIFO read-write lock that yields, and hands itself over: who leaves lets in the waiters that are next, and wakes them.
//!
//! Its steps are a trait, each with the right way to do it, so that a wrong lock is one that does one of them
//! otherwise. The queue with hand-over is that of Mellor-Crummey and Scott, "Scalable Reader-Writer Synchronization
//! for Shared-Memory Multiprocessors" (1991), under a mutex instead of their atomics.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use lockyard_lock::sync::Mutex;
use lockyard_lock::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock, TryFamily};

use super::value::{ReadGuard, Value, WriteGuard};

/// One that waits.
pub struct Waiter {
    /// Unlike every other of its lock.
    pub ticket: u64,
    pub write: bool,
    pub waker: Waker,
}

/// Who is inside, and who waits.
#[derive(Default)]
pub struct QueueState {
    pub readers: usize,
    pub writing: bool,
    /// In the order of asking.
    pub queue: VecDeque<Waiter>,
    /// Who was let in and has not looked since. They count as inside.
    pub granted: Vec<u64>,
    last_ticket: u64,
}

impl QueueState {
    /// Whether those inside leave room for one more.
    pub fn has_room(&self, write: bool) -> bool {
        !self.writing && (!write || self.readers == 0)
    }

    /// Takes a waiter off the list of those who were let in; whether it stood there.
    pub fn take_grant(&mut self, ticket: u64) -> bool {
        let before = self.granted.len();
        self.granted.retain(|granted| *granted != ticket);
        self.granted.len() < before
    }
}

/// What the lock does at each of its steps. Those who are to be woken are returned, and woken outside of the mutex.
pub trait Steps: Send + Sync + 'static {
    const NAME: &'static str;
    const POLICY: Policy = Policy::FifoFair;

    /// Whether one that comes may enter at once: not past others that wait.
    fn admits(state: &QueueState, write: bool) -> bool {
        state.queue.is_empty() && state.has_room(write)
    }

    /// Lets one in.
    fn enter(state: &mut QueueState, write: bool) {
        if write {
            state.writing = true;
        } else {
            state.readers += 1;
        }
    }

    /// Takes a place in the queue.
    fn wait(state: &mut QueueState, waiter: Waiter) {
        state.queue.push_back(waiter);
    }

    /// One that was inside leaves.
    fn leave(state: &mut QueueState, write: bool) -> Vec<Waker> {
        if write {
            state.writing = false;
        } else {
            state.readers -= 1;
        }
        Self::hand_over(state)
    }

    /// Lets in those who are next, as long as there is room for them.
    fn hand_over(state: &mut QueueState) -> Vec<Waker> {
        let mut woken = Vec::new();
        while state.queue.front().is_some_and(|next| state.has_room(next.write)) {
            let Some(next) = state.queue.pop_front() else { break };
            Self::enter(state, next.write);
            state.granted.push(next.ticket);
            woken.push(next.waker);
        }
        woken
    }

    /// A waiter is cancelled. It may have been let in meanwhile; else those behind it may have waited for it alone.
    fn cancel(state: &mut QueueState, ticket: u64, write: bool) -> Vec<Waker> {
        if state.take_grant(ticket) {
            return Self::leave(state, write);
        }
        state.queue.retain(|waiter| waiter.ticket != ticket);
        Self::hand_over(state)
    }
}

/// The family of locks with these steps.
pub struct Queued<S>(PhantomData<fn() -> S>);

impl<S: Steps> LockFamily for Queued<S> {
    const NAME: &'static str = S::NAME;
    const POLICY: Policy = S::POLICY;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = QueueLock<T, S>;
}

impl<S: Steps> AwaitFamily for Queued<S> {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}

impl<S: Steps> TryFamily for Queued<S> {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>> {
        Some(lock.value.writer(lock.try_enter(true)?))
    }
}

/// A lock around a value.
pub struct QueueLock<T, S> {
    state: Mutex<QueueState>,
    value: Value<T>,
    steps: PhantomData<fn() -> S>,
}

impl<T, S: Steps> QueueLock<T, S> {
    fn try_enter(&self, write: bool) -> Option<Access<'_, S>> {
        let mut state = self.state.lock();
        if !S::admits(&state, write) {
            return None;
        }
        S::enter(&mut state, write);
        Some(Access { state: &self.state, write, steps: PhantomData })
    }

    fn acquire(&self, write: bool) -> Acquire<'_, S> {
        Acquire { state: &self.state, write, ticket: None, steps: PhantomData }
    }
}

/// One inside.
pub struct Access<'a, S: Steps> {
    state: &'a Mutex<QueueState>,
    write: bool,
    steps: PhantomData<fn() -> S>,
}

impl<S: Steps> Drop for Access<'_, S> {
    fn drop(&mut self) {
        let woken = S::leave(&mut self.state.lock(), self.write);
        woken.into_iter().for_each(Waker::wake);
    }
}

/// One that asks.
struct Acquire<'a, S: Steps> {
    state: &'a Mutex<QueueState>,
    write: bool,
    /// Its place in the queue, once it has one.
    ticket: Option<u64>,
    steps: PhantomData<fn() -> S>,
}

impl<'a, S: Steps> Future for Acquire<'a, S> {
    type Output = Access<'a, S>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Access<'a, S>> {
        let (lock, write) = (self.state, self.write);
        let mut state = lock.lock();
        let entered = match self.ticket {
            Some(ticket) => state.take_grant(ticket),
            None => S::admits(&state, write),
        };
        if entered {
            if self.ticket.take().is_none() {
                S::enter(&mut state, write);
            }
            return Poll::Ready(Access { state: lock, write, steps: PhantomData });
        }
        let Some(ticket) = self.ticket else {
            state.last_ticket += 1;
            self.ticket = Some(state.last_ticket);
            let waiter = Waiter { ticket: state.last_ticket, write, waker: context.waker().clone() };
            S::wait(&mut state, waiter);
            return Poll::Pending;
        };
        // It may be polled by another task than before.
        if let Some(waiter) = state.queue.iter_mut().find(|waiter| waiter.ticket == ticket) {
            waiter.waker.clone_from(context.waker());
        }
        Poll::Pending
    }
}

impl<S: Steps> Drop for Acquire<'_, S> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let woken = S::cancel(&mut self.state.lock(), ticket, self.write);
        woken.into_iter().for_each(Waker::wake);
    }
}

impl<T: Clone + Send + Sync + 'static, S: Steps> SharedLock<T> for QueueLock<T, S> {
    type Read<'a> = ReadGuard<T, Access<'a, S>>;
    type Write<'a> = WriteGuard<'a, T, Access<'a, S>>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self { state: Mutex::new(QueueState::default()), value: Value::new(value), steps: PhantomData }
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        Some(self.value.reader(self.try_enter(false)?))
    }

    async fn read(&self) -> Self::Read<'_> {
        self.value.reader(self.acquire(false).await)
    }

    async fn write(&self) -> Self::Write<'_> {
        self.value.writer(self.acquire(true).await)
    }
}
