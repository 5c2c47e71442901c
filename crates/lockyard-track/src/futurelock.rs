//! Futurelock: a future of one task that has the lock, or was granted it, and is left alone by the task, which waits for
//! that same lock.
//!
//! From the outside it looks like a branch that is slow. It is told from one by asking: once the other future was woken,
//! the one that waits has its task polled some more times. A task that runs its branches (`join!`, a set of futures)
//! polls those that were woken; a task that has turned away from one (`select!`) does not.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use super::report;
use super::strand::Strand;
use super::wait::Wait;

/// How often the task is asked. One would do for `join!`; sets of futures take turns.
const TIMES: u32 = 3;

/// What one wait has asked so far.
#[derive(Default)]
pub(super) struct Probe {
    asked: u32,
}

impl Probe {
    /// Looks whether a future of the same task is in the way and left alone. To be called after each poll of the wait.
    pub(super) fn look(&mut self, wait: &Arc<Wait>) {
        let alone = granted_and_left(wait).or_else(|| holding_and_left(wait));
        // Nothing is in the way, or it was polled meanwhile, which clears its mark: the count starts over.
        let Some(left) = alone else {
            self.asked = 0;
            return;
        };
        // Each nudge has the task polled once more. A task that runs both futures polls the woken one in one of
        // these rounds; a report in the first round would accuse a `join!` that polls the waiting branch before the
        // woken one.
        if self.asked < TIMES {
            self.asked += 1;
            wait.nudge();
        } else if !wait.told.swap(true, SeqCst) {
            // The swap makes it one report per wait. It orders nothing else.
            report::futurelock(wait, &left.title, left.has, left.at);
        }
    }
}

struct WakeRecord {
    title: String,
    has: &'static str,
    at: &'static std::panic::Location<'static>,
}

/// Another wait of this task for this lock that came before and was woken: it was granted the lock.
fn granted_and_left(wait: &Arc<Wait>) -> Option<WakeRecord> {
    let is_left = |it: &Wait| {
        it.number != wait.number
            && it.strand.task == wait.strand.task
            // A later place cannot have been granted before this one by a lock that grants in order.
            && it.place() < wait.place()
            && it.woken.load(SeqCst)
    };
    // Whoever waits alone in its task has nobody before it there.
    let alone = wait.strand.state().waits.len() < 2 && !wait.strand.is_of_many();
    // Asked under the mutex without copying: the line may be long, and the answer is nearly always no.
    if alone || !wait.lock.any_in_line(is_left) {
        return None;
    }
    let line = wait.lock.line();
    // Asked again of the copy: the wait may have ended since.
    let left = line.iter().find(|it| is_left(it))?;
    Some(WakeRecord { title: left.strand.title(), has: "was granted it", at: left.at })
}

/// A branch of this task that holds this lock and was woken.
fn holding_and_left(wait: &Arc<Wait>) -> Option<WakeRecord> {
    for branch in Strand::branches_beside(&wait.strand) {
        if branch.woken.load(SeqCst)
            && let Some(hold) = branch.hold_of(wait.lock.id)
        {
            return Some(WakeRecord { title: branch.title(), has: "holds it, taken", at: hold.taken.place });
        }
    }
    None
}
