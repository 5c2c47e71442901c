//! Messages in shared chunks: two that append to clones of one vector each have their own item, and no other clone sees either.

use std::sync::Arc;

use lockyard::backend::shared_vec::SharedVec;
use lockyard::lock::sync::{Fault, planted};
use loom::thread;
use loom_tests::{ModelCheck, Mutant};

/// One less than a chunk holds, so that the first to append also finishes the chunk.
const LENGTH: u32 = 15;

fn two_append_to_clones_of_one() {
    let original: Arc<SharedVec<u32>> = Arc::new((0..LENGTH).collect());
    let append = |item: u32| {
        let mut copy = SharedVec::clone(&original);
        thread::spawn(move || {
            copy.push(item);
            copy.push(item + 1);
            copy
        })
    };
    let others = [append(100), append(200)];
    assert!(original.iter().copied().eq(0..LENGTH), "the original has changed");
    for (other, item) in others.into_iter().zip([100, 200]) {
        let copy = other.join().unwrap();
        let expected = (0..LENGTH).chain([item, item + 1]);
        assert!(copy.iter().copied().eq(expected), "a copy has another's item: {copy:?}");
    }
    assert_eq!(original.len(), LENGTH as usize);
}

#[test]
fn each_clone_that_appends_has_its_own_item() {
    ModelCheck { name: "shared-chunks", over: "-", preemptions: None, min_executions: 25 }
        .check(two_append_to_clones_of_one);
}

#[test]
fn where_filling_a_slot_takes_two_steps_one_has_the_others_item() {
    let mutant = Mutant {
        name: "shared-chunks/two-steps",
        class: "check then act",
        preemptions: None,
        complaint: "a copy has another's item",
    };
    planted(Fault::TwoSteps, || mutant.must_fail(two_append_to_clones_of_one));
}
