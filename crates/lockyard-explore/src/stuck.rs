//! What keeps everybody from going on, in words: who waits for whom, round the circle if there is one.

use std::fmt::Write;

use super::lock_state::LockRequest;
use super::place::Place;
use super::run_state::{NextStep, RunState};

/// One task that waits for one lock.
struct Wait {
    task: usize,
    class: &'static str,
    place: Place,
    /// The tasks that keep it waiting, since where, and whether they hold the lock or are queued for it.
    holders: Vec<(usize, Place, bool)>,
}

fn waits(state: &RunState) -> Vec<Wait> {
    let mut waits = Vec::new();
    for (task, stops) in state.stops.iter().enumerate() {
        for stop in stops {
            if let NextStep::Lock { lock_state, write, .. } = stop.want {
                let lock_state = &state.lock_states[lock_state];
                let pass = LockRequest::new(task, stop.ticket, write, stop.place);
                let holds =
                    |pass: &LockRequest| lock_state.inside.iter().any(|held| held.ticket == pass.ticket);
                let holders = lock_state.in_the_way(&pass).map(|it| (it.task, it.place, holds(it))).collect();
                waits.push(Wait { task, class: lock_state.class.name(), place: stop.place, holders });
            }
        }
    }
    waits
}

/// Why nobody can go on.
pub(super) fn describe(state: &RunState) -> String {
    let waits = waits(state);
    let waits = circle(&waits).unwrap_or_else(|| waits.iter().collect());
    if waits.is_empty() {
        return "deadlock: a task waits for an event that the explorer does not see and no task will cause"
            .to_owned();
    }
    let mut text = "deadlock:".to_owned();
    for (at, Wait { task, class, place, holders }) in waits.iter().enumerate() {
        let separator = if at == 0 { "" } else { ";" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator} task {task} waits for {class} ({place})");
        for (holder, since, inside) in holders {
            let _ = if holder == task {
                write!(text, ", held by itself since {since}")
            } else {
                let how = if *inside { "held by" } else { "queued behind" };
                write!(text, ", {how} task {holder} ({since})")
            };
        }
    }
    text
}

/// The waits that go round in a circle, if any do.
fn circle(waits: &[Wait]) -> Option<Vec<&Wait>> {
    waits.iter().find_map(|start| {
        let mut path: Vec<&Wait> = vec![start];
        loop {
            let last = path.last().expect("a path has a start");
            // Along the first holder that waits as well. Each wait has one successor this way, so the path ends or
            // meets itself within as many steps as there are waits.
            let next = last
                .holders
                .iter()
                .find_map(|(holder, ..)| waits.iter().find(|wait| wait.task == *holder))?;
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
        Some(pass) => format!("all tasks have ended, and {class} is still locked, since {}", pass.place),
        None => format!("all tasks have ended, and a waiter is still queued for {class}"),
    })
}
