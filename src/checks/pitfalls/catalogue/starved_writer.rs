//! A lock that promises the order of asking lets readers pass a writer that waits: as long as reads overlap, the writer
//! waits. Fixed: the lock keeps its promise.

use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use tokio::sync::{Notify, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::backend::session::SESSION;
use lockyard_explore::{LockModel, ModelLocks, Program, Setting, point};
use lockyard_lock::{LockClass, LockFamily, LockOf, Policy, SharedLock, TokioRwLock, TryFamily};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::{PitfallProgram, turns};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "starved-writer",
    class: "starvation",
    about: "readers overtake a queued writer, on a lock that promises FIFO order",
    met: "readers first, as in P. J. Courtois, F. Heymans, D. L. Parnas, \"Concurrent control with readers and writers\", 1971",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || {
                Setting { lock: LockModel::FIFO, ..Setting::default() }
                    .with_lock(&PASSING, LockModel::WRITERS_FIRST)
            },
            program: explored,
        }),
        Trial::Live(TrackedProgram {
            kind: Kind::Starvation,
            program: |variant| match variant {
                Variant::Wrong => live::<Tracked<Passing>>(),
                Variant::Right => live::<Tracked<TokioRwLock>>(),
            },
        }),
    ],
};

/// Sessions whose lock breaks its promise.
static PASSING: LockClass = LockClass::new("session");

/// A kept promise lets no reader overtake. Where the model's lock breaks it, one does: the promise is the same.
fn explored(variant: Variant, program: &mut Program) {
    let class = match variant {
        Variant::Wrong => &PASSING,
        Variant::Right => &SESSION,
    };
    let session: Rc<LockOf<ModelLocks, u32>> = Rc::new(SharedLock::new(class, 0));
    for name in ["one writer", "other writer"] {
        let session = session.clone();
        let write = async move {
            let mut changed = session.write().await;
            point().await;
            *changed += 1;
        };
        program.task(name).op("writes", write).done();
    }
    program.task("reader").op("reads", async move { drop(session.read().await) }).done();
    program.at_end(|end| match end.overtaken {
        0 => Ok(()),
        times => Err(format!("a waiter was overtaken {times} times, and FIFO order is promised")),
    });
}

/// Two readers whose reads overlap, and a writer that comes in between.
fn live<F: LockFamily>() -> PitfallProgram {
    /// More often than a waiter may be overtaken.
    const READS: u32 = 100;
    let session: Rc<LockOf<F, u32>> = Rc::new(SharedLock::new(&SESSION, 0));
    let read = |session: Rc<LockOf<F, u32>>| async move {
        for _ in 0..READS {
            let _seen = session.read().await;
            turns().await;
        }
    };
    let (one, other) = (session.clone(), session.clone());
    PitfallProgram::new()
        .part("one reader", read(one))
        .part("other reader", async move {
            tokio::task::yield_now().await; // so that it does not let go when the first one does
            read(other).await;
        })
        .part("writer", async move { *session.write().await += 1 })
}

/// The family of locks that do not keep their promise.
struct Passing;

/// A reader waits for a writer that is inside, and for none that waits.
struct PassingLock<T> {
    value: RwLock<T>,
    released: Notify,
}

impl LockFamily for Passing {
    const NAME: &'static str = "passing";
    const POLICY: Policy = Policy::FifoFair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = PassingLock<T>;
}

impl TryFamily for Passing {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &PassingLock<T>,
    ) -> Option<Guard<'_, RwLockWriteGuard<'_, T>>> {
        lock.value.try_write().ok().map(|guard| lock.guard(guard))
    }
}

/// A guard whose end wakes the writers.
struct Guard<'a, G> {
    guard: G,
    _released: Released<'a>,
}

struct Released<'a>(&'a Notify);

impl Drop for Released<'_> {
    fn drop(&mut self) {
        self.0.notify_waiters();
    }
}

impl<T> PassingLock<T> {
    fn guard<G>(&self, guard: G) -> Guard<'_, G> {
        Guard { guard, _released: Released(&self.released) }
    }
}

impl<G: Deref> Deref for Guard<'_, G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        &self.guard
    }
}

impl<G: DerefMut> DerefMut for Guard<'_, G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.guard
    }
}

impl<T: Clone + Send + Sync + 'static> SharedLock<T> for PassingLock<T> {
    type Read<'a> = Guard<'a, RwLockReadGuard<'a, T>>;
    type Write<'a> = Guard<'a, RwLockWriteGuard<'a, T>>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self { value: RwLock::new(value), released: Notify::new() }
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.value.try_read().ok().map(|guard| self.guard(guard))
    }

    async fn read(&self) -> Self::Read<'_> {
        self.guard(self.value.read().await)
    }

    async fn write(&self) -> Self::Write<'_> {
        loop {
            let released = self.released.notified();
            if let Ok(guard) = self.value.try_write() {
                return self.guard(guard);
            }
            released.await;
        }
    }
}
