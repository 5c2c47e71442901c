//! What only time can show: a watch over a tracker from a thread of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::clock;
use super::hold::Hold;
use super::mode::Mode;
use super::report;
use super::strand::Strand;
use super::tracker::Tracker;
use super::wait::Wait;

/// Watches over a tracker until it is dropped.
///
/// A cycle of waits is found the moment it closes; that needs no watch. It takes one for what only time
/// distinguishes from a slow program: a task that waits for itself, a thread blocked inside a poll, a wake-up that was lost.
#[must_use = "dropping it ends the watch"]
pub struct WatchGuard {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Tracker {
    /// Watches from now on. What has not moved for `patience` counts as stuck: choose it long against any hold in the
    /// program, for a branch that holds a lock for longer while another one waits is reported as stuck.
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
        self.confirm(&waits);
        let strands = Strand::all();
        for wait in waits.iter().filter(|wait| !wait.accused.load(SeqCst) && !wait.lock.blocks) {
            let holder = holder(wait, &strands);
            // The flag and then the count, as `enter` writes the count and then the flag: the flag of a later poll
            // comes with its count, which differs from that of the wait.
            if wait.strand.is_running() == Some(true) && wait.strand.polls() == wait.polls_before {
                report::block_on(wait, holder.as_ref());
            } else if let Some((holder, hold)) = &holder {
                if let Some(stopped) = holder.stopped(now).filter(|it| u128::from(*it) >= patience.as_nanos())
                {
                    report::stuck(wait, holder, hold, stopped);
                }
            } else if is_first_and_asleep(wait) && !wait.lock.may_be_held_unnoticed() {
                report::lost_wake_up(wait);
            }
        }
    }
}

/// The strand that keeps this one waiting by holding the lock.
pub(super) fn holder(wait: &Wait, strands: &[Arc<Strand>]) -> Option<(Arc<Strand>, Hold)> {
    strands.iter().find_map(|strand| Some((strand.clone(), strand.hold_of(wait.lock.id)?)))
}

/// First in the queue of a lock, and not woken.
pub(super) fn is_first_and_asleep(wait: &Arc<Wait>) -> bool {
    let queue = wait.lock.queued();
    // A waiter that was woken has the lock, and will be polled, or is to blame.
    queue.iter().all(|it| !it.woken.load(SeqCst))
        && queue.first().is_some_and(|first| first.number == wait.number)
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
