//! Programs of a few parts that meet at locks. The same source runs in the explorer, over tracked locks, and by itself.

use std::fmt;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio::task::LocalSet;

use lockyard_explore::{Program, Violated, look};
use lockyard_track::Tracker;

/// Lets the others go on as far as they can. Where every order is tried anyway it does nothing; on a real runtime it makes
/// the one order come about that a pitfall needs.
pub type YieldFn = fn() -> LocalBoxFuture<'static, ()>;

/// A task of the program.
pub struct Part {
    /// Its name.
    pub name: String,
    /// What it does.
    pub does: LocalBoxFuture<'static, ()>,
}

/// All tasks, put together anew for every run.
#[derive(Default)]
pub struct PitfallProgram {
    pub(super) parts: Vec<Part>,
    finally: Option<LocalBoxFuture<'static, Result<(), Violated>>>,
}

impl fmt::Debug for PitfallProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.parts.iter().map(|part| &part.name)).finish()
    }
}

impl PitfallProgram {
    /// A program without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part.
    #[must_use]
    pub fn part(mut self, name: impl Into<String>, does: impl Future<Output = ()> + 'static) -> Self {
        self.parts.push(Part { name: name.into(), does: does.boxed_local() });
        self
    }

    /// What must hold when all have ended. It may ask whatever they have left behind.
    #[must_use]
    pub fn finally(mut self, check: impl Future<Output = Result<(), Violated>> + 'static) -> Self {
        self.finally = Some(check.boxed_local());
        self
    }

    /// Lets them meet in the explorer.
    pub fn explore(self, program: &mut Program) {
        for Part { name, does } in self.parts {
            program.task(name.clone()).op(name, does).done();
        }
        if let Some(check) = self.finally {
            program.at_end(move |_| look(check)?);
        }
    }

    /// The same, each a task that the tracker knows by its name.
    #[must_use]
    pub(super) fn tracked(mut self, tracker: &Tracker) -> Self {
        for Part { name, does } in &mut self.parts {
            let untracked = std::mem::replace(does, std::future::ready(()).boxed_local());
            *does = tracker.task(name.as_str().into(), untracked).boxed_local();
        }
        self
    }

    /// Lets them meet on a runtime of one thread, where they take turns in the order in which they were added.
    ///
    /// # Errors
    /// What does not hold when all have ended, or that there is no runtime.
    pub fn play(self) -> Result<(), Violated> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(|error| format!("there is no runtime to play on: {error}"))?;
        let parts = LocalSet::new();
        for Part { does, .. } in self.parts {
            parts.spawn_local(does);
        }
        runtime.block_on(parts);
        self.finally.map_or(Ok(()), |check| LocalSet::new().block_on(&runtime, check))
    }
}

/// For the explorer: all orders are tried.
pub(super) fn no_yield() -> LocalBoxFuture<'static, ()> {
    std::future::ready(()).boxed_local()
}

/// So often a real runtime is asked to let the others run: more often than any of them waits on its way.
const TURNS: usize = 16;

/// For one thread on which all take their turns.
pub(super) fn turns() -> LocalBoxFuture<'static, ()> {
    take_turns().boxed_local()
}

/// [`turns`] as a future that is `Send`.
pub(super) async fn take_turns() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}
