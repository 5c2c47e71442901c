//! Locks of a program's own, tried themselves. A model takes for granted that a lock does what its family declares; here the
//! lock's own code runs, as code that the explorer does not know.

use std::marker::PhantomData;
use std::sync::OnceLock;
use std::time::Instant;

use lockyard_bench::record::{Engine, ModelResult};
use lockyard_explore::{Limits, LockReport, Proof};
use lockyard_lock::AwaitFamily;

/// What it is called when a lock itself is tried, beside the models.
pub const LOCK_ITSELF: &str = "lock-itself";

/// A lock whose own code is tried: its waiters and its wakers, in every order.
#[derive(Clone, Copy, Debug)]
pub struct ExploredLock {
    /// The family's name.
    pub name: &'static str,
    explore: fn(Limits) -> LockReport,
}

/// Whether a lock can be tried, asked where its type is known: by [`main!`](crate::main).
#[doc(hidden)]
pub struct LockProbe<F>(PhantomData<fn() -> F>);

impl<F> Default for LockProbe<F> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Of a lock that yields.
#[doc(hidden)]
pub trait YieldingLock {
    fn explored(&self) -> Option<ExploredLock>;
}

impl<F: AwaitFamily> YieldingLock for LockProbe<F> {
    fn explored(&self) -> Option<ExploredLock> {
        Some(ExploredLock::of::<F>())
    }
}

/// Of any other: with a reference more, so that it is found where the other is not.
#[doc(hidden)]
pub trait BlockingLock {
    fn explored(&self) -> Option<ExploredLock>;
}

impl<F> BlockingLock for &LockProbe<F> {
    fn explored(&self) -> Option<ExploredLock> {
        None
    }
}

/// Those of this program.
static ALL: OnceLock<Vec<ExploredLock>> = OnceLock::new();

impl ExploredLock {
    /// The lock of a family that yields. One that blocks its thread cannot be tried so: its polls do not return.
    pub fn of<F: AwaitFamily>() -> Self {
        Self { name: F::NAME, explore: |limits| lockyard_explore::lock::<F>().limits(limits).run() }
    }

    /// The locks of this program's own, said once.
    ///
    /// # Panics
    /// The second time.
    pub fn announce(all: Vec<Self>) {
        ALL.set(all).expect("a program says which locks are its own once");
    }

    /// The locks of this program's own.
    pub fn all() -> &'static [Self] {
        ALL.get().map_or(&[], Vec::as_slice)
    }

    /// Tries it, each combination of readers and writers within these limits; nothing if it was interrupted before there was
    /// a result.
    pub(super) fn result(&self, limits: &Limits) -> Option<ModelResult> {
        let begun = Instant::now();
        let report = (self.explore)(limits.clone());
        if report.failure.is_none() && limits.is_interrupted() {
            return None;
        }
        let (bound, unsound) = match &report.proof {
            Proof::Exhaustive { .. } => (None, None),
            Proof::Bounded(bound) => (Some(bound.clone()), None),
            Proof::Unsound(why) => (None, Some(why.to_string())),
        };
        Some(ModelResult {
            model: LOCK_ITSELF.to_owned(),
            strategy: self.name.to_owned(),
            represents: Vec::new(),
            engine: Engine::Explorer,
            schedules: report.schedules,
            // A lock that nobody has to wait for has one order of three holders; one that tries nothing has none.
            min_schedules: 1,
            exhaustive: bound.is_none() && unsound.is_none(),
            bound,
            assumption: None,
            unsound,
            holds: report.failure.is_none(),
            millis: begun.elapsed().as_millis() as u64,
            counterexample: report.failure.map(|failure| {
                let replay = format!(
                    "lockyard_explore::lock::<{}>().replay(\"{}\")",
                    failure.family,
                    failure.replay()
                );
                let message = failure.message();
                lockyard_bench::record::Counterexample {
                    about: Some(format!(
                        "Three tasks ask for the lock itself, some of them cancelled: {message}."
                    )),
                    ..failure.trace.counterexample(replay)
                }
            }),
        })
    }
}
