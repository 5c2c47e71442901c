//! Backends of the presets with every lock tracked, and what they run on.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::backend::service::{Backend, DtoPolicy, DynBackend, Simulator};
use crate::backend::session::{ChatSessionManager, SaveMode, StateMode};
use lockyard_lock::{LockFamily, TokioMutex};
use lockyard_track::{Tracked, Tracker};

use super::assemble::Setup;
use super::cache::CacheFamily;
use super::combinations::{WithTypes, dispatch_tracked};
use super::error::StrategyError;
use super::factors::Factors;
use super::host::{Executor, Host, TokioClock};
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

/// Builds the backend of a preset with every lock tracked by `tracker`: the cache's, the sessions' and their gates. Callers
/// must ask it in scopes of the tracker, or else the locks of sessions that are loaded then belong to
/// [another one](Tracker::current).
///
/// # Errors
/// [`StrategyError::NotTracked`] for other strategies.
pub fn assemble_tracked(
    factors: Factors,
    setup: Setup<AnyStore>,
    tracker: &Tracker,
) -> Result<Arc<dyn DynBackend>, StrategyError> {
    struct Assemble<'a> {
        dto: DtoPolicy,
        setup: Setup<AnyStore>,
        tracker: &'a Tracker,
    }

    impl WithTypes for Assemble<'_> {
        type Output = Arc<dyn DynBackend>;

        fn with<F: LockFamily, C: CacheFamily, S: SaveMode<F>, P: StateMode>(self) -> Arc<dyn DynBackend> {
            let Self { dto, setup, tracker } = self;
            let runtime = TrackedRuntime { runtime: setup.runtime, tracker: tracker.clone() };
            let host: Host<F, C, S, P, _, _> = Host::new(setup.store, runtime, setup.ids);
            // The cache makes its lock now, which shall belong to this tracker.
            let manager =
                tracker.within("set up", || ChatSessionManager::new(host, setup.capacity, setup.durability));
            let model = Simulator::new(TokioClock, setup.model);
            Arc::new(Backend::new(Arc::new(manager), model, setup.prompts, dto))
        }
    }

    dispatch_tracked(factors, Assemble { dto: factors.dto, setup, tracker })
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use crate::backend::service::{CreateContext, Prompts, SimulatorConfig};
    use crate::backend::session::Durability;
    use crate::backend::store::{Faults, MemoryStore};

    use super::super::host::IdSource;
    use super::super::presets::PRESETS;
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
