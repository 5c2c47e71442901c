//! A lock that is released wakes the first in its queue. That one is cancelled before it is polled, and the next is not
//! woken: the lock is free, and all wait for it. Fixed: a waiter that is cancelled passes its wake-up on.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use parking_lot::{Mutex, MutexGuard};

use crate::backend::session::SESSION;
use lockyard_explore::{Setting, Shared, point};
use lockyard_lock::{LockClass, LockFamily, LockOf, Policy, SharedLock, TryFamily};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, turns};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "lost-wake-up",
    class: "cancellation",
    about: "the woken waiter is dropped before it is polled, and its wake-up is lost",
    met: "pools and locks of many languages: launchbadge/sqlx issue 620, python/cpython issue 112202, \
          typelevel/cats-effect issue 3554",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { cancels: 1, ..Setting::default() },
            program: |variant, program| match variant {
                Variant::Wrong => explored::<QueueFamily<false>>().explore(program),
                Variant::Right => explored::<QueueFamily<true>>().explore(program),
            },
        }),
        Trial::Live(TrackedProgram {
            kind: Kind::LostWakeUp,
            program: |variant| match variant {
                Variant::Wrong => played::<Tracked<QueueFamily<false>>>(),
                Variant::Right => played::<Tracked<QueueFamily<true>>>(),
            },
        }),
    ],
};

/// The family of locks with a queue of waiters, who pass on a wake-up that they have no use for, or do not.
struct QueueFamily<const PASSES_ON: bool>;

struct QueueLock<T, const PASSES_ON: bool> {
    value: Mutex<T>,
    waiting: Mutex<Waiting>,
    /// The queue, as the explorer sees it.
    seen: Shared,
}

#[derive(Default)]
struct Waiting {
    queue: VecDeque<(u64, Waker)>,
    next: u64,
}

impl Waiting {
    fn wake_first(&mut self) {
        if let Some((_, waker)) = self.queue.pop_front() {
            waker.wake();
        }
    }

    /// Whether it was still queued.
    fn leave(&mut self, ticket: u64) -> bool {
        let before = self.queue.len();
        self.queue.retain(|(other, _)| *other != ticket);
        self.queue.len() < before
    }
}

/// One who waits.
struct Waiter<'a, T, const PASSES_ON: bool> {
    lock: &'a QueueLock<T, PASSES_ON>,
    ticket: Option<u64>,
}

impl<'a, T, const PASSES_ON: bool> Future for Waiter<'a, T, PASSES_ON> {
    type Output = Inside<'a, T, PASSES_ON>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let lock = self.lock;
        let mut waiting = lock.waiting.lock();
        if let Some(ticket) = self.ticket.take() {
            waiting.leave(ticket);
        }
        if let Some(inside) = lock.try_enter() {
            return Poll::Ready(inside);
        }
        let ticket = waiting.next;
        waiting.next += 1;
        waiting.queue.push_back((ticket, context.waker().clone()));
        self.ticket = Some(ticket);
        Poll::Pending
    }
}

impl<T, const PASSES_ON: bool> Drop for Waiter<'_, T, PASSES_ON> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        self.lock.seen.touch(true);
        let mut waiting = self.lock.waiting.lock();
        let was_woken = !waiting.leave(ticket);
        if PASSES_ON && was_woken {
            waiting.wake_first();
        }
    }
}

/// One who is inside.
struct Inside<'a, T, const PASSES_ON: bool> {
    /// Gone only in the end.
    value: Option<MutexGuard<'a, T>>,
    lock: &'a QueueLock<T, PASSES_ON>,
}

impl<T, const PASSES_ON: bool> Deref for Inside<'_, T, PASSES_ON> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_deref().expect("only the end takes it")
    }
}

impl<T, const PASSES_ON: bool> DerefMut for Inside<'_, T, PASSES_ON> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_deref_mut().expect("only the end takes it")
    }
}

impl<T, const PASSES_ON: bool> Drop for Inside<'_, T, PASSES_ON> {
    fn drop(&mut self) {
        self.lock.seen.touch(true);
        self.value = None;
        self.lock.waiting.lock().wake_first();
    }
}

impl<T, const PASSES_ON: bool> QueueLock<T, PASSES_ON> {
    fn try_enter(&self) -> Option<Inside<'_, T, PASSES_ON>> {
        self.seen.touch(true);
        self.value.try_lock().map(|value| Inside { value: Some(value), lock: self })
    }

    fn enter(&self) -> Waiter<'_, T, PASSES_ON> {
        Waiter { lock: self, ticket: None }
    }
}

impl<const PASSES_ON: bool> LockFamily for QueueFamily<PASSES_ON> {
    const NAME: &'static str = "line";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = false;
    type Lock<T: Clone + Send + Sync + 'static> = QueueLock<T, PASSES_ON>;
}

impl<const PASSES_ON: bool> TryFamily for QueueFamily<PASSES_ON> {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &QueueLock<T, PASSES_ON>,
    ) -> Option<<QueueLock<T, PASSES_ON> as SharedLock<T>>::Write<'_>> {
        lock.try_enter()
    }
}

impl<T: Clone + Send + Sync + 'static, const PASSES_ON: bool> SharedLock<T> for QueueLock<T, PASSES_ON> {
    type Read<'a> = Inside<'a, T, PASSES_ON>;
    type Write<'a> = Inside<'a, T, PASSES_ON>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self { value: Mutex::new(value), waiting: Mutex::default(), seen: Shared::default() }
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.try_enter()
    }

    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send {
        self.enter()
    }

    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send {
        self.enter()
    }
}

type Session<F> = Rc<LockOf<F, u32>>;

async fn hold<F: LockFamily>(session: Session<F>, yield_now: YieldFn) {
    yield_now().await;
    let mut held = session.write().await;
    yield_now().await;
    *held += 1;
}

/// Here only the explorer lets others go on.
fn explored<F: LockFamily>() -> PitfallProgram {
    let session: Session<F> = Rc::new(SharedLock::new(&SESSION, 0));
    let yield_now: YieldFn = || point().boxed_local();
    ["one", "two", "three"].into_iter().fold(PitfallProgram::new(), |program, name| {
        program.part(name, hold::<F>(session.clone(), yield_now))
    })
}

/// A waiter that is queued, is woken, and is cancelled without having looked.
async fn impatient<F: LockFamily>(session: Session<F>) {
    turns().await;
    let mut waits = pin!(session.write());
    let entered = (&mut waits).now_or_never().is_some();
    if !entered {
        turns().await;
    }
}

fn played<F: LockFamily>() -> PitfallProgram {
    let session: Session<F> = Rc::new(SharedLock::new(&SESSION, 0));
    let late = session.clone();
    PitfallProgram::new()
        .part("holder", hold::<F>(session.clone(), turns))
        .part("impatient", impatient::<F>(session))
        .part("patient", async move {
            turns().await;
            *late.write().await += 1;
        })
}
