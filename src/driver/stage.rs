//! Where what belongs to a rival runs: a runtime, and the scopes of a tracker where its locks are tracked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use lockyard_track::{Standing, Tracker};

/// What the driver itself runs as.
pub(super) const OWN: &str = "driver";

/// A runtime, and perhaps a tracker.
#[derive(Clone)]
pub(super) struct Stage {
    runtime: Handle,
    tracker: Option<Tracker>,
    /// Some of what runs here waits for ever.
    doomed: Arc<AtomicBool>,
}

impl Stage {
    /// Without a tracker.
    pub(super) fn plain(runtime: &Handle) -> Self {
        Self { runtime: runtime.clone(), tracker: None, doomed: Arc::default() }
    }

    /// With a tracker of its own. `alarm` is called when it is certain that somebody here will wait for ever.
    pub(super) fn tracked(runtime: &Handle, alarm: impl Fn() + Send + Sync + 'static) -> Self {
        let (tracker, doomed) = (Tracker::new(), Arc::new(AtomicBool::new(false)));
        let stage = Self { runtime: runtime.clone(), tracker: Some(tracker.clone()), doomed: doomed.clone() };
        tracker.on_finding(move |finding| {
            if finding.standing == Standing::Certain && finding.kind.is_deadly() {
                doomed.store(true, Relaxed);
                alarm();
            }
        });
        stage
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(super) fn tracker(&self) -> Option<&Tracker> {
        self.tracker.as_ref()
    }

    /// Whether some of what runs here is known to wait for ever.
    pub(super) fn is_doomed(&self) -> bool {
        self.doomed.load(Relaxed)
    }

    /// Runs a future of the driver's own to its end. What it does with locks counts under [`OWN`].
    pub(super) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        match &self.tracker {
            None => self.runtime.block_on(future),
            Some(tracker) => self.runtime.block_on(tracker.scope(OWN, async {
                lockyard_track::label(OWN);
                future.await
            })),
        }
    }

    /// Runs a future beside everything else, under a name.
    pub(super) fn spawn(
        &self,
        name: impl FnOnce() -> String,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        match &self.tracker {
            None => self.runtime.spawn(future),
            Some(tracker) => self.runtime.spawn(tracker.task(name().into(), future)),
        }
    }
}
