//! All tasks of a tracker sleep, and nothing is seen that could wake any: the test that they are has hung.
//!
//! Who calls `notify_one` or adds a permit is not known before the call, so no cycle is found where that call is what is
//! missing. But where every task there is waits for something tracked and nothing else, no task is left to make it; what is
//! left is a thread that the tracker does not know. So this is a suspicion, and only a tracker that is to end what is stuck, as
//! that of a test, has it: an idle program may well be waiting for such a thread.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use super::clock;
use super::deadlocks::SleepingTask;
use super::ends::Ends;
use super::finding::{Certainty, Finding, Kind};
use super::found::Suspicion;
use super::report::{accuse, places, tasks, wanted};
use super::strand::Strand;
use super::tracker::Tracker;
use super::wait::Wait;

/// Looks whether all tasks of the tracker have slept so long, and reports it once.
pub(super) fn look(tracker: &Tracker, patience: Duration) {
    let Some(sleeping) = all_asleep(tracker) else { return };
    let waits: Vec<_> = sleeping.iter().flat_map(|task| task.waits.clone()).collect();
    let now = clock::now();
    let is_long = |wait: &Arc<Wait>| u128::from(clock::nanos(wait.asked, now)) >= patience.as_nanos();
    let is_new = |wait: &Arc<Wait>| is_long(wait) && !wait.is_woken() && !wait.accused.load(SeqCst);
    let Some(first) = waits.first() else { return };
    let known = waits.iter().all(|wait| is_new(wait) && is_known(wait, &sleeping));
    // They were looked at one after another: those that are unchanged now slept all together.
    if known && sleeping.iter().all(SleepingTask::is_unchanged) {
        report(first, &waits);
    }
}

/// The tasks, if all of them sleep. One that runs on a thread of its own does not.
fn all_asleep(tracker: &Tracker) -> Option<Vec<SleepingTask>> {
    let mut strands = tracker.strands();
    strands.sort_by_key(|strand| strand.id);
    let is_task = |it: &&Arc<Strand>| it.name.is_some() && !it.is_branch && it.parent.is_none();
    strands.iter().filter(is_task).map(SleepingTask::of).collect()
}

/// Whether no task or thread that is not one of these is seen to be able to end the wait.
fn is_known(wait: &Wait, sleeping: &[SleepingTask]) -> bool {
    let is_one = |task: u64| sleeping.iter().any(|it| it.strand.id == task);
    match &wait.lock.ends {
        Ends::Handles(handles) => {
            let (owners, live) = handles.owners();
            let known: u32 = owners.iter().map(|(_, count)| count).sum();
            known >= live && owners.iter().all(|(owner, _)| is_one(*owner))
        }
        Ends::Task(task) => is_one(task.progress.id()),
        // Time passes by itself.
        Ends::Time => false,
        Ends::Unlock | Ends::Permits(_) | Ends::Unseen => true,
    }
}

fn report(first: &Arc<Wait>, waits: &[Arc<Wait>]) {
    let each: Vec<_> = waits
        .iter()
        .map(|wait| format!("task `{}` waits for {}", wait.strand.title(), wanted(wait)))
        .collect();
    let finding = Finding {
        kind: Kind::Stuck,
        certainty: Certainty::Suspected,
        message: format!(
            "{}: every task sleeps, and none is left to end one of these waits",
            each.join("; ")
        ),
        places: places(waits.iter().map(|wait| wait.at)),
        tasks: tasks(waits.iter().map(|wait| wait.strand.title())),
        edges: Vec::new(),
        times: 1,
    };
    let suspicion = Suspicion { waits: accuse(waits), stays: true, ..Suspicion::default() };
    first.lock.tracker.report(&finding, Some(suspicion), waits);
}
