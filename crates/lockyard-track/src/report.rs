//! Findings in words: who holds what from where, and who waits for it where.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use lockyard_evidence::Edge;

use super::clock;
use super::cycle::{WaitEdge, WaitReason};
use super::ends::Ends;
use super::finding::{Certainty, Finding, Kind};
use super::found::{LeftFuture, Obstacle, Suspicion};
use super::hold::Hold;
use super::lock::Lock;
use super::mode::Mode;
use super::order::{Doubt, Inversion, LockUse};
use super::strand::Strand;
use super::wait::Wait;

fn lock_of(taken: &LockUse) -> String {
    format!("{} #{} ({})", taken.class.name(), taken.lock, taken.mode.as_str())
}

pub(super) fn held(hold: &Hold) -> String {
    let millis = clock::nanos(hold.granted, clock::now()) as f64 / 1e6;
    format!("{} for {millis:.1} ms, locked at {}", lock_of(&hold.taken), hold.taken.place)
}

pub(super) fn waited_for(wait: &Wait) -> String {
    if let Ends::Task(task) = &wait.lock.ends {
        return format!("the end of task `{}`", task.name.words(task.progress.id()));
    }
    let what = match wait.mode {
        Mode::Permits(of) if of > 1 => format!("{of} permits"),
        _ => wait.what.to_owned(),
    };
    format!("{} #{} ({what})", wait.lock.class.name(), wait.lock.id)
}

pub(super) fn wanted(wait: &Wait) -> String {
    format!("{} at {}", waited_for(wait), wait.at)
}

/// The task of a wait holds this, if anything, and waits.
pub(super) fn edge(wait: &Wait, hold: Option<&Hold>) -> Edge {
    Edge {
        task: wait.strand.title(),
        holds: hold.map(|hold| lock_of(&hold.taken)),
        locked_at: hold.map(|hold| hold.taken.place.to_string()),
        waits_for: waited_for(wait),
        place: Some(wait.at.to_string()),
    }
}

/// Each place once, in the order of their coming.
pub(super) fn places<'a>(of: impl IntoIterator<Item = &'a Location<'static>>) -> Vec<String> {
    let mut places = Vec::new();
    for place in of {
        let place = place.to_string();
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

pub(super) fn tasks(of: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut tasks = Vec::new();
    for task in of {
        if !tasks.contains(&task) {
            tasks.push(task);
        }
    }
    tasks
}

pub(super) fn accuse(waits: &[Arc<Wait>]) -> Vec<u64> {
    for wait in waits {
        wait.accused.store(true, SeqCst);
        wait.strand.root().accused.store(true, SeqCst);
    }
    waits.iter().map(|wait| wait.number).collect()
}

/// A cycle of waits, closed by the first link. `waits` are those of the links.
pub(super) fn deadlock(links: &[WaitEdge], waits: &[Arc<Wait>]) {
    let Some(closing) = waits.first() else { return };
    // The waiter of one link is the holder of the one before, which says what it holds.
    let has = |nth: usize| {
        let before = &links[(nth + links.len() - 1) % links.len()];
        let strand = &waits[nth].strand;
        match before.why {
            WaitReason::Holds(_) => {
                strand.with_parents().find_map(|it| Some((it.id, it.hold_of(before.request.lock)?)))
            }
            WaitReason::Before(_) => None,
        }
    };
    let mut edges = Vec::new();
    let mut words = Vec::new();
    let mut seen = Vec::new();
    let mut holds = Vec::new();
    for (nth, wait) in waits.iter().enumerate() {
        let hold = has(nth);
        holds.extend(hold.as_ref().map(|(strand, hold)| (*strand, hold.number)));
        let hold = hold.map(|(_, hold)| hold);
        let what = hold.as_ref().map_or_else(
            || "is queued ahead of the newest waiter".to_owned(),
            |hold| format!("holds {}", held(hold)),
        );
        words.push(format!("task `{}` {what}, and waits for {}", wait.strand.title(), wanted(wait)));
        edges.push(edge(wait, hold.as_ref()));
        seen.extend(hold.map(|hold| hold.taken.place));
        seen.push(wait.at);
    }
    let finding = Finding {
        kind: Kind::Deadlock,
        // Even where each task waits for the next, one of them may resume by itself: another of its futures may hold the
        // lock, or a timeout end the wait. Whether that can be is seen when their polls have returned.
        certainty: Certainty::Suspected,
        message: format!("{}: wait cycle (deadlock)", words.join("; ")),
        places: places(seen),
        tasks: tasks(edges.iter().map(|edge| edge.task.clone())),
        edges,
        times: 1,
    };
    let suspicion = Suspicion { waits: accuse(waits), holds, provable: true, ..Suspicion::default() };
    closing.lock.tracker.report(&finding, Some(suspicion), waits);
}

/// A task waits for what it holds itself, or one of its branches or a scope around it.
pub(super) fn own_hold(wait: &Arc<Wait>, holder: &Strand, hold: &Hold) {
    let upgrade = hold.taken.mode == Mode::Read && wait.mode == Mode::Write;
    let kind = if upgrade { Kind::Upgrade } else { Kind::SameTaskWait };
    let (waiter, has) = (wait.strand.title(), holder.title());
    let who = if holder.id == wait.strand.id { "itself".to_owned() } else { format!("as `{has}`") };
    let message = format!("task `{waiter}` waits for {}, and holds {} {who}", wanted(wait), held(hold));
    let is_branch = holder.name.is_some()
        && holder.id != wait.strand.id
        && wait.strand.with_parents().all(|it| it.id != holder.id);
    let finding = Finding {
        kind,
        certainty: Certainty::Suspected,
        message,
        places: places([hold.taken.place, wait.at]),
        tasks: tasks([waiter, has]),
        edges: vec![edge(wait, Some(hold))],
        times: 1,
    };
    let waits = std::slice::from_ref(wait);
    let suspicion = Suspicion {
        waits: accuse(waits),
        holds: vec![(holder.id, hold.number)],
        left: is_branch.then(|| LeftFuture::Branch(holder.id, holder.polls(), hold.number)),
        ..Suspicion::default()
    };
    wait.lock.tracker.report(&finding, Some(suspicion), waits);
}

/// A future of the same task has the lock, or was granted it, and its task does not poll it.
pub(super) fn futurelock(wait: &Arc<Wait>, left: &Obstacle) {
    let waiter = wait.strand.title();
    let Obstacle { future, title, has, at } = left;
    let finding = Finding {
        kind: Kind::Futurelock,
        certainty: Certainty::Suspected,
        message: format!(
            "task `{waiter}` waits for {} behind `{title}`, a future of the same task that {has} at {at}, was woken, \
             and is no longer polled",
            wanted(wait),
        ),
        places: places([*at, wait.at]),
        tasks: tasks([waiter, title.clone()]),
        edges: Vec::new(),
        times: 1,
    };
    let waits = std::slice::from_ref(wait);
    let suspicion = Suspicion {
        waits: accuse(waits),
        left: Some(*future),
        // What was granted is with the future that was left; what it took before may have been handed on.
        provable: matches!(future, LeftFuture::Wait(..)),
        ..Suspicion::default()
    };
    wait.lock.tracker.report(&finding, Some(suspicion), waits);
}

/// Orders that cannot all be kept.
pub(super) fn inversion(strand: &Strand, inversion: &Inversion) {
    let edge = |order: &super::order::Edge| Edge {
        task: order.task.to_string(),
        holds: Some(lock_of(&order.held)),
        locked_at: Some(order.held.place.to_string()),
        waits_for: lock_of(&order.asked),
        place: Some(order.asked.place.to_string()),
    };
    let edges = &inversion.edges;
    let orders: Vec<_> = edges
        .iter()
        .map(|edge| {
            let (held, asked) = (&edge.held, &edge.asked);
            format!("{} (at {}) before {} (at {})", lock_of(held), held.place, lock_of(asked), asked.place)
        })
        .collect();
    let orders = orders.join("; and ");
    let message = match inversion.doubt {
        Doubt::None => format!("locks are taken in orders that can deadlock: {orders}"),
        Doubt::BeforeShared => format!(
            "locks are taken in both orders: {orders}. One order was seen before any task but the one that made the locks \
             used them: they deadlock only if that task can do so later, too"
        ),
        Doubt::OneTask => format!(
            "locks are taken in both orders: {orders}. Both orders were seen in one task, one after the other: they \
             deadlock only if the two paths can run at once"
        ),
        Doubt::Branches => format!(
            "locks are taken in both orders: {orders}. What is held there may belong to another branch of the same task: \
             give each branch a scope to know"
        ),
    };
    let sure = inversion.doubt == Doubt::None;
    let finding = Finding {
        kind: Kind::OrderInversion,
        certainty: if sure { Certainty::Certain } else { Certainty::Suspected },
        message,
        places: places(edges.iter().flat_map(|edge| [edge.held.place, edge.asked.place])),
        tasks: tasks(edges.iter().map(|edge| edge.task.to_string())),
        edges: edges.iter().map(edge).collect(),
        times: 1,
    };
    strand.tracker.report(&finding, None, &[]);
}

/// A second read where a writer may come in between.
pub(super) fn recursive_read(strand: &Strand, first: &Hold, again: &LockUse, policy: &str) {
    let task = strand.title();
    let finding = Finding {
        kind: Kind::RecursiveRead,
        // The first read may be another branch's, which resumes without the second.
        certainty: if first.taken.sequence && again.sequence {
            Certainty::Certain
        } else {
            Certainty::Suspected
        },
        message: format!(
            "task `{task}` holds {} and reads it again at {}: a writer that queues in between waits for the first read, \
             and the second read waits for that writer, since the lock is {policy}",
            held(first),
            again.place,
        ),
        places: places([first.taken.place, again.place]),
        tasks: vec![task],
        edges: Vec::new(),
        times: 1,
    };
    strand.tracker.report(&finding, None, &[]);
}

/// A guard that blocks others was kept while its task let others run.
pub(super) fn guard_across_await(strand: &Strand, hold: &Hold) {
    let task = strand.title();
    let finding = Finding {
        kind: Kind::GuardAcrossAwait,
        certainty: Certainty::Certain,
        message: format!(
            "task `{task}` held {}, locked at {}, across an await, and waiters for it block their thread: drop the guard \
             before the await, or use an async lock",
            lock_of(&hold.taken),
            hold.taken.place,
        ),
        places: places([hold.taken.place]),
        tasks: vec![task],
        edges: Vec::new(),
        times: 1,
    };
    strand.tracker.report(&finding, None, &[]);
}

/// A task blocks its thread inside a poll, to wait there for an async lock.
pub(super) fn block_on(wait: &Arc<Wait>, holder: Option<&(Arc<Strand>, Hold)>) {
    let task = wait.strand.title();
    let has = holder.map_or_else(String::new, |(holder, hold)| {
        format!(", held by task `{}`: {}", holder.title(), held(hold))
    });
    let at = holder.map(|(_, hold)| hold.taken.place);
    let finding = Finding {
        kind: Kind::BlockOn,
        certainty: Certainty::Certain,
        message: format!(
            "task `{task}` blocks a runtime thread while it waits for {}{has}: the wait is pending, but the task's poll \
             does not return. Await the lock instead",
            wanted(wait),
        ),
        places: places([wait.at].into_iter().chain(at)),
        tasks: tasks([task].into_iter().chain(holder.map(|(holder, _)| holder.title()))),
        edges: Vec::new(),
        times: 1,
    };
    let waits = std::slice::from_ref(wait);
    let suspicion = Suspicion { waits: accuse(waits), ..Suspicion::default() };
    wait.lock.tracker.report(&finding, Some(suspicion), waits);
}

/// No task holds the lock, no waiter was woken for it, and there are waiters.
pub(super) fn lost_wake_up(wait: &Arc<Wait>) {
    let task = wait.strand.title();
    let finding = Finding {
        kind: Kind::LostWakeUp,
        certainty: Certainty::Suspected,
        message: format!(
            "task `{task}` waits for {}, which no task holds: it was not woken when the lock was unlocked",
            wanted(wait)
        ),
        places: places([wait.at]),
        tasks: vec![task],
        edges: Vec::new(),
        times: 1,
    };
    let waits = std::slice::from_ref(wait);
    let suspicion = Suspicion { waits: accuse(waits), ..Suspicion::default() };
    wait.lock.tracker.report(&finding, Some(suspicion), waits);
}

/// `wait` was overtaken though its lock promises FIFO order; `times` so far.
pub(super) fn overtaken(kind: Kind, wait: &Arc<Wait>, by: &Strand, taken: &LockUse, times: u64) {
    let (task, other) = (wait.strand.title(), by.title());
    let finding = Finding {
        kind,
        certainty: Certainty::Certain,
        message: format!(
            "task `{task}` waits for {} and was overtaken {times} times by later requests, last by `{other}` at {}: {} \
             promises FIFO order",
            wanted(wait),
            taken.place,
            wait.lock.family,
        ),
        places: places([wait.at, taken.place]),
        tasks: tasks([task, other]),
        edges: Vec::new(),
        times: 1,
    };
    wait.lock.tracker.report(&finding, None, &[]);
}

/// A lock has let two in that exclude each other.
#[cold]
pub(super) fn broken_exclusion(
    lock: &Lock,
    strand: &Strand,
    taken: &LockUse,
    other: &str,
    mode: Mode,
    place: Option<&'static Location<'static>>,
) {
    let task = strand.title();
    let at = place.map_or_else(String::new, |at| format!(", taken at {at}"));
    let finding = Finding {
        kind: Kind::BrokenExclusion,
        certainty: Certainty::Certain,
        message: format!(
            "task `{task}` was granted {} at {} while task `{other}` holds it ({}{at}): {} does not exclude",
            lock_of(taken),
            taken.place,
            mode.as_str(),
            lock.family,
        ),
        places: places([taken.place].into_iter().chain(place)),
        tasks: tasks([task, other.to_owned()]),
        edges: Vec::new(),
        times: 1,
    };
    lock.tracker.report(&finding, None, &[]);
}

/// A task stopped with a lock that another one waits for, and no tracked wait explains it.
pub(super) fn stuck(wait: &Arc<Wait>, holder: &Strand, hold: &Hold, stopped_ns: u64, why: &str) {
    let (waiter, title) = (wait.strand.title(), holder.title());
    let finding = Finding {
        kind: Kind::Stuck,
        certainty: Certainty::Suspected,
        message: format!(
            "task `{waiter}` waits for {}, held by task `{title}`: {}, which was last polled {:.1} ms ago {why}",
            wanted(wait),
            held(hold),
            stopped_ns as f64 / 1e6,
        ),
        places: places([hold.taken.place, wait.at]),
        tasks: tasks([title, waiter]),
        edges: Vec::new(),
        times: 1,
    };
    let waits = std::slice::from_ref(wait);
    let holds = vec![(holder.id, hold.number)];
    let suspicion = Suspicion { waits: accuse(waits), holds, stays: true, ..Suspicion::default() };
    wait.lock.tracker.report(&finding, Some(suspicion), waits);
}
