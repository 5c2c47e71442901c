//! Toy locks: an unfair and a first-come-first-served read-write lock, each acquisition a scheduling point.
//!
//! Who is inside and who queues stands on the [`stage`], for the executor to tell when nobody can go on. The value is
//! kept apart and handed over by moving it, so that a toy lock which let two in at once would panic, not race.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use lockyard::lock::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock};

use super::stage;

/// Who goes next.
pub trait Order: Send + Sync + 'static {
    const NAME: &'static str;
    const POLICY: Policy;
}

/// Whoever is polled first when the lock is free.
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
pub struct Desk {
    pub class: &'static LockClass,
    /// Those who have the lock.
    pub inside: Vec<Pass>,
    /// Those who wait, in the order of asking.
    pub queue: VecDeque<Waiter>,
    next_ticket: u64,
}

/// One access of one task.
#[derive(Clone, Copy, PartialEq)]
pub struct Pass {
    pub task: usize,
    ticket: u64,
    write: bool,
}

/// An access that is waited for.
pub struct Waiter {
    pub pass: Pass,
    waker: Waker,
}

impl Desk {
    fn ask(&mut self, task: usize, write: bool, waker: &Waker) -> Pass {
        self.next_ticket += 1;
        let pass = Pass { task, ticket: self.next_ticket, write };
        self.queue.push_back(Waiter { pass, waker: waker.clone() });
        pass
    }

    /// Lets the waiter in if nobody inside is in the way, nor anybody who was there before.
    fn enter(&mut self, pass: Pass, policy: Policy) -> bool {
        let excludes = |other: &Pass| pass.write || other.write;
        let mut earlier = self.queue.iter().take_while(|waiter| waiter.pass != pass);
        let overtakes = policy == Policy::FifoFair && earlier.any(|waiter| excludes(&waiter.pass));
        if overtakes || self.inside.iter().any(excludes) {
            return false;
        }
        self.queue.retain(|waiter| waiter.pass != pass);
        self.inside.push(pass);
        true
    }

    fn leave(&mut self, pass: Pass) {
        self.inside.retain(|inside| *inside != pass);
        self.queue.retain(|waiter| waiter.pass != pass);
        self.queue.iter().for_each(|waiter| waiter.waker.wake_by_ref());
    }
}

/// A toy lock around a value.
pub struct ToyLock<T, O> {
    desk: usize,
    /// Shared with the readers inside; gone while a writer has it.
    value: Mutex<Option<Arc<T>>>,
    _order: PhantomData<O>,
}

/// An access, from the asking to the end.
struct Access {
    desk: usize,
    pass: Option<Pass>,
}

impl Access {
    async fn gain(desk: usize, write: bool, policy: Policy) -> Self {
        stage::point().await;
        let mut access = Self { desk, pass: None };
        std::future::poll_fn(|context| access.poll(context, write, policy)).await;
        access
    }

    fn poll(&mut self, context: &mut Context<'_>, write: bool, policy: Policy) -> Poll<()> {
        stage::with(|stage| {
            let (task, desk) = (stage.task, &mut stage.locks[self.desk]);
            let pass = *self.pass.get_or_insert_with(|| desk.ask(task, write, context.waker()));
            if desk.enter(pass, policy) {
                return Poll::Ready(());
            }
            // Whoever polled last is who wants to be woken.
            let waiter = desk.queue.iter_mut().find(|waiter| waiter.pass == pass);
            waiter.expect("who is not inside waits").waker.clone_from(context.waker());
            Poll::Pending
        })
    }

    /// In at once, or not at all.
    fn try_gain(desk: usize, policy: Policy) -> Option<Self> {
        let pass = stage::with(|stage| {
            let (task, lock) = (stage.task, &mut stage.locks[desk]);
            let pass = lock.ask(task, false, Waker::noop());
            let entered = lock.enter(pass, policy);
            if !entered {
                lock.queue.pop_back();
            }
            entered.then_some(pass)
        })?;
        Some(Self { desk, pass: Some(pass) })
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        if let Some(pass) = self.pass {
            stage::with(|stage| stage.locks[self.desk].leave(pass));
        }
    }
}

/// A reader inside.
pub struct Read<T> {
    value: Arc<T>,
    _access: Access,
}

/// A writer inside. It has the value with it, and brings it back before it leaves.
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
        assert!(value.is_some(), "a writer got in beside somebody else");
        Write { value, home: &self.value, _access: access }
    }
}

impl<T: Send + Sync + 'static, O: Order> SharedLock<T> for ToyLock<T, O> {
    type Read<'a> = Read<T>;
    type Write<'a> = Write<'a, T>;

    fn new(class: &'static LockClass, value: T) -> Self {
        let desk = Desk { class, inside: Vec::new(), queue: VecDeque::new(), next_ticket: 0 };
        let desk = stage::with(|stage| {
            stage.locks.push(desk);
            stage.locks.len() - 1
        });
        Self { desk, value: Mutex::new(Some(Arc::new(value))), _order: PhantomData }
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        Some(self.reader(Access::try_gain(self.desk, O::POLICY)?))
    }

    async fn read(&self) -> Self::Read<'_> {
        self.reader(Access::gain(self.desk, false, O::POLICY).await)
    }

    async fn write(&self) -> Self::Write<'_> {
        self.writer(Access::gain(self.desk, true, O::POLICY).await)
    }
}
