//! One thread drops the last handle while another asks the table for one: both answers occur, thanks to the tie.
//!
//! This tests the tool, not the manager: were it to fail, every model that evicts would explore half of what it says.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Weak};

use lockyard::backend::session::Short;
use loom::thread;
use loom_tests::{LoomShort, Tie, explore};

/// What the table refers to.
struct Object {
    _tie: Option<Tie>,
}

/// The answers an upgrade gave over all executions: whether the object was alive.
fn answers(tied: bool) -> BTreeSet<bool> {
    let answers = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = answers.clone();
    let outcome = explore(None, move || {
        let table = Arc::new(LoomShort::new(Weak::new()));
        let object = Arc::new(Object { _tie: tied.then(|| table.tie()) });
        table.with(|weak| *weak = Arc::downgrade(&object));
        let other = thread::spawn(move || drop(object));
        let alive = table.with(|weak| weak.upgrade().is_some());
        seen.lock().unwrap().insert(alive);
        other.join().unwrap();
    });
    assert_eq!(outcome.failure, None);
    let answers = answers.lock().unwrap();
    answers.clone()
}

#[test]
fn an_upgrade_meets_the_last_drop_on_either_side() {
    assert_eq!(answers(true), BTreeSet::from([false, true]));
}

#[test]
fn without_the_tie_one_side_is_never_seen() {
    assert_eq!(answers(false).len(), 1);
}
