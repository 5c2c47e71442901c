//! A backend of a strategy that is known by name, with all it needs besides.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::backend::service::{Backend, DtoPolicy, Prompts, Simulator, SimulatorConfig};
use crate::backend::session::{ChatSessionManager, Durability, Env, SaveMode, SessionLimits, StateMode};
use crate::backend::store::Store;
use lockyard_lock::LockFamily;

use super::cache::CacheFamily;
use super::combinations::{WithTypes, dispatch};
use super::error::StrategyError;
use super::factors::Factors;
use super::host::{Host, IdSource, TokioClock};

/// What a backend needs besides its strategy.
pub struct Setup<St> {
    /// Where sessions are kept.
    pub store: St,
    /// How many sessions the cache has room for.
    pub capacity: NonZeroUsize,
    /// What "acknowledged" promises.
    pub durability: Durability,
    /// What sessions may take.
    pub limits: SessionLimits,
    /// The model that answers.
    pub model: SimulatorConfig,
    /// System prompts by id.
    pub prompts: Prompts,
    /// Where the ids of new sessions come from.
    pub ids: IdSource,
    /// Where background work runs.
    pub runtime: Handle,
}

/// What to do with a backend once its types are known.
pub trait Assembly {
    /// What comes of it.
    type Output;

    /// Called once, with the backend of the strategy chosen.
    fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) -> Self::Output;
}

/// Builds the backend of a strategy and hands it to `assembly`.
///
/// # Errors
/// [`StrategyError::CannotHold`] or [`StrategyError::NotBuilt`] for factors that [`Strategy`](super::Strategy) would
/// not have let through.
pub fn assemble<St: Store, A: Assembly>(
    factors: Factors,
    setup: Setup<St>,
    assembly: A,
) -> Result<A::Output, StrategyError> {
    struct Assemble<St, A> {
        dto: DtoPolicy,
        setup: Setup<St>,
        assembly: A,
    }

    impl<St: Store, A: Assembly> WithTypes for Assemble<St, A> {
        type Output = A::Output;

        fn with<F: LockFamily, C: CacheFamily, S: SaveMode<F>, P: StateMode>(self) -> A::Output {
            self.assembly.with(backend_of::<F, C, S, P, St>(self.dto, self.setup))
        }
    }

    dispatch(factors, Assemble { dto: factors.dto, setup, assembly })
}

/// A backend of choices that are given as types, on tokio.
pub type BackendOf<F, C, S, P, St> = Backend<Host<F, C, S, P, St>, Simulator<TokioClock>>;

/// Builds the backend of choices that are given as types.
pub fn backend_of<F: LockFamily, C: CacheFamily, S: SaveMode<F>, P: StateMode, St: Store>(
    dto: DtoPolicy,
    setup: Setup<St>,
) -> BackendOf<F, C, S, P, St> {
    let host = Host::new(setup.store, setup.runtime, setup.ids);
    let manager = ChatSessionManager::new(host, setup.capacity, setup.durability).within(setup.limits);
    let model = Simulator::new(TokioClock, setup.model);
    Backend::new(Arc::new(manager), model, setup.prompts, dto)
}
