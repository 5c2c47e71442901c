//! Findings in words: who holds what from where, and who waits for it where.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use lockyard_evidence::Edge;

use super::clock;
use super::cycle::{WaitEdge, WaitReason};
use super::finding::{Certainty, Finding, Kind};
use super::hold::Hold;
use super::mode::Mode;
use super::order::{Inversion, LockUse};
use super::strand::Strand;
use super::tracker::FindingSubject;
use super::wait::Wait;

fn lock_of(taken: &LockUse) -> String {
    format!("{} #{} ({})", taken.class.name(), taken.lock, taken.mode.as_str())
}

fn held(hold: &Hold) -> String {
    let millis = clock::nanos(hold.granted, clock::now()) as f64 / 1e6;
    format!("{} for {millis:.1} ms, locked at {}", lock_of(&hold.taken), hold.taken.place)
}

fn waited_for(wait: &Wait) -> String {
    format!("{} #{} ({})", wait.lock.class.name(), wait.lock.id, wait.mode.as_str())
}

fn wanted(wait: &Wait) -> String {
    format!("{} at {}", waited_for(wait), wait.at)
}

/// The task of a wait holds this, if anything, and waits.
fn edge(wait: &Wait, hold: Option<&Hold>) -> Edge {
    Edge {
        task: wait.strand.title(),
        holds: hold.map(|hold| lock_of(&hold.taken)),
        locked_at: hold.map(|hold| hold.taken.place.to_string()),
        waits_for: waited_for(wait),
        place: Some(wait.at.to_string()),
    }
}

/// Each place once, in the order of their coming.
fn places<'a>(of: impl IntoIterator<Item = &'a Location<'static>>) -> Vec<String> {
    let mut places = Vec::new();
    for place in of {
        let place = place.to_string();
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn tasks(of: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut tasks = Vec::new();
    for task in of {
        if !tasks.contains(&task) {
            tasks.push(task);
        }
    }
    tasks
}

fn accuse(waits: &[Arc<Wait>]) -> Vec<u64> {
    for wait in waits {
        wait.accused.store(true, SeqCst);
    }
    waits.iter().map(|wait| wait.number).collect()
}

/// A cycle of waits, closed by the first link. `waits` are those of the links.
pub(super) fn deadlock(links: &[WaitEdge], waits: &[Arc<Wait>]) {
    let Some(closing) = waits.first() else { return };
    // Whoever waits in one link is waited for in the one before: there stands what it has.
    let has = |nth: usize| {
        let before = &links[(nth + links.len() - 1) % links.len()];
        let strand = &waits[nth].strand;
        match before.why {
            WaitReason::Holds(_) => {
                strand.held().into_iter().find(|hold| hold.taken.lock == before.request.lock)
            }
            WaitReason::Before(_) => None,
        }
    };
    let mut edges = Vec::new();
    let mut words = Vec::new();
    let mut seen = Vec::new();
    for (nth, wait) in waits.iter().enumerate() {
        let hold = has(nth);
        let what = hold.as_ref().map_or_else(
            || "is queued ahead of the newest waiter".to_owned(),
            |hold| format!("holds {}", held(hold)),
        );
        words.push(format!("task `{}` {what}, and waits for {}", wait.strand.title(), wanted(wait)));
        edges.push(edge(wait, hold.as_ref()));
        seen.extend(hold.map(|hold| hold.taken.place));
        seen.push(wait.at);
    }
    let branched = waits.iter().any(|wait| wait.strand.state().branched);
    let finding = Finding {
        kind: Kind::Deadlock,
        certainty: if branched { Certainty::Suspected } else { Certainty::Certain },
        message: format!("{}: wait cycle (deadlock)", words.join("; ")),
        places: places(seen),
        tasks: tasks(edges.iter().map(|edge| edge.task.clone())),
        edges,
    };
    let about = FindingSubject { waits: accuse(waits), branch: None };
    closing.lock.tracker.report(&finding, about);
}

/// A task waits for what it holds itself, or one of its branches or a scope around it.
pub(super) fn own_hold(wait: &Arc<Wait>, holder: &Strand, hold: &Hold) {
    let upgrade = hold.taken.mode == Mode::Read && wait.mode == Mode::Write;
    let kind = if upgrade { Kind::Upgrade } else { Kind::SameTaskWait };
    let (waiter, has) = (wait.strand.title(), holder.title());
    let who = if holder.id == wait.strand.id { "itself".to_owned() } else { format!("as `{has}`") };
    let message = format!("task `{waiter}` waits for {}, and holds {} {who}", wanted(wait), held(hold));
    let is_branch = holder.id != wait.strand.id && wait.strand.with_parents().all(|it| it.id != holder.id);
    let finding = Finding {
        kind,
        certainty: Certainty::Suspected,
        message,
        places: places([hold.taken.place, wait.at]),
        tasks: tasks([waiter, has]),
        edges: vec![edge(wait, Some(hold))],
    };
    let branch = is_branch.then(|| (holder.id, holder.polls()));
    wait.lock.tracker.report(&finding, FindingSubject { waits: accuse(std::slice::from_ref(wait)), branch });
}

/// `ahead` has the lock, or was granted it, and its task does not poll it.
pub(super) fn futurelock(wait: &Arc<Wait>, ahead: &str, has: &str, at: &'static Location<'static>) {
    let waiter = wait.strand.title();
    let finding = Finding {
        kind: Kind::Futurelock,
        certainty: Certainty::Certain,
        message: format!(
            "task `{waiter}` waits for {} behind `{ahead}`, a future of the same task that {has} at {at}, was woken, \
             and is no longer polled",
            wanted(wait),
        ),
        places: places([at, wait.at]),
        tasks: tasks([waiter, ahead.to_owned()]),
        edges: Vec::new(),
    };
    wait.lock
        .tracker
        .report(&finding, FindingSubject { waits: accuse(std::slice::from_ref(wait)), branch: None });
}

/// Orders that cannot all be kept.
pub(super) fn inversion(strand: &Strand, inversion: &Inversion) {
    let edge = |(nth, order): (usize, &super::order::Edge)| Edge {
        task: if nth == 0 { strand.title() } else { "observed earlier".to_owned() },
        holds: Some(lock_of(&order.held)),
        locked_at: Some(order.held.place.to_string()),
        waits_for: lock_of(&order.asked),
        place: Some(order.asked.place.to_string()),
    };
    let edges = inversion.iter().enumerate().map(edge).collect();
    let orders: Vec<_> = inversion
        .iter()
        .map(|edge| {
            let (held, asked) = (&edge.held, &edge.asked);
            format!("{} (at {}) before {} (at {})", lock_of(held), held.place, lock_of(asked), asked.place)
        })
        .collect();
    let finding = Finding {
        kind: Kind::OrderInversion,
        certainty: Certainty::Certain,
        message: format!("locks are taken in orders that can deadlock: {}", orders.join("; and ")),
        places: places(inversion.iter().flat_map(|edge| [edge.held.place, edge.asked.place])),
        tasks: vec![strand.title()],
        edges,
    };
    strand.tracker.report(&finding, FindingSubject::default());
}

/// A second read where a writer may come in between.
pub(super) fn recursive_read(strand: &Strand, first: &Hold, again: &LockUse, policy: &str) {
    let task = strand.title();
    let finding = Finding {
        kind: Kind::RecursiveRead,
        certainty: Certainty::Certain,
        message: format!(
            "task `{task}` holds {} and reads it again at {}: a writer that queues in between waits for the first read, \
             and the second read waits for that writer, since the lock is {policy}",
            held(first),
            again.place,
        ),
        places: places([first.taken.place, again.place]),
        tasks: vec![task],
        edges: Vec::new(),
    };
    strand.tracker.report(&finding, FindingSubject::default());
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
    };
    strand.tracker.report(&finding, FindingSubject::default());
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
    };
    wait.lock
        .tracker
        .report(&finding, FindingSubject { waits: accuse(std::slice::from_ref(wait)), branch: None });
}

/// No task holds the lock, no waiter was woken for it, and there are waiters.
pub(super) fn lost_wake_up(wait: &Arc<Wait>) {
    let task = wait.strand.title();
    let finding = Finding {
        kind: Kind::LostWakeUp,
        certainty: Certainty::Certain,
        message: format!(
            "task `{task}` waits for {}, which no task holds: it was not woken when the lock was unlocked",
            wanted(wait)
        ),
        places: places([wait.at]),
        tasks: vec![task],
        edges: Vec::new(),
    };
    wait.lock
        .tracker
        .report(&finding, FindingSubject { waits: accuse(std::slice::from_ref(wait)), branch: None });
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
    };
    wait.lock.tracker.report(&finding, FindingSubject::default());
}
