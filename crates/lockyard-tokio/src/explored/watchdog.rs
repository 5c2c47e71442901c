//! A poll that never returns hangs a search, and nothing but the end of the process can stop it. So a thread looks whether runs
//! still begin, and says what is wrong before it ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// So long no run is, with ten thousand steps at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// Names another time, in seconds.
const VARIABLE: &str = "LOCKYARD_STEP_SECONDS";

/// Watches until it is dropped.
pub(crate) struct Watchdog {
    runs: Arc<AtomicU64>,
    _stop: Sender<()>,
}

impl Watchdog {
    /// Over the search of this test.
    pub(crate) fn begin(test: String) -> Self {
        let (stop, stopped) = channel::<()>();
        let runs = Arc::new(AtomicU64::new(0));
        let seen = runs.clone();
        let seconds = std::env::var(VARIABLE).ok().and_then(|it| it.parse().ok());
        let patience = seconds.map_or(PATIENCE, Duration::from_secs);
        let watch = move || {
            let mut before = seen.load(Relaxed);
            while stopped.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                let now = seen.load(Relaxed);
                if now == before {
                    eprintln!(
                        "lockyard: {test}: in run {now} a step has not returned for {patience:?}: a future blocks its thread \
                         while it is polled, by a lock of std, `block_on` or a loop without an await. Nothing can stop it, so \
                         the process ends here ({VARIABLE} is how long that takes)"
                    );
                    std::process::exit(101);
                }
                before = now;
            }
        };
        // Without a thread the search is as right, and hangs where it would hang.
        let _ = std::thread::Builder::new().name("lockyard-explore".to_owned()).spawn(watch);
        Self { runs, _stop: stop }
    }

    /// A run begins.
    pub(crate) fn run_begins(&self) {
        self.runs.fetch_add(1, Relaxed);
    }
}
