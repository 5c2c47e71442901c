//! Where what belongs to a system runs: a runtime, and the scopes of a tracker where its locks are tracked.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use lockyard_track::{Certainty, Tracker, label};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// What the driver itself runs as.
pub(crate) const OWN: &str = "driver";

/// A tokio runtime, and perhaps a tracker in whose scopes everything runs.
#[derive(Clone)]
pub struct Runtime {
    handle: Handle,
    tracker: Option<Tracker>,
    /// Some of what runs here waits indefinitely.
    doomed: Arc<AtomicBool>,
}

impl Runtime {
    /// Without a tracker.
    #[must_use]
    pub fn plain(handle: &Handle) -> Self {
        Self { handle: handle.clone(), tracker: None, doomed: Arc::default() }
    }

    /// With a tracker of its own. `alarm` is called when it is certain that something here waits indefinitely.
    pub(super) fn tracked(handle: &Handle, alarm: impl Fn() + Send + Sync + 'static) -> Self {
        let (tracker, doomed) = (Tracker::new(), Arc::new(AtomicBool::new(false)));
        let runtime = Self { handle: handle.clone(), tracker: Some(tracker.clone()), doomed: doomed.clone() };
        tracker.on_finding(move |finding| {
            if finding.certainty == Certainty::Certain && finding.kind.is_deadly() {
                doomed.store(true, Relaxed);
                alarm();
            }
        });
        runtime
    }

    /// Tokio's handle to it.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The tracker, where locks are tracked.
    #[must_use]
    pub fn tracker(&self) -> Option<&Tracker> {
        self.tracker.as_ref()
    }

    /// Whether some of what runs here is known to wait indefinitely.
    pub(crate) fn is_doomed(&self) -> bool {
        self.doomed.load(Relaxed)
    }

    /// Runs a future to its end, as something of the driver's own: what it does with locks counts for no subject.
    ///
    /// # Panics
    /// When called from a task of a runtime.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let mut answer = None;
        self.drive(pin!(async { answer = Some(future.await) }));
        answer.expect("a future that has ended has an answer")
    }

    /// [`block_on`](Self::block_on) as an object: what a runtime takes to wait is compiled once, and not for each future.
    fn drive(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        match &self.tracker {
            None => self.handle.block_on(future),
            Some(tracker) => self.handle.block_on(tracker.scope(OWN, async {
                label(OWN);
                future.await;
            })),
        }
    }

    /// Runs a future beside everything else, under a name that findings show.
    pub fn spawn(
        &self,
        name: impl FnOnce() -> String,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        match &self.tracker {
            None => self.handle.spawn(future),
            Some(tracker) => self.spawn_tracked(tracker, name(), Box::pin(future)),
        }
    }

    /// An object, so that the tasks of every system are not compiled twice, once with a tracker.
    fn spawn_tracked(
        &self,
        tracker: &Tracker,
        name: String,
        future: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> JoinHandle<()> {
        self.handle.spawn(tracker.task(name.into(), future))
    }
}
