//! Backends with every lock tracked, and what they run on.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::backend::service::{Backend, DtoPolicy, DynBackend, Simulator};
use crate::backend::session::{ChatSessionManager, SaveMode, StateMode};
use lockyard_lock::{LockFamily, TokioMutex};
use lockyard_track::{Tracked, Tracker};

use super::assemble::Setup;
use super::cache::CacheFamily;
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

/// Builds the backend of tracked locks that are given as types.
pub(super) fn tracked_backend_of<F: LockFamily, C: CacheFamily, S: SaveMode<F>, P: StateMode>(
    dto: DtoPolicy,
    setup: Setup<AnyStore>,
    tracker: &Tracker,
) -> Arc<dyn DynBackend> {
    let runtime = TrackedRuntime { runtime: setup.runtime, tracker: tracker.clone() };
    let host: Host<F, C, S, P, _, _> = Host::new(setup.store, runtime, setup.ids);
    // The cache makes its lock now, which shall belong to this tracker.
    let manager =
        tracker.within("set up", || ChatSessionManager::new(host, setup.capacity, setup.durability));
    let model = Simulator::new(TokioClock, setup.model);
    let manager = Arc::new(manager.within(setup.limits));
    Arc::new(Backend::new(manager, model, setup.prompts, dto))
}
