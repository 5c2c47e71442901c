//! Two clocks: the database's, which goes on when the schedule says so, and a server's, which is behind it by as much as is
//! chosen with each look.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use lockyard_explore::guest::choose;
use lockyard_explore::{Shared, annotate};

use crate::backend::shared::ServerClock;

/// The clocks of a run.
#[derive(Clone, Debug)]
pub struct ModelTime(Arc<Clocks>);

#[derive(Debug)]
struct Clocks {
    /// Seconds on the database's clock.
    database: AtomicU64,
    shared: Shared,
}

/// How long a lease, and the deadline of a turn, last in models.
pub const TTL: Duration = Duration::from_secs(9);

/// The margin for the drift of clocks.
pub const MARGIN: Duration = Duration::from_secs(3);

/// How far a server's clock may be behind the database's: less than the margin, and so is the difference of any two looks. It is
/// chosen with each look, and so a server's clock may even go back by as much, which no real one does.
const BEHIND: Duration = Duration::from_secs(2);

/// By how much the database's clock goes on at once. Once, and a lease may still be valid by both clocks, or be left over by
/// the server's alone; twice, and it has expired. So what passes between a statement and its answer may be more than a margin.
const TICK: u64 = 5;

/// Ticks until a lease has expired that was just taken.
pub const EXPIRY: usize = 2;

impl Default for ModelTime {
    fn default() -> Self {
        // Later than any difference, so that nothing is cut off at zero.
        Self(Arc::new(Clocks { database: AtomicU64::new(100), shared: Shared::new("clock") }))
    }
}

impl ModelTime {
    /// Time passes, as a step.
    pub async fn tick(&self) {
        self.0.shared.step("time passes", true).await;
        self.0.database.fetch_add(TICK, Relaxed);
        annotate(|| format!("it is {} s", self.0.database.load(Relaxed)));
    }

    /// The database's clock, in the step at work.
    pub(super) fn database(&self) -> Duration {
        self.0.shared.atomic(false);
        Duration::from_secs(self.0.database.load(Relaxed))
    }

    /// A server's clock.
    pub fn server(&self) -> ModelServerClock {
        ModelServerClock(self.clone())
    }
}

/// A server's clock.
#[derive(Clone, Debug)]
pub struct ModelServerClock(ModelTime);

impl ServerClock for ModelServerClock {
    async fn now(&self) -> Duration {
        self.0.0.shared.step("look at the clock", false).await;
        let behind = [Duration::ZERO, BEHIND][choose(2, "behind")];
        let now = self.0.database().saturating_sub(behind);
        annotate(|| format!("{} s", now.as_secs()));
        now
    }
}
