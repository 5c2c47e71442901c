//! Toy locks: an unfair and a first-come-first-served read-write lock, each acquisition a scheduling point.
//!
//! Holders and waiters stand on the [`stage`], so that the executor can report them when no task can resume. The value is
//! kept apart and handed over by moving it, so that a toy lock which let two in at once would panic, not race.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use lockyard::lock::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock};

use super::stage;

/// Which waiter is next.
pub trait Order: Send + Sync + 'static {
    const NAME: &'static str;
    const POLICY: Policy;
}

/// The task that is polled first when the lock is free.
pub struct Unfair;

impl Order for Unfair {
    const NAME: &'static str = "toy-unfair";
    const POLICY: Policy = Policy::Unfair;
}

/// In the order of asking; readers share, but none overtakes a writer.
pub struct Fifo;

impl Order for Fifo {
    const NAME: &'static str = "toy-fifo";
    const POLICY: Policy = Policy::FifoFair;
}

/// The family of toy locks with this order.
pub struct Toy<O>(PhantomData<O>);

impl<O: Order> LockFamily for Toy<O> {
    const NAME: &'static str = O::NAME;
    const POLICY: Policy = O::POLICY;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = ToyLock<T, O>;
}

impl<O: Order> AwaitFamily for Toy<O> {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &ToyLock<T, O>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}

/// One lock's place on the stage.
pub struct LockState {
    pub class: &'static LockClass,
    /// The accesses that hold the lock.
    pub holders: Vec<Request>,
    /// The waiters, in the order of their requests.
    pub queue: VecDeque<Waiter>,
    next_ticket: u64,
}

/// One access of one task.
#[derive(Clone, Copy, PartialEq)]
pub struct Request {
    pub task: usize,
    ticket: u64,
    write: bool,
}

/// An access that is waited for.
pub struct Waiter {
    pub request: Request,
    waker: Waker,
}

impl LockState {
    fn request(&mut self, task: usize, write: bool, waker: &Waker) -> Request {
        self.next_ticket += 1;
        let request = Request { task, ticket: self.next_ticket, write };
        self.queue.push_back(Waiter { request, waker: waker.clone() });
        request
    }

    /// Lets the waiter in if no holder is in the way, nor any waiter before it.
    fn enter(&mut self, request: Request, policy: Policy) -> bool {
        let excludes = |other: &Request| request.write || other.write;
        let mut earlier = self.queue.iter().take_while(|waiter| waiter.request != request);
        let overtakes = policy == Policy::FifoFair && earlier.any(|waiter| excludes(&waiter.request));
        if overtakes || self.holders.iter().any(excludes) {
            return false;
        }
        self.queue.retain(|waiter| waiter.request != request);
        self.holders.push(request);
        true
    }

    fn release(&mut self, request: Request) {
        self.holders.retain(|holder| *holder != request);
        self.queue.retain(|waiter| waiter.request != request);
        self.queue.iter().for_each(|waiter| waiter.waker.wake_by_ref());
    }
}

/// A toy lock around a value.
pub struct ToyLock<T, O> {
    lock: usize,
    /// Shared with the readers that hold the lock; `None` while a writer has it.
    value: Mutex<Option<Arc<T>>>,
    _order: PhantomData<O>,
}

/// An access, from its request to its release.
struct Access {
    lock: usize,
    request: Option<Request>,
}

impl Access {
    async fn gain(lock: usize, write: bool, policy: Policy) -> Self {
        stage::point().await;
        let mut access = Self { lock, request: None };
        std::future::poll_fn(|context| access.poll(context, write, policy)).await;
        access
    }

    fn poll(&mut self, context: &mut Context<'_>, write: bool, policy: Policy) -> Poll<()> {
        stage::with(|stage| {
            let (task, lock) = (stage.task, &mut stage.locks[self.lock]);
            let request = *self.request.get_or_insert_with(|| lock.request(task, write, context.waker()));
            if lock.enter(request, policy) {
                return Poll::Ready(());
            }
            // The waker of the last poll is the one to wake.
            let waiter = lock.queue.iter_mut().find(|waiter| waiter.request == request);
            waiter.expect("a task that holds no lock waits").waker.clone_from(context.waker());
            Poll::Pending
        })
    }

    /// Granted at once, or not at all.
    fn try_gain(lock: usize, policy: Policy) -> Option<Self> {
        let request = stage::with(|stage| {
            let (task, lock) = (stage.task, &mut stage.locks[lock]);
            let request = lock.request(task, false, Waker::noop());
            let entered = lock.enter(request, policy);
            if !entered {
                lock.queue.pop_back();
            }
            entered.then_some(request)
        })?;
        Some(Self { lock, request: Some(request) })
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        if let Some(request) = self.request {
            stage::with(|stage| stage.locks[self.lock].release(request));
        }
    }
}

/// A read guard.
pub struct Read<T> {
    value: Arc<T>,
    _access: Access,
}

/// A write guard. It has the value with it, and puts it back before the release.
pub struct Write<'a, T> {
    value: Option<T>,
    home: &'a Mutex<Option<Arc<T>>>,
    _access: Access,
}

impl<T> Deref for Read<T> {
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
        *self.home.lock().unwrap() = self.value.take().map(Arc::new);
    }
}

impl<T, O> ToyLock<T, O> {
    fn reader(&self, access: Access) -> Read<T> {
        let value = self.value.lock().unwrap().clone().expect("a reader got in beside a writer");
        Read { value, _access: access }
    }

    fn writer(&self, access: Access) -> Write<'_, T> {
        let value = self.value.lock().unwrap().take().and_then(Arc::into_inner);
        assert!(value.is_some(), "a writer got in beside another holder");
        Write { value, home: &self.value, _access: access }
    }
}

impl<T: Send + Sync + 'static, O: Order> SharedLock<T> for ToyLock<T, O> {
    type Read<'a> = Read<T>;
    type Write<'a> = Write<'a, T>;

    fn new(class: &'static LockClass, value: T) -> Self {
        let lock = LockState { class, holders: Vec::new(), queue: VecDeque::new(), next_ticket: 0 };
        let lock = stage::with(|stage| {
            stage.locks.push(lock);
            stage.locks.len() - 1
        });
        Self { lock, value: Mutex::new(Some(Arc::new(value))), _order: PhantomData }
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        Some(self.reader(Access::try_gain(self.lock, O::POLICY)?))
    }

    async fn read(&self) -> Self::Read<'_> {
        self.reader(Access::gain(self.lock, false, O::POLICY).await)
    }

    async fn write(&self) -> Self::Write<'_> {
        self.writer(Access::gain(self.lock, true, O::POLICY).await)
    }
}
