//! Findings of a test are its failure.

use std::time::Duration;

use lockyard_track::{Certainty, Finding, Tracker, WatchGuard};

use super::notify;
use crate::{idle, tracked};

/// What has not moved for so long in a test counts as stuck.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tracks what follows in a test, and fails the test with what was found.
///
/// Inside a task (such as the body of a `#[tokio::test]`) it tracks that task's runtime, and what that runtime's tasks use
/// from now on. Outside, it tracks what this thread does, the runtimes that it makes and all that they run. Tests that run
/// beside each other share nothing.
///
/// A test that would hang fails: tasks that are stuck for certain, or for a second, panic with the finding. So do the tasks of
/// a test all of which have slept for a second, and none of which could wake another: a thread that is not known would have to
/// notify them, or add the permit, within that second.
///
/// ```should_panic
/// # use lockyard_tokio as tokio;
/// use tokio::sync::Mutex;
///
/// #[tokio::main(flavor = "current_thread")] // in a test: #[tokio::test]
/// async fn main() {
///     let _guard = tokio::lockyard::deny_findings();
///     let (orders, stock) = (Mutex::new(1), Mutex::new(2));
///     drop((orders.lock().await, stock.lock().await));
///     drop((stock.lock().await, orders.lock().await)); // the other way round: nothing hangs, and the test fails
/// }
/// ```
///
/// # Panics
/// The guard, when it is dropped, with everything that was found and has not dissolved; unless the thread panics already.
pub fn deny_findings() -> DenyGuard {
    let in_task = Tracker::of_scope();
    let is_of_thread = in_task.is_none();
    let tracker = in_task.unwrap_or_else(Tracker::new_off);
    let before = if is_of_thread { tracked::set_thread(Some(tracker.clone())) } else { None };
    tracker.switch_on();
    tracker.panic_when_stuck();
    tracker.on_finding(notify::to_tracing);
    idle::add(tracker.clone());
    let watch = Some(tracker.watch(PATIENCE));
    DenyGuard { tracker, is_of_thread, before, watch, suspected: true }
}

/// Tracks until it is dropped, and fails then if anything was found.
#[must_use = "tracking ends when it is dropped"]
pub struct DenyGuard {
    tracker: Tracker,
    /// Whether it is the thread's, and what that had before.
    is_of_thread: bool,
    before: Option<Tracker>,
    watch: Option<WatchGuard>,
    suspected: bool,
}

impl DenyGuard {
    /// Fails for what is certain alone.
    pub fn allow_suspected(mut self) -> Self {
        self.suspected = false;
        self
    }

    /// The tracker, for what else it knows.
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    fn denied(&self) -> Vec<Finding> {
        let is_denied = |it: &Finding| match it.certainty {
            Certainty::Certain => true,
            Certainty::Suspected => self.suspected,
            Certainty::Dissolved => false,
        };
        self.tracker.findings().into_iter().filter(is_denied).collect()
    }
}

impl Drop for DenyGuard {
    fn drop(&mut self) {
        self.tracker.idle();
        drop(self.watch.take());
        idle::remove(&self.tracker);
        self.tracker.switch_off();
        if self.is_of_thread {
            tracked::set_thread(self.before.take());
        }
        let denied = self.denied();
        // A second panic would abort the process, and the first one says more.
        if !denied.is_empty() && !std::thread::panicking() {
            let words: Vec<_> = denied.iter().map(notify::words).collect();
            panic!("{}", words.join("\n\n"));
        }
    }
}
