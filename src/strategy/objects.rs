//! Any strategy's backend as an object, for callers that do not depend on the locks inside: built in, or of a program's own.

use std::sync::Arc;

use crate::backend::service::{Backend, DtoPolicy, DynBackend, Simulator};
use crate::backend::session::{Env, SaveMode, StateMode};
use lockyard_lock::LockFamily;
use lockyard_track::Tracker;

use super::assemble::{Assembly, Setup, assemble};
use super::cache::CacheFamily;
use super::combinations::{WithTypes, dispatch_tracked};
use super::custom_strategy::custom_of;
use super::error::StrategyError;
use super::factors::Factors;
use super::host::TokioClock;
use super::stores::AnyStore;
use super::tracked::tracked_backend_of;

/// The backend of a strategy as an object.
///
/// # Errors
/// As [`assemble`].
pub fn assemble_dyn(factors: Factors, setup: Setup<AnyStore>) -> Result<Arc<dyn DynBackend>, StrategyError> {
    struct Object;

    impl Assembly for Object {
        type Output = Arc<dyn DynBackend>;

        fn with<E: Env>(self, backend: Backend<E, Simulator<TokioClock>>) -> Self::Output {
            Arc::new(backend)
        }
    }

    match custom_of(factors) {
        Some(custom) => Ok(custom.assemble(factors.dto, setup)),
        None => assemble(factors, setup, Object),
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
            tracked_backend_of::<F, C, S, P>(self.dto, self.setup, self.tracker)
        }
    }

    match custom_of(factors) {
        Some(custom) => Ok(custom.assemble_tracked(factors.dto, setup, tracker)),
        None => dispatch_tracked(factors, Assemble { dto: factors.dto, setup, tracker }),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use crate::backend::service::{CreateContext, Prompts, SimulatorConfig};
    use crate::backend::session::{Durability, SessionLimits};
    use crate::backend::store::{Faults, MemoryStore};

    use tokio::runtime::Handle;

    use super::super::host::IdSource;
    use super::super::presets::PRESETS;
    use super::super::stores::in_memory;
    use super::*;

    fn setup(runtime: &Handle) -> Setup<AnyStore> {
        Setup {
            store: in_memory(MemoryStore::default(), Faults::default()),
            capacity: NonZeroUsize::MIN,
            durability: Durability::WriteThrough,
            limits: SessionLimits::default(),
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
