//! Snapshots: readers see whole values that never go back, and no writer's change is lost.

use std::sync::Arc;

use lockyard::lock::sync::{Fault, planted};
use lockyard::lock::{ArcSwap, LockClass, LockOf, SharedLock};
use loom::thread;
use loom_tests::{ModelCheck, Mutant, block_on};

static PAIR: LockClass = LockClass::new("pair");

/// Two writers change both halves, and a reader looks twice.
fn two_writers_and_a_reader() {
    let pair: Arc<LockOf<ArcSwap, (u32, u32)>> = Arc::new(SharedLock::new(&PAIR, (0, 0)));
    let writers = [(); 2].map(|()| {
        let pair = pair.clone();
        thread::spawn(move || {
            let mut pair = block_on(pair.write());
            pair.0 += 1;
            pair.1 += 1;
        })
    });
    let seen = [(); 2].map(|()| *block_on(pair.read()));
    for (one, other) in seen {
        assert_eq!(one, other, "half of a change");
    }
    assert!(seen[0] <= seen[1], "time went back: {seen:?}");
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(*block_on(pair.read()), (2, 2), "a change is lost");
}

#[test]
fn snapshots_are_whole_and_lose_nothing() {
    ModelCheck { name: "snapshots", over: "arc-swap", preemptions: None, min_executions: 800 }
        .check(two_writers_and_a_reader);
}

#[test]
fn writers_that_do_not_wait_for_each_other_meet() {
    let mutant = Mutant {
        name: "snapshots/no-exclusion",
        class: "lost update",
        preemptions: None,
        complaint: "two are inside of one mutex",
    };
    planted(Fault::NoExclusion, || mutant.must_fail(two_writers_and_a_reader));
}

/// A reader keeps its snapshot while two others, itself among them, write.
fn one_hands_over_to_another() {
    let list: Arc<LockOf<ArcSwap, Vec<u32>>> = Arc::new(SharedLock::new(&PAIR, vec![]));
    let other = {
        let list = list.clone();
        thread::spawn(move || block_on(list.write()).push(1))
    };
    let before = block_on(list.read());
    let length = before.len();
    block_on(list.write()).push(2);
    assert_eq!(before.len(), length, "a snapshot has changed under its reader");
    other.join().unwrap();
    assert_eq!(block_on(list.read()).len(), 2, "a change is lost");
}

#[test]
fn a_snapshot_stands_while_others_write() {
    ModelCheck { name: "snapshot-stands", over: "arc-swap", preemptions: None, min_executions: 10 }
        .check(one_hands_over_to_another);
}
