//! The presets once more, with every lock tracked. They are other types, so that what is not tracked pays nothing for it;
//! and only the presets, since each costs build time.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::backend::service::{Backend, DynBackend, Simulator};
use crate::backend::session::{
    AfterUnlock, ChatSessionManager, Locked, Published, SaveMode, StateMode, UnderLock,
};
use lockyard_lock::{
    ArcSwap, AsyncLockMutex, AsyncLockRwLock, LockFamily, ParkingLotFairMutex, ParkingLotMutex,
    ParkingLotRwLock, StdMutex, StdRwLock, TokioMutex, TokioRwLock,
};
use lockyard_track::{Tracked, Tracker};

use super::assemble::Setup;
use super::cache::{CacheFamily, family};
use super::error::StrategyError;
use super::factors::{CacheKind, Factors, LockKind, SaveKind, StatePolicy};
use super::host::{Executor, Host, TokioClock};
use super::presets::PRESETS;
use super::stores::AnyStore;

/// A runtime whose background work runs in scopes of a tracker, and has tracked gates.
pub struct TrackedRuntime {
    runtime: Handle,
    tracker: Tracker,
}

impl Executor for TrackedRuntime {
    type Gate = Tracked<TokioMutex>;

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(self.tracker.task("background".into(), future));
    }
}

macro_rules! tracked {
    ($($session:ident, $cache:ident $(($lock:ident))?, $save:ident, $state:ident;)*) => {
        fn dispatch(factors: Factors, setup: Setup<AnyStore>, tracker: &Tracker) -> Option<Arc<dyn DynBackend>> {
            match (factors.session, factors.cache, factors.save, factors.state) {
                $((
                    LockKind::$session,
                    CacheKind::$cache $((LockKind::$lock))?,
                    SaveKind::$save,
                    StatePolicy::$state,
                ) => {
                    let build = build::<Tracked<$session>, family::$cache $(<Tracked<$lock>>)?, $save, $state>;
                    Some(build(factors, setup, tracker))
                })*
                _ => None,
            }
        }
    };
}

tracked! {
    TokioMutex, MutexLru(TokioMutex), UnderLock, Locked;
    TokioMutex, MutexLru(TokioMutex), AfterUnlock, Locked;
    TokioRwLock, MutexLru(TokioMutex), AfterUnlock, Locked;
    TokioMutex, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    TokioRwLock, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    ParkingLotMutex, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    ParkingLotRwLock, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    ParkingLotFairMutex, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    StdMutex, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    StdRwLock, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    AsyncLockMutex, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    AsyncLockRwLock, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    ArcSwap, MutexLru(ParkingLotMutex), AfterUnlock, Locked;
    ParkingLotRwLock, Clock, AfterUnlock, Published;
}

fn build<F: LockFamily, C: CacheFamily, S: SaveMode<F>, P: StateMode>(
    factors: Factors,
    setup: Setup<AnyStore>,
    tracker: &Tracker,
) -> Arc<dyn DynBackend> {
    let runtime = TrackedRuntime { runtime: setup.runtime, tracker: tracker.clone() };
    let host: Host<F, C, S, P, _, _> = Host::new(setup.store, runtime, setup.ids);
    // The cache makes its lock now, which shall belong to this tracker.
    let manager =
        tracker.within("set up", || ChatSessionManager::new(host, setup.capacity, setup.durability));
    let model = Simulator::new(TokioClock, setup.model);
    Arc::new(Backend::new(Arc::new(manager), model, setup.prompts, factors.dto))
}

/// Builds the backend of a preset with every lock tracked by `tracker`: the cache's, the sessions' and their gates. Whoever
/// asks it must do so in scopes of the tracker, or else the locks of sessions that are loaded then belong to
/// [another one](Tracker::current).
///
/// # Errors
/// [`StrategyError::NotTracked`] for other strategies.
pub fn assemble_tracked(
    factors: Factors,
    setup: Setup<AnyStore>,
    tracker: &Tracker,
) -> Result<Arc<dyn DynBackend>, StrategyError> {
    dispatch(factors, setup, tracker).ok_or_else(|| StrategyError::NotTracked {
        given: factors.to_string(),
        presets: PRESETS.map(|preset| preset.name).join(", "),
    })
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use crate::backend::service::{CreateContext, Prompts, SimulatorConfig};
    use crate::backend::session::Durability;
    use crate::backend::store::{Faults, MemoryStore};

    use super::super::host::IdSource;
    use super::super::stores::in_memory;
    use super::*;

    fn setup(runtime: &Handle) -> Setup<AnyStore> {
        Setup {
            store: in_memory(MemoryStore::default(), Faults::default()),
            capacity: NonZeroUsize::MIN,
            durability: Durability::WriteThrough,
            model: SimulatorConfig::default(),
            prompts: Prompts::default(),
            ids: IdSource::seeded(1),
            runtime: runtime.clone(),
        }
    }

    /// The classes whose locks were taken, by preset: none is left out, and none of their locks belongs to another tracker.
    #[test]
    fn every_preset_is_built_tracked() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for preset in &PRESETS {
            let tracker = Tracker::new();
            let backend = assemble_tracked(preset.factors, setup(runtime.handle()), &tracker).unwrap();
            let request = CreateContext { model_id: "m".into(), mode: "chat".into(), system_prompt_id: None };
            runtime.block_on(tracker.scope("test", async {
                let id = backend.create(request).await.unwrap();
                backend.context(id).await.unwrap();
            }));
            let times = tracker.times();
            let classes: Vec<_> = times.iter().map(|it| it.class.name()).collect();
            let expected: &[_] =
                if preset.name == "best" { &["gate", "session"] } else { &["cache", "gate", "session"] };
            assert_eq!(classes, expected, "{}", preset.name);
        }
    }

    #[test]
    fn others_are_refused_with_the_list() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let moka = "session=tokio-rwlock,cache=moka,dto=borrowed,save=after-unlock".parse().unwrap();
        let refused = assemble_tracked(moka, setup(runtime.handle()), &Tracker::new());
        let message = refused.err().unwrap().to_string();
        assert!(message.contains("cache=moka") && message.contains("before, naive, after"), "{message}");
    }
}
