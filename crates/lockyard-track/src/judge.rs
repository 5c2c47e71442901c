//! Which suspicions are certain by now: by proof, or because they have lasted.

use std::sync::Arc;

use super::cycle::StrandId;
use super::finding::Kind;
use super::found::{LeftFuture, StandingFinding, Suspicion};
use super::strand::Strand;
use super::tracker::Tracker;
use super::wait::Wait;
use super::watch;

impl Tracker {
    /// Looks for suspicions that are certain by now, because nothing else can wake the tasks.
    pub(super) fn prove(&self) {
        let waits = self.waits();
        let proven = self.found().confirm(true, |kind, it| it.is_proven(&waits).then_some(kind));
        proven.iter().for_each(|it| self.notify(&it.finding));
        self.panic_in(&proven);
    }

    /// Makes those suspicions certain that have stood as long as these waits.
    pub(super) fn confirm(&self, long: &[Arc<Wait>]) {
        let stood = self.found().confirm(false, |kind, it| it.stood(kind, long));
        stood.iter().for_each(|it| self.notify(&it.finding));
    }

    /// Where this tracker panics when tasks are stuck: has the waits of these findings panic.
    pub(super) fn panic_in(&self, stuck: &[StandingFinding]) {
        if !self.panics() || stuck.is_empty() {
            return;
        }
        let waits = self.waits();
        for StandingFinding { finding, waits: numbers } in stuck {
            // Before the waits end, which would otherwise make nothing of the finding.
            self.found().keep_for_good(finding);
            let message: Arc<str> = finding.to_string().into();
            // All are told before any is woken: one that panics may end the others' waits, as by a channel that it drops.
            let stuck = || waits.iter().filter(|it| numbers.contains(&it.number));
            stuck().for_each(|it| it.panic_with(&message));
            stuck().for_each(|it| it.wake_up());
        }
    }
}

impl Suspicion {
    /// What it has come to after its waits stood for a patience: its kind, if nothing of it has changed.
    pub(super) fn stood(&self, kind: Kind, long: &[Arc<Wait>]) -> Option<Kind> {
        let waits = self.waits.iter().all(|number| long.iter().any(|wait| wait.number == *number));
        let held =
            |(strand, hold): &(StrandId, u64)| Strand::of(*strand).is_some_and(|it| it.has_hold(*hold));
        if self.stays || !waits || !self.holds.iter().all(held) {
            return None;
        }
        if kind == Kind::LostWakeUp {
            // Its first look may have missed a holder, since it went from one strand to the next while the lock went
            // from one to another.
            let strands = Strand::all();
            let mut own = long.iter().filter(|wait| self.waits.contains(&wait.number));
            return own
                .all(|it| watch::holder(it, &strands).is_none() && watch::is_first_and_asleep(it))
                .then_some(kind);
        }
        match self.left {
            None => Some(kind),
            // A branch that was polled meanwhile may be at work.
            Some(LeftFuture::Branch(branch, polls, hold)) => {
                let left = Strand::of(branch).is_some_and(|it| it.polls() == polls && it.has_hold(hold));
                left.then_some(Kind::Futurelock)
            }
            Some(LeftFuture::Wait(wait, polls)) => {
                let left = long.iter().find(|it| it.number == wait)?;
                (left.polls() == polls).then_some(Kind::Futurelock)
            }
        }
    }

    /// Whether it is certain already: all tasks sleep, and nothing but its own waits can wake them.
    pub(super) fn is_proven(&self, waits: &[Arc<Wait>]) -> bool {
        let all = |number: &u64| waits.iter().find(|wait| wait.number == *number);
        let Some(own) = self.waits.iter().map(all).collect::<Option<Vec<_>>>() else { return false };
        self.provable
            && own.iter().all(|wait| {
                let task = wait.strand.root();
                let mut another = false;
                let sleeps = task.is_whole_task()
                    && task
                        .sleeps_on_waits(|it| another |= !own.iter().any(|own| self.keeps_waiting(own, it)));
                sleeps && !another && !wait.is_woken()
            })
    }

    /// Whether `other`, of the same task as `own`, is sure to stay as long as `own` does.
    fn keeps_waiting(&self, own: &Wait, other: &Wait) -> bool {
        // One that was woken has its lock already; it is the one left alone, or would have been polled with its task.
        other.is_woken()
            || other.number == own.number
            || other.lock.id == own.lock.id && (self.left.is_some() || other.place() > own.place())
    }
}
