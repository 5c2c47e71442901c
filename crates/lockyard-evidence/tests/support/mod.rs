//! Runs that tests draw.
#![allow(dead_code, reason = "each test draws some of them")]

use lockyard_evidence::{Action, Counterexample, Edge, Step};

/// A step at a place; locks are queued for and locked to write.
pub fn step(nth: u32, task: usize, action: Action, object: &str, holds: &[&str], waits: &[&str]) -> Step {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let value = matches!(action, Action::Lock | Action::Queue).then(|| "write".to_owned());
    let place = matches!(action, Action::Lock | Action::Queue)
        .then(|| "src/backend/session/manager.rs:161:25".to_owned());
    let object = Some(object.to_owned());
    Step { nth, task, action, object, value, place, holds: words(holds), waits_for: words(waits) }
}

pub fn edge(task: &str, holds: Option<&str>, waits_for: &str) -> Edge {
    Edge {
        task: task.to_owned(),
        holds: holds.map(str::to_owned),
        locked_at: holds.map(|_| "src/backend/session/manager.rs:161:25".to_owned()),
        waits_for: waits_for.to_owned(),
        place: Some("src/backend/session/cache/mutex_lru.rs:33:16".to_owned()),
    }
}

/// Two tasks, each of which has what the other one asks for.
pub fn deadlock() -> Counterexample {
    Counterexample {
        message: "deadlock of two movers".to_owned(),
        about: Some("Two accounts are locked in the order of the request.".to_owned()),
        tasks: vec!["task 0: <mover>".to_owned(), "task 1: other".to_owned()],
        steps: vec![
            Step { value: None, place: None, ..step(1, 0, Action::Invoke, "move(a, b)", &[], &[]) },
            step(1, 0, Action::Lock, "a", &["a"], &[]),
            step(2, 1, Action::Lock, "b", &["b"], &[]),
            step(3, 0, Action::Queue, "b", &["a"], &["b"]),
            step(4, 1, Action::Queue, "a", &["b"], &["a"]),
        ],
        edges: vec![
            edge("task 0: <mover>", Some("a (write)"), "b (write)"),
            edge("task 1: other", Some("b (write)"), "a (write)"),
        ],
        replay: "lockyard verify --pitfall two-sessions --replay 0.1".to_owned(),
        ..Counterexample::default()
    }
}

/// Three tasks of a chat backend: long names, long operations, values, and a request that is retried.
pub fn three_tasks() -> Counterexample {
    let mut steps = vec![
        step(1, 0, Action::Invoke, "append_message(session 7, \"a long message of a client\")", &[], &[]),
        step(1, 0, Action::Lock, "cache", &["cache"], &[]),
        step(2, 0, Action::Lock, "session", &["cache", "session"], &[]),
        step(3, 1, Action::Invoke, "delete_context(session 7)", &[], &[]),
        step(3, 1, Action::Queue, "session", &[], &["session"]),
        step(4, 2, Action::Invoke, "list_contexts(first 20, by the time of the last change)", &[], &[]),
    ];
    for nth in 0..20 {
        let call = Step {
            value: Some("fails: the disk is full".to_owned()),
            ..step(5 + 2 * nth, 2, Action::Call, "store: put", &[], &[])
        };
        steps.extend([call, step(6 + 2 * nth, 2, Action::Tick, "", &[], &[])]);
    }
    let stored = Step {
        value: Some("version 2 → 1".to_owned()),
        place: Some("src/backend/session/cache/mutex_lru.rs:33:16".to_owned()),
        ..step(45, 0, Action::Access, "store", &["cache", "session"], &[])
    };
    steps.push(stored);
    Counterexample {
        message: "the store has version 1 of session 7, and version 2 was acknowledged to its client before the save"
            .to_owned(),
        tasks: ["task 0: client that appends", "task 1: client that deletes", "task 2: the auto-save in the background"]
            .map(str::to_owned)
            .into(),
        fatal: Some(steps.len() - 1),
        steps,
        replay: "lockyard verify --pitfall stale-save --replay 0.0.1.2.0.1.2.2.1.0.0.1.2.0.1.2.2.1.0.0.0.1.1x0".to_owned(),
        ..Counterexample::default()
    }
}
