//! What keeps every task from going on: who waits for whom, along the wait cycle if there is one.

use std::fmt::Write;

use lockyard_evidence::Edge;

use super::failure::{Cause, FailureKind};
use super::lock_state::LockRequest;
use super::note::{LockChange, LockName, Note, task};
use super::place::Place;
use super::run_state::{NextStep, RunState, YieldPoint};

/// One task that waits for one lock.
struct Wait {
    task: usize,
    /// The lock, by its number in the run.
    lock: usize,
    class: &'static str,
    write: bool,
    place: Place,
    holders: Vec<Holder>,
}

/// A task that keeps another waiting.
#[derive(Clone, Copy)]
struct Holder {
    task: usize,
    write: bool,
    since: Place,
    /// Whether it holds the lock, rather than is queued for it.
    inside: bool,
    /// Whether it was granted what it is queued for, and does not poll for it.
    unpolled: bool,
}

fn waits(state: &RunState) -> Vec<Wait> {
    let mut waits = Vec::new();
    for (task, points) in state.yield_points.iter().enumerate() {
        // What a task holds back is nothing it waits for now.
        for point in points.iter().filter(|point| !point.unpolled) {
            if let NextStep::Lock { lock_state: lock, write, .. } = point.want {
                let lock_state = &state.lock_states[lock];
                let request = LockRequest::new(task, point.ticket, write, point.place);
                let holder = |it: &LockRequest| Holder {
                    task: it.task,
                    write: it.write,
                    since: it.place,
                    inside: lock_state.inside.iter().any(|held| held.ticket == it.ticket),
                    unpolled: unpolled(state).any(|(_, point)| point.ticket == it.ticket),
                };
                let holders = lock_state.in_the_way(&request).map(holder).collect();
                let class = lock_state.class.name();
                waits.push(Wait { task, lock, class, write, place: point.place, holders });
            }
        }
    }
    waits
}

fn unpolled(state: &RunState) -> impl Iterator<Item = (usize, &YieldPoint)> {
    state.yield_points.iter().enumerate().flat_map(|(task, points)| {
        points.iter().filter(|point| point.unpolled).map(move |point| (task, point))
    })
}

/// Why no task can go on.
pub(super) fn describe(state: &RunState) -> Cause {
    let waits = waits(state);
    let on_cycle = cycle(&waits);
    let is_cycle = on_cycle.is_some();
    let shown = on_cycle.unwrap_or_else(|| waits.iter().collect());
    // A wake-up that no task polls is the cause only where a task is stuck, as here.
    let held_back: Vec<_> = unpolled(state).collect();
    let kind = if held_back.is_empty() { FailureKind::Deadlock } else { FailureKind::Futurelock };
    let mut classes: Vec<_> = shown.iter().map(|wait| wait.class).collect();
    classes.sort_unstable();
    classes.dedup();
    Cause {
        kind,
        // Another cycle is another deadlock, so the locks on it are part of the property.
        property: format!("{kind}: {}", classes.join(", ")),
        message: words(kind, &shown, &held_back),
        edges: if is_cycle { edges(&shown) } else { Vec::new() },
    }
}

fn words(kind: FailureKind, waits: &[&Wait], held_back: &[(usize, &YieldPoint)]) -> String {
    if waits.is_empty() && held_back.is_empty() {
        return format!(
            "{kind}: a task waits for an event that the explorer does not see and no task will cause"
        );
    }
    let mut text = format!("{kind}:");
    let mut separator = "";
    // Writing to a string cannot fail.
    for (task, point) in held_back {
        let _ = write!(
            text,
            "{separator} task {task} was woken for the future that waits at {}, and does not poll it",
            point.place
        );
        separator = ";";
    }
    for Wait { task, class, place, holders, .. } in waits {
        let _ = write!(text, "{separator} task {task} waits for {class} ({place})");
        separator = ";";
        for Holder { task: holder, since, inside, unpolled, .. } in holders {
            let _ = match (holder == task, *inside) {
                (true, true) => write!(text, ", held by itself since {since}"),
                (true, false) => write!(text, ", queued behind itself ({since})"),
                (false, true) => write!(text, ", held by task {holder} ({since})"),
                (false, false) => write!(text, ", queued behind task {holder} ({since})"),
            };
            if *unpolled {
                text += ", which does not poll for it";
            }
        }
    }
    text
}

/// The requests on the wait cycle at the end of a run, as notes: who waits for what is part of a drawing. One that is
/// queued in its lock has a note that says so already.
pub(super) fn requests(state: &RunState) -> Vec<Note> {
    let waits = waits(state);
    let queued = |wait: &&&Wait| state.lock_states[wait.lock].queue.iter().any(|it| it.task == wait.task);
    let blocked = cycle(&waits).unwrap_or_default();
    let note = |(nth, wait): (u32, &&Wait)| Note {
        step: state.clock + nth,
        task: wait.task,
        action: LockChange::Queues.action(),
        object: Some(wait.class),
        value: Some(if wait.write { "write" } else { "read" }.into()),
        place: Some(wait.place),
        lock: Some((LockName { class: wait.class, number: wait.lock }, LockChange::Queues)),
    };
    (1..).zip(blocked.iter().filter(|wait| !queued(wait))).map(note).collect()
}

/// The edges of a cycle of waits, each task's with what it holds of what the one before it waits for.
fn edges(cycle: &[&Wait]) -> Vec<Edge> {
    let before = cycle.iter().cycle().skip(cycle.len().saturating_sub(1));
    let lock = |wait: &Wait, write: bool| {
        format!("{} #{} ({})", wait.class, wait.lock, if write { "write" } else { "read" })
    };
    let edge = |(wait, before): (&&Wait, &&Wait)| {
        let holder = before.holders.iter().find(|holder| holder.task == wait.task);
        let holder = holder.filter(|holder| holder.inside);
        Edge {
            task: task(wait.task),
            holds: holder.map(|holder| lock(before, holder.write)),
            locked_at: holder.map(|holder| holder.since.to_string()),
            waits_for: lock(wait, wait.write),
            place: Some(wait.place.to_string()),
        }
    };
    cycle.iter().zip(before).map(edge).collect()
}

/// The waits that form a cycle, if any do.
fn cycle(waits: &[Wait]) -> Option<Vec<&Wait>> {
    waits.iter().find_map(|start| {
        let mut path: Vec<&Wait> = vec![start];
        loop {
            let last = path.last().expect("a path has a start");
            // Along the first holder that waits as well. Each wait has one successor this way, so the path ends or
            // meets itself within as many steps as there are waits.
            let next =
                last.holders.iter().find_map(|holder| waits.iter().find(|wait| wait.task == holder.task))?;
            if let Some(at) = path.iter().position(|wait| wait.task == next.task) {
                return Some(path.split_off(at));
            }
            path.push(next);
        }
    })
}

/// What was not given back, if anything.
pub(super) fn leak(state: &RunState) -> Option<String> {
    let lock_state = state
        .lock_states
        .iter()
        .find(|lock_state| !lock_state.inside.is_empty() || !lock_state.queue.is_empty())?;
    let class = lock_state.class.name();
    Some(match lock_state.inside.first() {
        Some(held) => format!("all tasks have ended, and {class} is still locked, since {}", held.place),
        None => format!("all tasks have ended, and a waiter is still queued for {class}"),
    })
}
