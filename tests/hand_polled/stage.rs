//! What everything in one run shares: the generator, the table of locks, and whose turn it is.
//!
//! It lives in a thread-local, so that locks and clocks need no handle to it: the traits they implement have no room
//! for one. A thread runs one run at a time, and [`begin`] clears the stage for it.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::Poll;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::locks::LockState;

/// A task's future.
pub type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The stage of one run.
pub struct Stage {
    random: ChaCha8Rng,
    /// The task that is being polled; the last one polled where none is.
    pub task: usize,
    /// Every lock made in this run.
    pub locks: Vec<LockState>,
    /// What was spawned and has not been taken over by the executor yet.
    pub spawned: Vec<Job>,
    /// How many sessions' entries there are.
    pub entries: Entries,
}

/// A count of the entries in memory, kept by the ties they hold.
#[derive(Clone, Copy, Default)]
pub struct Entries {
    /// Now.
    pub alive: usize,
    /// At the worst moment.
    pub most: usize,
    /// In all.
    pub made: usize,
}

thread_local! {
    static STAGE: RefCell<Stage> = RefCell::new(Stage::new(0));
}

impl Stage {
    fn new(seed: u64) -> Self {
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            task: 0,
            locks: Vec::new(),
            spawned: Vec::new(),
            entries: Entries::default(),
        }
    }
}

/// Clears the stage for the run of this seed.
pub fn begin(seed: u64) {
    // Outside the borrow: what ends here may look at the stage once more.
    let _old = STAGE.with(|stage| stage.replace(Stage::new(seed)));
}

/// Looks at the stage. Not to be nested, and nothing may be polled inside.
pub fn with<R>(look: impl FnOnce(&mut Stage) -> R) -> R {
    STAGE.with(|stage| look(&mut stage.borrow_mut()))
}

/// A number below `end`.
pub fn below(end: usize) -> usize {
    with(|stage| stage.random.random_range(0..end))
}

/// Yes, once in `times` on average; never for zero.
pub fn once_in(times: usize) -> bool {
    times > 0 && below(times) == 0
}

/// A scheduling point: any task may run before this returns.
pub async fn point() {
    let mut passed = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut passed, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
