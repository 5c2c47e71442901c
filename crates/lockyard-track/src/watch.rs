//! What only time can show: a watch over a tracker from a thread of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::clock;
use super::futurelock;
use super::hold::Hold;
use super::mode::Mode;
use super::quiet;
use super::report;
use super::strand::Strand;
use super::tracker::Tracker;
use super::wait::Wait;

/// So many patiences a suspicion that can never be certain has to stand before a tracker that panics ends its tasks: a channel's
/// end may have gone to a task that has not used it yet, and is only slow.
const UNSEEN_TAKES: u128 = 5;

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
        self.look_for_deadlocks();
        let now = clock::now();
        let long = |wait: &Arc<Wait>| u128::from(clock::nanos(wait.asked, now)) >= patience.as_nanos();
        let waits: Vec<_> = self.waits().into_iter().filter(long).collect();
        if waits.is_empty() {
            return;
        }
        self.confirm(&waits);
        // What rests on who used something last may be nothing, and takes longer to end a task.
        let very_long = |wait: &&Arc<Wait>| {
            u128::from(clock::nanos(wait.asked, now)) >= patience.as_nanos() * UNSEEN_TAKES
        };
        let unseen: Vec<_> = waits.iter().filter(very_long).cloned().collect();
        self.panic_in(&self.found().standing(&waits, &unseen));
        let strands = Strand::all();
        let is_long = |nanos: &u64| u128::from(*nanos) >= patience.as_nanos();
        for wait in waits.iter().filter(|wait| !wait.accused.load(SeqCst) && !wait.lock.ends.is_time()) {
            if wait.lock.blocks {
                // Whatever its holder waits for, the thread that has to resume it may be the one that is blocked here.
                if let Some((holder, hold)) = holder(wait, &strands)
                    && let Some(asleep) = holder.asleep(now).filter(is_long)
                    && hold.is_hazard
                {
                    report::stuck(
                        wait,
                        &holder,
                        &hold,
                        asleep,
                        "and may need the thread that is blocked here",
                    );
                }
                continue;
            }
            futurelock::look_after(wait, &waits);
            if wait.accused.load(SeqCst) {
                continue;
            }
            let is_lock = wait.lock.ends.is_unlock();
            let holder = is_lock.then(|| holder(wait, &strands)).flatten();
            // The flag and then the count, as `enter` writes the count and then the flag: the flag of a later poll
            // comes with its count, which differs from that of the wait.
            if wait.strand.is_running() == Some(true) && wait.strand.polls() == wait.polls_before {
                report::block_on(wait, holder.as_ref());
            } else if let Some((holder, hold)) = &holder {
                if let Some(stopped) = holder.stopped(now).filter(is_long) {
                    report::stuck(wait, holder, hold, stopped, "and waits for nothing that is tracked");
                }
            } else if is_lock && is_first_and_asleep(wait) && !wait.lock.may_be_held_unnoticed() {
                report::lost_wake_up(wait);
            }
        }
        if self.panics() {
            quiet::look(self, patience);
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
