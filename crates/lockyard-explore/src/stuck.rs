//! What keeps every task from going on: who waits for whom, along the wait cycle if there is one.

use std::fmt::{self, Write};

use lockyard_evidence::Edge;

use super::failure::{Cause, FailureKind};
use super::lock_state::LockRequest;
use super::next_step::{NextStep, YieldPoint};
use super::note::{LockChange, LockName, Note, task};
use super::place::Place;
use super::run_state::RunState;

/// One task that waits for one lock, or for something else that others bring about.
struct Wait {
    task: usize,
    what: Awaited,
    place: Place,
    holders: Vec<Holder>,
}

/// A task that keeps another waiting.
#[derive(Clone, Copy)]
struct Holder {
    task: usize,
    mode: &'static str,
    since: Place,
    /// Whether it holds the lock, rather than is queued for it.
    inside: bool,
    /// Whether it was granted what it is queued for, and does not poll for it.
    unpolled: bool,
    /// Whether its end is what the other waits for.
    ends: bool,
}

/// What a task waits for.
#[derive(Clone, Copy)]
enum Awaited {
    /// A lock, by its number in the run.
    Lock { number: usize, class: &'static str, mode: &'static str },
    /// Something that is no lock: an operation on a thing of this kind.
    Event { kind: &'static str, what: &'static str },
    /// The end of a task.
    End(usize),
}

impl Awaited {
    /// What of it is the same in every run that is stuck alike.
    fn class(self) -> &'static str {
        match self {
            Self::Lock { class, .. } => class,
            Self::Event { kind, .. } => kind,
            Self::End(_) => "task",
        }
    }

    /// The same, in this mode, as it stands in edges.
    fn edge(self, mode: Option<&str>) -> String {
        match self {
            Self::Lock { number, class, mode: own } => format!("{class} #{number} ({})", mode.unwrap_or(own)),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock { class, .. } => f.write_str(class),
            Self::Event { kind, what } => write!(f, "{kind}: {what}"),
            Self::End(other) => write!(f, "the end of {}", task(*other)),
        }
    }
}

fn mode(write: bool) -> &'static str {
    if write { "write" } else { "read" }
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
                    mode: mode(it.write),
                    since: it.place,
                    inside: lock_state.inside.iter().any(|held| held.ticket == it.ticket),
                    unpolled: unpolled(state).any(|(_, point)| point.ticket == it.ticket),
                    ends: false,
                };
                let holders = lock_state.in_the_way(&request).map(holder).collect();
                let what = Awaited::Lock { number: lock, class: lock_state.class.name(), mode: mode(write) };
                waits.push(Wait { task, what, place: point.place, holders });
            }
            waits.extend(guest_wait(state, task, point));
        }
    }
    waits
}

/// What a guest's task waits for at this yield point, if it does.
fn guest_wait(state: &RunState, task: usize, point: &YieldPoint) -> Option<Wait> {
    let place = point.place;
    let ask = match point.want {
        NextStep::Wake(ask) => ask,
        NextStep::Over(other) => {
            let holder =
                Holder { task: other, mode: "", since: place, inside: false, unpolled: false, ends: true };
            return Some(Wait { task, what: Awaited::End(other), place, holders: vec![holder] });
        }
        _ => return None,
    };
    if !ask.lock {
        return Some(Wait {
            task,
            what: Awaited::Event { kind: ask.kind, what: ask.what },
            place,
            holders: vec![],
        });
    }
    let held = state.guest.held.iter().filter(|held| held.ask.excludes(&ask)).map(|held| Holder {
        task: held.task,
        mode: held.ask.what,
        since: held.place,
        inside: true,
        unpolled: false,
        ends: false,
    });
    // Real locks have queues, and who asked earlier is granted first; or was, and does not poll for it.
    let queued = state.yield_points.iter().enumerate().flat_map(|(task, points)| {
        let before = points.iter().filter(|other| match other.want {
            NextStep::Wake(other_ask) => {
                let same = other_ask.number == ask.number && other_ask.lock && other.ticket != point.ticket;
                let earlier = other.ticket < point.ticket && other_ask.excludes(&ask);
                same && (earlier || other.unpolled)
            }
            _ => false,
        });
        before.map(move |other| Holder {
            task,
            mode: "",
            since: other.place,
            inside: false,
            unpolled: other.unpolled,
            ends: false,
        })
    });
    let what = Awaited::Lock { number: ask.number as usize, class: ask.kind, mode: ask.what };
    Some(Wait { task, what, place, holders: held.chain(queued).collect() })
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
    let mut classes: Vec<_> = shown.iter().map(|wait| wait.what.class()).collect();
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
    for Wait { task, what, place, holders } in waits {
        let _ = write!(text, "{separator} task {task} waits for {what} ({place})");
        separator = ";";
        for Holder { task: holder, since, inside, unpolled, .. } in holders.iter().filter(|it| !it.ends) {
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
    let blocked = cycle(&waits).unwrap_or_default();
    let unsaid = blocked.iter().filter_map(|wait| match wait.what {
        Awaited::Lock { number, class, mode } => {
            let of_the_model = state.lock_states.get(number).filter(|lock| lock.class.name() == class)?;
            let queued = of_the_model.queue.iter().any(|it| it.task == wait.task);
            (!queued).then_some((wait, number, class, mode))
        }
        _ => None,
    });
    let note =
        |(nth, (wait, number, class, mode)): (u32, (&&Wait, usize, &'static str, &'static str))| Note {
            step: state.clock + nth,
            task: wait.task,
            action: LockChange::Queues.action(),
            object: Some(class),
            value: Some(mode.into()),
            place: Some(wait.place),
            lock: Some((LockName { class, number }, LockChange::Queues)),
        };
    (1..).zip(unsaid).map(note).collect()
}

/// The edges of a cycle of waits, each task's with what it holds of what the one before it waits for.
fn edges(cycle: &[&Wait]) -> Vec<Edge> {
    let before = cycle.iter().cycle().skip(cycle.len().saturating_sub(1));
    let edge = |(wait, before): (&&Wait, &&Wait)| {
        let holder = before.holders.iter().find(|holder| holder.task == wait.task);
        let holder = holder.filter(|holder| holder.inside);
        Edge {
            task: task(wait.task),
            holds: holder.map(|holder| before.what.edge(Some(holder.mode))),
            locked_at: holder.map(|holder| holder.since.to_string()),
            waits_for: wait.what.edge(None),
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
            let waiting = |holder: &Holder| waits.iter().find(|wait| wait.task == holder.task);
            // Of something that several have, what others have is the longer story.
            let others = last.holders.iter().filter(|holder| holder.task != last.task);
            let next = others.chain(&last.holders).find_map(waiting)?;
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
