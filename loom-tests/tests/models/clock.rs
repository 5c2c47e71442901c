//! The clock cache: ring and map always have the same sessions, and what is evicted ends with its eviction.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lockyard::backend::session::Cache;
use lockyard::lock::sync::{Fault, planted};
use loom::thread;
use loom_tests::{Clock, ModelCheck, Mutant, block_on, id};

/// Three values with these numbers, the first of which is in a cache that has room for it alone.
fn full() -> (Arc<Clock<u64>>, [Arc<u64>; 3]) {
    let cache = Arc::new(Clock::new(NonZeroUsize::MIN));
    let values = [0, 1, 2].map(Arc::new);
    block_on(Cache::insert(&*cache, id(0), values[0].clone()));
    (cache, values)
}

/// Which values are in the cache, by number. All others have ended.
fn inside(cache: &Clock<u64>, values: &[Arc<u64>]) -> Vec<u64> {
    let found = values.iter().filter(|value| {
        let found = block_on(cache.get(id(***value)));
        let kept = usize::from(found.is_some());
        drop(found);
        assert_eq!(Arc::strong_count(value), 1 + kept, "value {value} is kept outside of the cache");
        kept == 1
    });
    found.map(|value| **value).collect()
}

fn newcomers_and_a_visitor() {
    let (cache, values) = full();
    let newcomers = [1, 2].map(|number| {
        let (cache, value) = (cache.clone(), values[number].clone());
        thread::spawn(move || block_on(cache.insert(id(number as u64), value)))
    });
    let seen = block_on(cache.visit(id(0), |value| *value));
    assert!(seen.is_none_or(|value| value == 0), "another value was found");
    for newcomer in newcomers {
        newcomer.join().unwrap();
    }
    let inside = inside(&cache, &values);
    let stats = block_on(cache.stats());
    assert_eq!(inside.len(), stats.len, "ring and map differ");
    assert_eq!((stats.len, stats.evictions), (1, 2), "there is room for one");
    assert_ne!(inside, [0], "the newest is inside");
}

fn a_newcomer_and_a_removal() {
    let (cache, values) = full();
    let newcomer = {
        let (cache, value) = (cache.clone(), values[1].clone());
        thread::spawn(move || block_on(cache.insert(id(1), value)))
    };
    let renewal = {
        let (cache, value) = (cache.clone(), values[0].clone());
        thread::spawn(move || block_on(cache.insert(id(0), value)))
    };
    block_on(cache.remove(id(0)));
    newcomer.join().unwrap();
    renewal.join().unwrap();
    let inside = inside(&cache, &values);
    assert_eq!(inside.len(), block_on(cache.stats()).len, "ring and map differ");
    assert!(inside.len() <= 1, "there is room for one: {inside:?}");
}

const PREEMPTIONS: Option<usize> = None;

#[test]
fn newcomers_displace_what_is_cached() {
    ModelCheck { name: "clock-newcomers", over: "clock", preemptions: PREEMPTIONS, min_executions: 2_500 }
        .check(newcomers_and_a_visitor);
}

#[test]
fn a_removal_leaves_nothing_behind() {
    ModelCheck { name: "clock-removal", over: "clock", preemptions: PREEMPTIONS, min_executions: 200 }
        .check(a_newcomer_and_a_removal);
}

#[test]
fn without_exclusion_two_turn_the_hand_at_once() {
    let mutant = Mutant {
        name: "clock-newcomers/no-exclusion",
        class: "lost update",
        preemptions: PREEMPTIONS,
        complaint: "two are inside of one mutex",
    };
    planted(Fault::NoExclusion, || mutant.must_fail(newcomers_and_a_visitor));
}
