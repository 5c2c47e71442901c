//! A server of a guard that is known by name, with all it needs besides.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::backend::postgres::{BootClock, PostgresDatabase};
use crate::backend::service::{DtoPolicy, Endpoints, Prompts, Simulator, SimulatorConfig};
use crate::backend::session::SessionLimits;
use crate::backend::shared::{
    AdvisoryLock, ClockTerm, CompareAndSet, Guard, GuardKind, HeldLease, Lease, RowLock, ServerEntry,
    SharedOptions, SharedSession, SharedSessions, TermError,
};
use crate::strategy::TokioClock;

use super::host::{LocalLocks, SharedHost};
use super::object::DynSharedBackend;

/// What a server needs besides its guard.
pub struct SharedSetup {
    /// Where the sessions are.
    pub database: PostgresDatabase,
    /// The server, as it announces itself.
    pub server: ServerEntry,
    /// How many sessions it keeps copies of.
    pub capacity: NonZeroUsize,
    /// What sessions may take.
    pub limits: SessionLimits,
    /// How long leases last, and how much earlier they are not relied on.
    pub lease: LeaseTimes,
    /// How long others wait for a turn's next sign of life before they take over.
    pub turn_deadline: Duration,
    /// The model that answers.
    pub model: SimulatorConfig,
    /// System prompts by id.
    pub prompts: Prompts,
    /// Where background work runs.
    pub runtime: Handle,
}

/// How long leases last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTimes {
    /// For how long the database keeps one.
    pub ttl: Duration,
    /// By less than this the server's clock and the database's drift apart meanwhile.
    pub margin: Duration,
}

/// Why a server cannot be made so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// Leases of no use.
    #[error(transparent)]
    Term(#[from] TermError),
    /// Others would take over turns that are at work.
    #[error(
        "turns whose deadline is {0:?} are taken over before they can give a sign of life: 100 ms are the least"
    )]
    TurnDeadline(Duration),
}

/// With less, a turn's signs of life would come too late.
const SHORTEST_DEADLINE: Duration = Duration::from_millis(100);

/// Builds the server of a guard.
///
/// # Errors
/// Times that cannot be kept.
pub fn assemble(guard: GuardKind, setup: SharedSetup) -> Result<Arc<dyn DynSharedBackend>, ClusterError> {
    let LeaseTimes { ttl, margin } = setup.lease;
    if setup.turn_deadline < SHORTEST_DEADLINE {
        return Err(ClusterError::TurnDeadline(setup.turn_deadline));
    }
    let database = setup.database.clone();
    Ok(match guard {
        GuardKind::RowLock => over(RowLock::new(database), setup),
        GuardKind::AdvisoryLock => over(AdvisoryLock::new(database), setup),
        GuardKind::CompareAndSet => {
            over(CompareAndSet::<_, Mutex<Option<Arc<SharedSession>>>>::new(database), setup)
        }
        GuardKind::Lease => {
            let term = ClockTerm::new(BootClock, ttl, margin)?;
            let owner = setup.server.owner;
            over(Lease::<_, LocalLocks, Mutex<Option<HeldLease>>, _>::new(database, owner, term), setup)
        }
    })
}

fn over<G: Guard<Database = PostgresDatabase>>(guard: G, setup: SharedSetup) -> Arc<dyn DynSharedBackend> {
    let SharedSetup { server, capacity, limits, turn_deadline, model, prompts, runtime, .. } = setup;
    let options = SharedOptions { server, capacity, limits, turn_deadline };
    let sessions = SharedSessions::new(SharedHost::new(guard, runtime), options);
    let model = Simulator::new(TokioClock, model);
    Arc::new(Endpoints::new(Arc::new(sessions), model, prompts, DtoPolicy::Borrowed))
}
