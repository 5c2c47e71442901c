//! Names become types: the one list of combinations that are compiled.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::backend::service::{Backend, DtoPolicy, DynBackend, Prompts, Simulator, SimulatorConfig};
use crate::backend::session::{
    AfterUnlock, ChatSessionManager, Durability, Env, Locked, Published, SaveMode, StateMode, UnderLock,
};
use crate::backend::store::Store;
use lockyard_lock::{
    ArcSwap, AsyncLockMutex, AsyncLockRwLock, LockFamily, ParkingLotFairMutex, ParkingLotMutex,
    ParkingLotRwLock, StdMutex, StdRwLock, TokioMutex, TokioRwLock,
};

use super::cache::{CacheFamily, family};
use super::error::StrategyError;
use super::factors::{CacheKind, Factors, LockKind, SaveKind, StatePolicy};
use super::host::{Host, IdSource, TokioClock};

/// What a backend needs besides its strategy.
pub struct Setup<St> {
    /// Where sessions are kept.
    pub store: St,
    /// How many sessions the cache has room for.
    pub capacity: NonZeroUsize,
    /// What "acknowledged" promises.
    pub durability: Durability,
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
    check(factors)?;
    dispatch(factors, setup, assembly).ok_or_else(|| not_built(factors))
}

/// The backend of a strategy as an object, for whoever does not care which locks are inside.
///
/// # Errors
/// As [`assemble`].
pub fn assemble_dyn<St: Store>(
    factors: Factors,
    setup: Setup<St>,
) -> Result<Arc<dyn DynBackend>, StrategyError> {
    struct Object;

    impl Assembly for Object {
        type Output = Arc<dyn DynBackend>;

        fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) -> Self::Output {
            Arc::new(backend)
        }
    }

    assemble(factors, setup, Object)
}

/// One line of the list below.
type Combination = (LockKind, CacheKind, SaveKind, StatePolicy);

macro_rules! built {
    ($($session:ident, $cache:ident $(($lock:ident))?, $save:ident, $state:ident;)*) => {
        /// Every combination that is compiled; the DTO policy is chosen at run time.
        const BUILT: &[Combination] = &[$((
            LockKind::$session,
            CacheKind::$cache $((LockKind::$lock))?,
            SaveKind::$save,
            StatePolicy::$state,
        )),*];

        fn dispatch<St: Store, A: Assembly>(factors: Factors, setup: Setup<St>, assembly: A) -> Option<A::Output> {
            match combination(factors) {
                $((
                    LockKind::$session,
                    CacheKind::$cache $((LockKind::$lock))?,
                    SaveKind::$save,
                    StatePolicy::$state,
                ) => {
                    let build = assemble_as::<$session, family::$cache $(<$lock>)?, $save, $state, St, A>;
                    Some(build(factors.dto, setup, assembly))
                })*
                _ => None,
            }
        }
    };
}

built! {
    // What `before`, `naive`, `after` and everything between them is made of.
    TokioMutex, MutexLru(TokioMutex), AfterUnlock, Locked;
    TokioMutex, MutexLru(TokioMutex), UnderLock, Locked;
    TokioRwLock, MutexLru(TokioMutex), AfterUnlock, Locked;
    TokioRwLock, MutexLru(TokioMutex), UnderLock, Locked;
    // Every lock over one cache, and held while saving if it can be.
    TokioMutex, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    TokioRwLock, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    ParkingLotMutex, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    ParkingLotRwLock, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    ParkingLotFairMutex, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    StdMutex, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    StdRwLock, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    AsyncLockMutex, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    AsyncLockMutex, MutexLru(ParkingLotMutex), UnderLock, Locked;
    AsyncLockRwLock, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    AsyncLockRwLock, MutexLru(ParkingLotMutex), UnderLock, Locked;
    ArcSwap, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    // Every cache over two locks.
    TokioRwLock, ShardedLru(ParkingLotMutex), AfterUnlock, Locked;
    TokioRwLock, QuickCache, AfterUnlock, Locked;
    TokioRwLock, Moka, AfterUnlock, Locked;
    TokioRwLock, Clock, AfterUnlock, Locked;
    ParkingLotRwLock, ShardedLru(ParkingLotMutex), AfterUnlock, Locked;
    ParkingLotRwLock, QuickCache, AfterUnlock, Locked;
    ParkingLotRwLock, Moka, AfterUnlock, Locked;
    ParkingLotRwLock, Clock, AfterUnlock, Locked;
    ArcSwap, Clock, AfterUnlock, Locked;
    // `best`.
    ParkingLotRwLock, Clock, AfterUnlock, Published;
}

/// Builds the backend of choices that are given as types, for what has no name as a strategy.
pub(super) fn assemble_as<
    F: LockFamily,
    C: CacheFamily,
    S: SaveMode<F>,
    P: StateMode,
    St: Store,
    A: Assembly,
>(
    dto: DtoPolicy,
    setup: Setup<St>,
    assembly: A,
) -> A::Output {
    let host: Host<F, C, S, P, St> = Host::new(setup.store, setup.runtime, setup.ids);
    let manager = Arc::new(ChatSessionManager::new(host, setup.capacity, setup.durability));
    let model = Simulator::new(TokioClock, setup.model);
    assembly.with(Backend::new(manager, model, setup.prompts, dto))
}

/// The part of a strategy that is chosen by type.
fn combination(Factors { session, cache, save, state, dto: _ }: Factors) -> Combination {
    (session, cache, save, state)
}

/// Agrees if the combination is compiled.
pub(super) fn check(factors: Factors) -> Result<(), StrategyError> {
    if BUILT.contains(&combination(factors)) {
        return Ok(());
    }
    let Factors { session, save, .. } = factors;
    // The locks that can be held are those that some line of the list holds.
    let able: Vec<_> = LockKind::ALL.into_iter().filter(|lock| can_hold(*lock)).map(LockKind::name).collect();
    if save == SaveKind::UnderLock && !able.contains(&session.name()) {
        return Err(StrategyError::CannotHold { lock: session.name(), able: able.join(", ") });
    }
    Err(not_built(factors))
}

fn not_built(factors: Factors) -> StrategyError {
    let given = written(combination(factors));
    StrategyError::NotBuilt { given, built: combinations().collect::<Vec<_>>().join("\n  ") }
}

fn can_hold(lock: LockKind) -> bool {
    BUILT.iter().any(|(session, _, save, _)| *session == lock && *save == SaveKind::UnderLock)
}

/// The combinations that are compiled, as they are written.
pub fn combinations() -> impl Iterator<Item = String> {
    BUILT.iter().copied().map(written)
}

fn written((session, cache, save, state): Combination) -> String {
    format!("session={session},cache={cache},save={save}{}", state.suffix())
}

#[cfg(test)]
mod tests {
    use super::super::presets::PRESETS;
    use super::*;

    #[test]
    fn every_preset_is_built() {
        for preset in PRESETS {
            check(preset.factors).unwrap_or_else(|error| panic!("{}: {error}", preset.name));
        }
    }

    #[test]
    fn every_lock_is_built_over_one_cache() {
        for session in LockKind::ALL {
            let over = CacheKind::MutexLru(LockKind::ParkingLotMutex);
            assert!(
                BUILT.contains(&(session, over, SaveKind::AfterUnlock, StatePolicy::Locked)),
                "{session}"
            );
        }
    }

    #[test]
    fn every_cache_is_built_over_two_locks() {
        use CacheKind::{Clock, Moka, MutexLru, QuickCache, ShardedLru};
        let inner = LockKind::ParkingLotMutex;
        for cache in [MutexLru(inner), ShardedLru(inner), QuickCache, Moka, Clock] {
            for session in [LockKind::TokioRwLock, LockKind::ParkingLotRwLock] {
                let wanted = (session, cache, SaveKind::AfterUnlock, StatePolicy::Locked);
                assert!(BUILT.contains(&wanted), "{}", written(wanted));
            }
        }
    }

    #[test]
    fn a_lock_that_blocks_cannot_be_held_while_saving() {
        let factors =
            "session=std-mutex,cache=mutex-lru(tokio-mutex),dto=cloned,save=under-lock".parse().unwrap();
        let message = check(factors).unwrap_err().to_string();
        let able = "tokio-mutex, tokio-rwlock, async-lock-mutex, async-lock-rwlock,";
        assert!(message.contains("std-mutex") && message.contains(able), "{message}");
    }

    #[test]
    fn a_combination_that_is_not_built_is_refused_with_the_list() {
        let factors =
            "session=tokio-mutex,cache=mutex-lru(std-rwlock),dto=cloned,save=after-unlock".parse().unwrap();
        let message = check(factors).unwrap_err().to_string();
        for line in combinations() {
            assert!(message.contains(&line), "{message}");
        }
    }
}
