//! A mutex that yields and promises no order: a flag, and a list of those who wait for it to be cleared. An unlock
//! wakes one of them, which tries again as any other would.
//!
//! The wake-up is like a permit: a waiter that got it and does not use it has to pass it on, or others sleep beside a
//! free lock. Its steps are a trait, so that a wrong lock is one that does one of them otherwise. It is the mutex of
//! Drepper, "Futexes Are Tricky" (2011), with tasks for threads.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::ops::DerefMut;
use std::pin::Pin;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::task::{Context, Poll, Waker};

use lockyard_lock::sync::{AtomicBool, Mutex};
use lockyard_lock::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock, TryFamily};

use super::value::{Value, WriteGuard};

/// Those that wait, each with a number unlike every other's.
#[derive(Default)]
struct Sleepers {
    list: VecDeque<(u64, Waker)>,
    last_number: u64,
}

/// Whether there is a holder, and who waits.
pub struct Flag {
    locked: AtomicBool,
    waiting: Mutex<Sleepers>,
}

impl Flag {
    /// Takes the lock if it is free; whether it did.
    fn take(&self) -> bool {
        // Acquires what the last holder has released. Where it is taken, nothing is read behind it.
        self.locked.compare_exchange(false, true, Acquire, Relaxed).is_ok()
    }

    /// Takes a waiter off the list; whether it was there, and so not woken yet.
    pub fn forget(&self, number: u64) -> bool {
        let mut waiting = self.waiting.lock();
        let before = waiting.list.len();
        waiting.list.retain(|(other, _)| *other != number);
        waiting.list.len() < before
    }

    /// Wakes the one that waits longest.
    pub fn wake_one(&self) {
        let next = self.waiting.lock().list.pop_front();
        if let Some((_, waker)) = next {
            waker.wake();
        }
    }
}

/// What the lock does at each of its steps.
pub trait Steps: Send + Sync + 'static {
    const NAME: &'static str;

    /// The holder leaves.
    fn leave(flag: &Flag) {
        // Before the look at the list: see `Asking::poll`.
        flag.locked.store(false, Release);
        flag.wake_one();
    }

    /// A waiter is cancelled. If it was woken, it was woken instead of another.
    fn cancel(flag: &Flag, number: u64) {
        if !flag.forget(number) {
            flag.wake_one();
        }
    }
}

/// The family of mutexes with these steps.
pub struct Barging<S>(PhantomData<fn() -> S>);

impl<S: Steps> LockFamily for Barging<S> {
    const NAME: &'static str = S::NAME;
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = false;
    type Lock<T: Clone + Send + Sync + 'static> = BargingLock<T, S>;
}

impl<S: Steps> AwaitFamily for Barging<S> {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}

impl<S: Steps> TryFamily for Barging<S> {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>> {
        lock.try_read()
    }
}

/// A lock around a value.
pub struct BargingLock<T, S> {
    flag: Flag,
    value: Value<T>,
    steps: PhantomData<fn() -> S>,
}

/// The one inside.
pub struct Access<'a, S: Steps>(&'a Flag, PhantomData<fn() -> S>);

impl<S: Steps> Drop for Access<'_, S> {
    fn drop(&mut self) {
        S::leave(self.0);
    }
}

/// One that asks.
struct Asking<'a, S: Steps> {
    flag: &'a Flag,
    /// What it is called in the list, once it is or was there.
    number: Option<u64>,
    steps: PhantomData<fn() -> S>,
}

impl<'a, S: Steps> Future for Asking<'a, S> {
    type Output = Access<'a, S>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Access<'a, S>> {
        let flag = self.flag;
        if self.number.is_none() && flag.take() {
            return Poll::Ready(Access(flag, PhantomData));
        }
        // From here on under the mutex of the list, which a holder that leaves takes after it has cleared the flag.
        // If it took it before this, the flag is seen as cleared; else it finds this one in the list.
        let mut waiting = flag.waiting.lock();
        let number = self.number.unwrap_or(waiting.last_number + 1);
        if flag.take() {
            waiting.list.retain(|(other, _)| *other != number);
            self.number = None;
            return Poll::Ready(Access(flag, PhantomData));
        }
        if self.number.is_none() {
            waiting.last_number = number;
            self.number = Some(number);
        }
        match waiting.list.iter_mut().find(|(other, _)| *other == number) {
            Some((_, waker)) => waker.clone_from(context.waker()),
            None => waiting.list.push_back((number, context.waker().clone())),
        }
        Poll::Pending
    }
}

impl<S: Steps> Drop for Asking<'_, S> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            S::cancel(self.flag, number);
        }
    }
}

impl<T, S: Steps> BargingLock<T, S> {
    async fn lock(&self) -> WriteGuard<'_, T, Access<'_, S>> {
        let access = Asking { flag: &self.flag, number: None, steps: PhantomData }.await;
        self.value.writer(access)
    }
}

impl<T: Clone + Send + Sync + 'static, S: Steps> SharedLock<T> for BargingLock<T, S> {
    type Read<'a> = WriteGuard<'a, T, Access<'a, S>>;
    type Write<'a> = WriteGuard<'a, T, Access<'a, S>>;

    fn new(_: &'static LockClass, value: T) -> Self {
        let flag = Flag { locked: AtomicBool::new(false), waiting: Mutex::default() };
        Self { flag, value: Value::new(value), steps: PhantomData }
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.flag.take().then(|| self.value.writer(Access(&self.flag, PhantomData)))
    }

    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send {
        self.lock()
    }

    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send {
        self.lock()
    }
}
