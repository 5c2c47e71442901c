//! Locks of a user's own: the contract complains of each of the eight wrong ones, for the reason that it is wrong,
//! and of no right one.

mod locks;

use std::time::Duration;

use locks::{for_each_right_lock, for_each_wrong_lock};
use lockyard_lock::contract;

macro_rules! right {
    ($($module:ident: $family:ident [$($capability:tt),*];)*) => { $(
        lockyard_lock::lock_contract!(mod $module: locks::right::$family: $($capability),*);
    )* };
}

for_each_right_lock! { right }

macro_rules! tests_of {
    ($($module:ident: $family:ident [$($capability:tt),*];)*) => {
        [$((stringify!($module), lockyard_lock::lock_contract!(list locks::wrong::$family: $($capability),*))),*]
    };
}

/// What a test of the contract says of a wrong lock. One that hangs is seen to hang soon.
fn said(lock: &str, test: &str) -> String {
    let locks = for_each_wrong_lock!(tests_of);
    assert_eq!(locks.len(), 8);
    let (_, tests) = locks.into_iter().find(|(name, _)| *name == lock).unwrap();
    let (_, test) = tests.into_iter().find(|(name, _)| *name == test).unwrap();
    contract::outcome(test, Duration::from_secs(3)).expect_err("the lock is wrong")
}

#[test]
fn every_wrong_lock_is_caught_by_what_it_breaks() {
    let caught = |lock: &str, test: &str, words: &str| {
        let said = said(lock, test);
        assert!(said.contains(words), "{lock}, {test}: {said}");
    };
    caught("leak_behind_writer", "a_waiter_dropped_behind_a_writer_leaves_nothing", "never granted");
    caught("leak_behind_reader", "a_waiter_dropped_behind_a_reader_leaves_nothing", "never granted");
    caught("forgotten_wake", "no_wake_up_is_lost_in_any_order", "was not woken");
    caught("torn", "holders_exclude_each_other_in_every_order", "was let in beside reader");
    caught("unfair", "no_waiter_is_overtaken_beyond_the_policy", "was let in before writer");
    caught("poisoned", "a_holder_that_panics_lets_in_those_that_wait", "still waiting to");
    caught("double_grant", "holders_exclude_each_other_in_every_order", "was let in beside");
    caught("lost_hand_over", "no_wake_up_is_lost_in_any_order", "was not woken");
}
