//! Looking for deadlocks among all that sleep: the search that sees more than locks.
//!
//! A cycle of locks is found by the wait that closes it. What has several that could end a wait (permits, the senders of a
//! channel) takes a look at all sleeping tasks together, and so it is made from time to time: when a runtime runs out of work,
//! and by a [watch](super::Tracker::watch).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use super::cycle::{LockId, StrandId};
use super::ends::Ends;
use super::hold::Hold;
use super::knot::{self, Blocked, Sleeper};
use super::knot_report::{self, KnotEdge, Reason};
use super::mode::{Mode, Rule};
use super::strand::Strand;
use super::tracker::Tracker;
use super::wait::Wait;

/// A task that sleeps on tracked waits alone.
pub(super) struct SleepingTask {
    pub(super) strand: Arc<Strand>,
    polls: u64,
    pub(super) waits: Vec<Arc<Wait>>,
    /// What it and its branches hold, each with the strand that took it.
    holds: Vec<(StrandId, Hold)>,
}

impl SleepingTask {
    /// The task of this strand, if it sleeps and nothing but tracked waits can wake it.
    pub(super) fn of(strand: &Arc<Strand>) -> Option<Self> {
        let polls = strand.polls();
        let mut waits = Vec::new();
        if !strand.is_whole_task() || !strand.sleeps_on_waits(|wait| waits.push(wait.clone())) {
            return None;
        }
        let of = |it: &Arc<Strand>| it.state().holds.iter().map(|hold| (it.id, *hold)).collect::<Vec<_>>();
        let mut holds = of(strand);
        holds.extend(Strand::branches_of(strand.task).iter().flat_map(of));
        Some(Self { strand: strand.clone(), polls, waits, holds })
    }

    /// Whether it has not been polled or woken since it was looked at, and waits for the same.
    pub(super) fn is_unchanged(&self) -> bool {
        let mut same = 0;
        let sleeps = self.strand.sleeps_on_waits(|wait| {
            same += usize::from(self.waits.iter().any(|it| it.number == wait.number && !it.is_woken()));
        });
        sleeps && same == self.waits.len() && self.strand.polls() == self.polls
    }
}

/// The queues of the locks that the sleepers wait for, each read once.
#[derive(Default)]
struct Queues(HashMap<LockId, HashMap<u64, Option<StrandId>>>);

impl Queues {
    /// The task of the nearest wait ahead of this one that goes first.
    fn ahead(&mut self, wait: &Wait) -> Option<StrandId> {
        let lock = &wait.lock;
        let counted = matches!(lock.ends, Ends::Permits(_));
        if !counted && lock.rule == Rule::AnyOrder {
            return None;
        }
        let known = self.0.entry(lock.id).or_insert_with(|| {
            let mut ahead = HashMap::new();
            let (mut last, mut last_writer) = (None, None);
            for queued in lock.queued() {
                // A reader waits for the last writer before it, and a writer for whatever is before it: those further ahead
                // keep that one waiting.
                let before = match queued.mode {
                    Mode::Read => last_writer,
                    _ if lock.rule == Rule::WritersFirst => None,
                    _ => last,
                };
                ahead.insert(queued.number, before);
                last = Some(queued.strand.root().id);
                if queued.mode != Mode::Read {
                    last_writer = last;
                }
            }
            ahead
        });
        known.get(&wait.number).copied().flatten()
    }
}

/// Whether who has it so keeps one waiting who wants it so, or who wants to hear that it was let go of: of a value that
/// is being made, nothing else is wanted.
fn keeps(held: Mode, wanted: Mode) -> bool {
    held.excludes(wanted) || (held, wanted) == (Mode::Write, Mode::Event)
}

/// Who keeps this wait from ending.
fn blocked(wait: &Wait, tasks: &[SleepingTask], queues: &mut Queues) -> Blocked {
    let holders = || {
        tasks.iter().flat_map(|task| {
            let of = task.holds.iter().filter(|(_, hold)| hold.taken.lock == wait.lock.id);
            of.map(|(_, hold)| (task.strand.id, hold.taken.mode))
        })
    };
    let (mut by, enough): (Vec<(StrandId, u32)>, u32) = match &wait.lock.ends {
        Ends::Unlock => {
            (holders().filter(|(_, mode)| keeps(*mode, wait.mode)).map(|(task, _)| (task, 1)).collect(), 1)
        }
        Ends::Permits(total) => {
            let needed = if let Mode::Permits(needed) = wait.mode { needed } else { 1 };
            // It waits for good once so few are left to the others that it can never have what it needs.
            let enough = (total.load(SeqCst) as u32).saturating_sub(needed) + 1;
            let share = |mode: Mode| if let Mode::Permits(of) = mode { of } else { 0 };
            (holders().map(|(task, mode)| (task, share(mode))).collect(), enough)
        }
        Ends::Handles(handles) => handles.owners(),
        Ends::Task(task) => (vec![(task.progress.id(), 1)], 1),
        Ends::Time | Ends::Unseen => (Vec::new(), 1),
    };
    by.extend(queues.ahead(wait).map(|task| (task, enough.max(1))));
    Blocked { wait: wait.number, by, enough }
}

fn sleepers(tasks: &[SleepingTask]) -> Vec<Sleeper> {
    let mut queues = Queues::default();
    let of = |task: &SleepingTask| Sleeper {
        strand: task.strand.id,
        waits: task.waits.iter().map(|wait| blocked(wait, tasks, &mut queues)).collect(),
    };
    tasks.iter().map(of).collect()
}

impl Tracker {
    /// Looks once at all tasks that sleep: whether some of them can be woken by none but one another.
    pub(super) fn look_for_deadlocks(&self) {
        let mut strands = self.strands();
        // In the order of their beginning, so that the same deadlock reads alike.
        strands.sort_by_key(|strand| strand.id);
        let tasks: Vec<_> = strands.iter().filter_map(SleepingTask::of).collect();
        if tasks.is_empty() || knot::stuck(&sleepers(&tasks)).is_empty() {
            return;
        }
        // They were looked at one after another while others went on. Those that are unchanged now were asleep all together
        // between the two looks; so of them alone it is asked again.
        let tasks: Vec<_> = tasks.into_iter().filter(SleepingTask::is_unchanged).collect();
        let sleepers = sleepers(&tasks);
        let stuck = knot::stuck(&sleepers);
        // And once more after what keeps them waiting was read: whatever has woken one meanwhile was no member.
        if stuck.is_empty() || !stuck.iter().all(|at| tasks[*at].is_unchanged()) {
            return;
        }
        let mut reported = false;
        for cycle in knot::cycles(&sleepers, &stuck) {
            reported |= report_knot(&tasks, &sleepers, &stuck, &cycle);
        }
        if reported {
            self.prove();
        }
    }
}

/// Reports a cycle of tasks, with all that is stuck as well and could free one of them; unless it was reported by the wait
/// that closed it.
fn report_knot(tasks: &[SleepingTask], sleepers: &[Sleeper], stuck: &[usize], cycle: &[usize]) -> bool {
    let edges: Vec<_> = (0..cycle.len())
        .filter_map(|nth| {
            let (own, next) = (cycle[nth], cycle[(nth + 1) % cycle.len()]);
            let next = tasks[next].strand.id;
            let at = sleepers[own].waits.iter().position(|it| it.by.iter().any(|(by, _)| *by == next))?;
            let wait = tasks[own].waits[at].clone();
            Some(KnotEdge { reason: reason(&wait, next, tasks), wait })
        })
        .collect();
    let known = |edge: &KnotEdge| edge.wait.lock.ends.is_unlock() && edge.wait.accused.load(SeqCst);
    if edges.len() < cycle.len() || edges.iter().all(known) {
        return false;
    }
    let others = behind(sleepers, stuck, cycle);
    let waits: Vec<_> = cycle.iter().chain(&others).flat_map(|at| tasks[*at].waits.clone()).collect();
    let reasons: Vec<Reason> = cycle
        .iter()
        .chain(&others)
        .flat_map(|at| {
            let of = |wait: &Arc<Wait>| {
                let by = &sleepers[*at].waits.iter().find(|it| it.wait == wait.number)?.by;
                Some(by.iter().map(|(task, _)| reason(wait, *task, tasks)).collect::<Vec<_>>())
            };
            tasks[*at].waits.iter().filter_map(of).flatten().collect::<Vec<_>>()
        })
        .collect();
    let others: Vec<_> = others.iter().map(|at| tasks[*at].strand.title()).collect();
    knot_report::knot(&edges, &waits, &reasons, &others);
    true
}

/// How the task `by` keeps the wait from ending.
fn reason(wait: &Wait, by: StrandId, tasks: &[SleepingTask]) -> Reason {
    let hold = tasks.iter().find(|task| task.strand.id == by).and_then(|task| {
        let of = |(_, hold): &&(StrandId, Hold)| hold.taken.lock == wait.lock.id;
        let held = task.holds.iter().filter(of);
        // Of a lock the hold that excludes the wait; of permits any.
        held.clone()
            .find(|(_, hold)| keeps(hold.taken.mode, wait.mode))
            .or_else(|| matches!(wait.lock.ends, Ends::Permits(_)).then(|| held.clone().next()).flatten())
    });
    match (&wait.lock.ends, hold) {
        (_, Some((strand, hold))) => Reason::Holds(*strand, *hold),
        (Ends::Handles(_), None) => Reason::Handle,
        (Ends::Task(_), None) => Reason::IsAwaited,
        _ => Reason::Ahead,
    }
}

/// All that is stuck and could free one of the cycle, or one of these, if it were not.
fn behind(sleepers: &[Sleeper], stuck: &[usize], cycle: &[usize]) -> Vec<usize> {
    let place: HashMap<StrandId, usize> = stuck.iter().map(|at| (sleepers[*at].strand, *at)).collect();
    let mut reached = cycle.to_vec();
    let mut nth = 0;
    while nth < reached.len() {
        let by = sleepers[reached[nth]].waits.iter().flat_map(|wait| &wait.by);
        let next: Vec<_> = by.filter_map(|(task, _)| place.get(task).copied()).collect();
        for at in next {
            if !reached.contains(&at) {
                reached.push(at);
            }
        }
        nth += 1;
    }
    reached.split_off(cycle.len())
}
