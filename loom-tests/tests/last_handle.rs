//! Somebody drops the last handle while somebody else asks the table for one: both answers occur, thanks to the tie.
//!
//! This tests the tool, not the manager: were it to fail, every model that evicts would explore half of what it says.
#![cfg(lockyard_loom)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Weak};

use lockyard::session::Short;
use loom::thread;
use loom_tests::{LoomShort, Model, Tie};

/// What the table refers to.
struct Object {
    _tie: Option<Tie>,
}

/// The answers an upgrade gave over all executions: whether the object was alive.
fn answers(name: &'static str, tied: bool, at_least: u64) -> BTreeSet<bool> {
    let answers = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = answers.clone();
    let model = Model { name, preemptions: None, at_least };
    model.check(move || {
        let table = Arc::new(LoomShort::new(Weak::new()));
        let object = Arc::new(Object { _tie: tied.then(|| table.tie()) });
        table.with(|weak| *weak = Arc::downgrade(&object));
        let other = thread::spawn(move || drop(object));
        let alive = table.with(|weak| weak.upgrade().is_some());
        seen.lock().unwrap().insert(alive);
        other.join().unwrap();
    });
    let answers = answers.lock().unwrap();
    answers.clone()
}

#[test]
fn an_upgrade_meets_the_last_drop_on_either_side() {
    let answers = answers("weak upgrade against last drop", true, 2);
    assert_eq!(answers, BTreeSet::from([false, true]));
}

#[test]
fn without_the_tie_one_side_is_never_seen() {
    assert_eq!(answers("weak upgrade against last drop, without the tie", false, 1).len(), 1);
}
