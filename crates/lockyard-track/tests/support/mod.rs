//! What the tests of the tracker share: classes, runtimes, and a way to wait for a finding without a clock.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lockyard_lock::{LockClass, SharedLock, TokioMutex};
use lockyard_track::{Certainty, Finding, Kind, Tracked, TrackedLock, Tracker};

pub static A: LockClass = LockClass::new("a");
pub static B: LockClass = LockClass::new("b");

pub type Mutex<T> = TrackedLock<TokioMutex, T>;
pub type TrackedMutex = Tracked<TokioMutex>;

/// Long against any machine's worst moment: only a test that fails waits for so long.
const DEADLINE: Duration = Duration::from_mins(1);

/// What a tracker reports, in this order.
pub struct Reports(Receiver<Finding>);

pub fn tracker() -> (Tracker, Reports) {
    let (send, reports) = channel();
    let tracker = Tracker::new();
    tracker.on_finding(move |finding| drop(send.send(finding.clone())));
    (tracker, Reports(reports))
}

impl Reports {
    /// Waits for the first one of this kind.
    pub fn wait_for(&self, kind: Kind) -> Finding {
        loop {
            let finding = self.0.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("no {kind} was reported"));
            if finding.kind == kind {
                return finding;
            }
        }
    }
}

/// A runtime on this thread alone.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs a future to its end on this thread, as a task that may be looked at from outside.
pub fn run<T>(tracker: &Tracker, future: impl Future<Output = T>) -> T {
    runtime().block_on(tracker.scope("main", future))
}

/// Lets other tasks run until so many acquisitions have not got their lock at once.
pub async fn until_waiting(tracker: &Tracker, acquisitions: u64) {
    while tracker.contended_acquisitions() < acquisitions {
        tokio::task::yield_now().await;
    }
}

/// Lets other tasks run until this is suspected, or surer.
pub async fn until_suspected(tracker: &Tracker, kind: Kind) {
    while !tracker.findings().iter().any(|finding| finding.kind == kind) {
        tokio::task::yield_now().await;
    }
}

/// Lets other tasks run until something is wrong, for sure.
pub async fn until_alarmed(tracker: &Tracker) {
    while alarms(tracker).is_empty() {
        tokio::task::yield_now().await;
    }
}

/// Runs a program that hangs, and gives it up where it stands once `seen` has come to its end.
pub async fn hangs_until<T>(seen: impl Future<Output = ()>, hangs: impl Future<Output = T>) {
    tokio::select! { _ = hangs => panic!("it should have hung"), () = seen => {} }
}

/// What is wrong, for sure.
pub fn alarms(tracker: &Tracker) -> Vec<Kind> {
    let certain = tracker.findings().into_iter().filter(|finding| finding.certainty == Certainty::Certain);
    certain.map(|finding| finding.kind).collect()
}

pub fn lock<L: SharedLock<u32>>(class: &'static LockClass) -> L {
    L::new(class, 0)
}
