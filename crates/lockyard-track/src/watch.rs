//! What only time can tell: a watch over a tracker from a thread of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::clock;
use super::finding::{Finding, Kind};
use super::hold::Hold;
use super::mode::Mode;
use super::report;
use super::strand::Strand;
use super::tracker::{FindingSubject, Tracker};
use super::wait::Wait;

/// Watches over a tracker until it is dropped.
///
/// A cycle of waits is found the moment it closes; nobody needs a watch for that. It takes one for what can be told from
/// a slow program by time alone: a task that waits for itself, a thread blocked inside a poll, a wake-up that was lost.
#[must_use = "nobody watches any more once it is dropped"]
pub struct WatchGuard {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Tracker {
    /// Watches from now on. What has not moved for `patience` counts as stuck: choose it long against any hold in the
    /// program, for a branch that holds a lock for longer while another one waits is told to be stuck.
    ///
    /// # Panics
    /// If no thread can be had.
    pub fn watch(&self, patience: Duration) -> WatchGuard {
        let (stop, stopped) = channel::<()>();
        let tracker = self.clone();
        let tick = (patience / 4).max(Duration::from_millis(1));
        let watch = move || {
            // Nothing is ever sent: the channel's end is the signal, and waiting for it is the tick.
            while stopped.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                tracker.look(patience);
            }
        };
        let thread = thread::Builder::new().name("lockyard-track".to_owned()).spawn(watch);
        WatchGuard { stop: Some(stop), thread: Some(thread.expect("a thread for the watch")) }
    }

    /// Looks once, as a [`watch`](Self::watch) does again and again.
    pub fn look(&self, patience: Duration) {
        let now = clock::now();
        let long = |wait: &Arc<Wait>| u128::from(clock::nanos(wait.asked, now)) >= patience.as_nanos();
        let waits: Vec<_> = self.waits().into_iter().filter(long).collect();
        if waits.is_empty() {
            return;
        }
        self.confirm(|finding, about| confirmed(finding, about, &waits));
        let strands = Strand::all();
        for wait in waits.iter().filter(|wait| !wait.accused.load(SeqCst) && !wait.lock.blocks) {
            let holder = holder(wait, &strands);
            // The flag and then the count, as `enter` writes the count and then the flag: the flag of a later poll
            // comes with its count, which differs from that of the wait.
            if wait.strand.is_running() == Some(true) && wait.strand.polls() == wait.polls_before {
                report::block_on(wait, holder.as_ref());
            } else if holder.is_none() && is_lost(wait) {
                report::lost_wake_up(wait);
            }
        }
    }
}

/// What a suspicion has turned out to be, if all its waits are among those that are on for long.
fn confirmed(finding: &Finding, about: &FindingSubject, waits: &[Arc<Wait>]) -> Option<Kind> {
    if !about.waits.iter().all(|number| waits.iter().any(|wait| wait.number == *number)) {
        return None;
    }
    match about.branch {
        None => Some(finding.kind),
        // A branch that was polled meanwhile may be at work.
        Some((branch, polls)) => {
            Strand::of(branch).filter(|branch| branch.polls() == polls).map(|_| Kind::Futurelock)
        }
    }
}

/// Whoever keeps this one waiting by holding the lock.
fn holder(wait: &Wait, strands: &[Arc<Strand>]) -> Option<(Arc<Strand>, Hold)> {
    strands.iter().find_map(|strand| Some((strand.clone(), strand.hold_of(wait.lock.id)?)))
}

/// First in line, for a lock that nobody holds, and not woken.
fn is_lost(wait: &Arc<Wait>) -> bool {
    let line = wait.lock.line();
    // Whoever was woken has the lock, and will be polled, or is to blame.
    line.iter().all(|it| !it.woken.load(SeqCst))
        && line.first().is_some_and(|first| first.number == wait.number)
        && wait.mode != Mode::Look
}

impl Drop for WatchGuard {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed; dropping is no place for a second one.
            let _ = thread.join();
        }
    }
}
