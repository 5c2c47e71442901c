//! Futurelock: a future of one task that has the lock, or was granted it, and is no longer polled by the task, which waits
//! for that same lock. (D. Pacheco, E. Lunnikivi, Oxide RFD 609, "Futurelock", 2025.)
//!
//! From the outside it looks like a branch that is slow. It is distinguished from one by polls: once the other future was
//! woken, the one that waits has its task polled some more times. A task that runs its branches (`join!`, a set of
//! futures) polls those that were woken; a task that has turned away from one (`select!`) does not. A set that takes turns
//! may take more rounds, so this is a suspicion. It is certain when nothing but the lock can wake the task, or when the
//! future was not polled for a watch's patience.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use super::found::{LeftFuture, Obstacle};
use super::mode::Mode;
use super::report;
use super::strand::Strand;
use super::wait::Wait;

/// How often the task is polled before the suspicion. One would do for `join!`; sets of futures take turns.
const TIMES: u32 = 3;

/// What one wait has seen so far.
#[derive(Default)]
pub(super) struct Probe {
    /// The future in the way, as often as it had been polled, and how often the task has been polled since.
    seen: Option<(LeftFuture, u32)>,
}

impl Probe {
    /// Looks whether a future of the same task is in the way and not polled. To be called after each poll of the wait.
    pub(super) fn look(&mut self, wait: &Arc<Wait>) {
        let Some(left) = granted_and_left(wait).or_else(|| holding_and_left(wait)) else {
            self.seen = None;
            return;
        };
        // It counts from the beginning where the future was polled meanwhile. The mark of its wake-up alone does not
        // say so: a future that wakes itself in each of its polls bears it again at once.
        let times = match self.seen {
            Some((same, times)) if same == left.future => times,
            _ => 0,
        };
        // Each nudge has the task polled once more. A task that runs both futures polls the woken one in one of
        // these rounds; a report in the first round would accuse a `join!` that polls the waiting branch before the
        // woken one.
        if times < TIMES {
            self.seen = Some((left.future, times + 1));
            wait.nudge();
        } else if !wait.reported.swap(true, SeqCst) {
            // The swap makes it one report per wait. It orders nothing else.
            report::futurelock(wait, &left);
        }
    }
}

/// Looks after a wait that has lasted, as all of `long` have. A branch that has ended wakes its task no more, and so has it
/// not polled: a future that was polled in one, and was left, is found by nothing else.
pub(super) fn look_after(wait: &Arc<Wait>, long: &[Arc<Wait>]) {
    if let Some(left) = granted_and_left(wait).or_else(|| woken_and_left(wait, long))
        && !wait.reported.swap(true, SeqCst)
    {
        report::futurelock(wait, &left);
    }
}

/// Another wait of this task for the same event that began before and was woken: what it was woken for, such as room in a
/// channel, is not given to the next.
fn woken_and_left(wait: &Arc<Wait>, long: &[Arc<Wait>]) -> Option<Obstacle> {
    let is_left = |it: &&Arc<Wait>| {
        it.number < wait.number
            && (it.mode, wait.mode) == (Mode::Event, Mode::Event)
            && (it.lock.id, it.strand.task) == (wait.lock.id, wait.strand.task)
            && it.is_woken()
    };
    let left = long.iter().find(is_left).filter(|_| !wait.is_woken())?;
    let future = LeftFuture::Wait(left.number, left.polls());
    Some(Obstacle { future, title: left.strand.title(), has: "was granted it", at: left.at })
}

/// Another wait of this task for this lock that came before and was woken: it was granted the lock.
fn granted_and_left(wait: &Arc<Wait>) -> Option<Obstacle> {
    let is_left = |it: &Wait| {
        it.number != wait.number
            && it.strand.task == wait.strand.task
            // A later place cannot have been granted before this one by a lock that grants in order.
            && it.place() < wait.place()
            && it.woken.load(SeqCst)
    };
    // The only wait of its task has none before it there.
    let alone = wait.strand.state().waits.len() < 2 && !wait.strand.is_of_many();
    // Asked under the mutex without copying: the queue may be long, and the answer is nearly always no.
    if alone || !wait.lock.any_queued(is_left) {
        return None;
    }
    let queue = wait.lock.queued();
    // Asked again of the copy: the wait may have ended since.
    let left = queue.iter().find(|it| is_left(it))?;
    let future = LeftFuture::Wait(left.number, left.polls());
    Some(Obstacle { future, title: left.strand.title(), has: "was granted it", at: left.at })
}

/// A branch of this task that holds this lock and was woken.
fn holding_and_left(wait: &Arc<Wait>) -> Option<Obstacle> {
    Strand::branches_beside(&wait.strand).into_iter().filter(|branch| branch.is_woken()).find_map(|branch| {
        let hold = branch.hold_of(wait.lock.id)?;
        let future = LeftFuture::Branch(branch.id, branch.polls(), hold.number);
        Some(Obstacle { future, title: branch.title(), has: "holds it, taken", at: hold.taken.place })
    })
}
