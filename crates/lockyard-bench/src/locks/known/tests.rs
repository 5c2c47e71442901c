//! Verdicts on published results, from records that are made up: each result agrees in one, disagrees in another, and cannot be
//! told in a third.

use super::super::planted::{measure, record};
use super::known_curves;
use crate::record::{Agreement, Fairness, KnownCurve, LockPoint, Record};

const CONTENDED: LockPoint = LockPoint { hold_ns: 0, think_ns: 0, tasks: 8, reads_percent: 0, workers: 2 };

/// The verdict on the one result whose claim has these words.
fn verdict(record: &Record, claim: &str) -> Agreement {
    let curves = known_curves(record);
    let found: Vec<&KnownCurve> = curves.iter().filter(|it| it.claim.contains(claim)).collect();
    let [found] = found[..] else { panic!("{} results say {claim:?}", found.len()) };
    assert!(found.source.starts_with("https://") && !found.seen.is_empty(), "{found:?}");
    assert_eq!(found.cores, record.environment.cores);
    found.verdict
}

use Agreement::{Agrees, Disagrees, NotTestable};

const TOKIO: [&str; 2] = ["tokio-mutex", "tokio-rwlock"];

#[test]
fn nothing_is_said_of_a_record_without_locks_and_nothing_is_known_of_one_without_points() {
    let mut empty = record(2, &TOKIO);
    assert!(known_curves(&empty).iter().all(|it| it.verdict == NotTestable));
    empty.locks = None;
    assert_eq!(known_curves(&empty), []);
}

#[test]
fn equality_on_one_worker() {
    let claim = "they are equal";
    let one = LockPoint { workers: 1, reads_percent: 90, ..CONTENDED };
    for (rwlock, expected) in [(1.02, Agrees), (1.5, Disagrees), (0.5, Disagrees), (1.09, NotTestable)] {
        let mut record = record(2, &TOKIO);
        measure(&mut record, one, &[("tokio-mutex", 1e6), ("tokio-rwlock", rwlock * 1e6)]);
        assert_eq!(verdict(&record, claim), expected, "{rwlock}");
    }
    assert_eq!(verdict(&record(2, &TOKIO), claim), NotTestable);
}

#[test]
fn what_async_costs() {
    let alone = LockPoint { tasks: 1, ..CONTENDED };
    for (std, expected) in [(2.0, Agrees), (1.01, Disagrees)] {
        let mut record = record(2, &["tokio-mutex", "std-mutex"]);
        measure(&mut record, alone, &[("tokio-mutex", 1e6), ("std-mutex", std * 1e6)]);
        assert_eq!(verdict(&record, "async mutex"), expected);
    }
}

#[test]
fn parking_lot_uncontended() {
    let alone = LockPoint { tasks: 1, ..CONTENDED };
    for (rate, expected) in [(1.6, Agrees), (1.2, Disagrees), (1.35, NotTestable)] {
        let mut record = record(2, &["parking-lot-mutex", "std-mutex"]);
        measure(&mut record, alone, &[("parking-lot-mutex", rate * 1e6), ("std-mutex", 1e6)]);
        assert_eq!(verdict(&record, "nobody contends"), expected, "{rate}");
    }
}

#[test]
fn fifo_gives_tasks_the_same() {
    for (jain, expected) in [(0.999, Agrees), (0.8, Disagrees)] {
        let mut record = record(2, &["tokio-mutex"]);
        measure(&mut record, CONTENDED, &[("tokio-mutex", 1e6)]);
        record.cells[0].fairness = Some(Fairness { jain, max_wait_ns: None, operations_per_task: None });
        assert_eq!(verdict(&record, "in the order of requests"), expected);
    }
}

#[test]
fn readers_write_the_lock() {
    let claim = "no improvement over a mutex";
    let reads = LockPoint { reads_percent: 100, ..CONTENDED };
    for (cores, rwlock, expected) in [(2, 0.8, Agrees), (2, 1.5, Disagrees), (1, 0.8, NotTestable)] {
        let mut record = record(cores, &TOKIO);
        measure(&mut record, reads, &[("tokio-mutex", 1e6), ("tokio-rwlock", rwlock * 1e6)]);
        assert_eq!(verdict(&record, claim), expected, "{cores} cores, {rwlock}");
    }
}

#[test]
fn readers_on_more_workers() {
    let claim = "drops as more threads read";
    let reads = LockPoint { reads_percent: 100, ..CONTENDED };
    for (many, expected) in [(0.5, Agrees), (1.9, Disagrees), (1.01, NotTestable)] {
        let mut record = record(2, &TOKIO);
        measure(&mut record, reads, &[("tokio-rwlock", many * 1e6)]);
        assert_eq!(verdict(&record, claim), NotTestable, "with two workers only");
        measure(&mut record, LockPoint { workers: 1, ..reads }, &[("tokio-rwlock", 1e6)]);
        assert_eq!(verdict(&record, claim), expected);
    }
}

#[test]
fn std_on_many_cores() {
    let names = ["parking-lot-mutex", "std-mutex"];
    for (cores, std, expected) in [(18, 2.0, Agrees), (18, 0.9, Disagrees), (2, 2.0, NotTestable)] {
        let mut record = record(cores, &names);
        let point = LockPoint { workers: cores, ..CONTENDED };
        measure(&mut record, point, &[("parking-lot-mutex", 1e6), ("std-mutex", std * 1e6)]);
        assert_eq!(verdict(&record, "faster than parking_lot's"), expected, "{cores} cores");
    }
}

#[test]
fn bytes() {
    let mut record = record(2, &["parking-lot-mutex", "parking-lot-rwlock"]);
    assert_eq!(verdict(&record, "one byte"), Agrees);
    record.locks.as_mut().unwrap().locks[0].inline_bytes = 8;
    assert_eq!(verdict(&record, "one byte"), Disagrees);
}

#[test]
fn work_outside_the_lock() {
    let claim = "lockhammer";
    let busy = LockPoint { hold_ns: 1_000, ..CONTENDED };
    let thinking = LockPoint { think_ns: 10_000, ..busy };
    // Without overhead an access would take 1 µs, and 5.5 µs with the work outside on two workers.
    for (nanos, expected) in [(5_600.0, Agrees), (6_600.0, Disagrees), (5_700.0, NotTestable)] {
        let mut record = record(2, &["tokio-mutex"]);
        measure(&mut record, busy, &[("tokio-mutex", 1e9 / 1_200.0)]);
        assert_eq!(verdict(&record, claim), NotTestable);
        measure(&mut record, thinking, &[("tokio-mutex", 1e9 / nanos)]);
        assert_eq!(verdict(&record, claim), expected);
    }
}

#[test]
fn a_lock_that_failed_says_nothing() {
    let reads = LockPoint { reads_percent: 100, ..CONTENDED };
    let mut record = record(2, &TOKIO);
    measure(&mut record, reads, &[("tokio-mutex", 1e6), ("tokio-rwlock", 8e5)]);
    record.cells[1].findings = serde_json::from_value(serde_json::json!([{
        "kind": "stuck", "severity": "error", "message": "", "places": ["read"], "tasks": []
    }]))
    .unwrap();
    assert_eq!(verdict(&record, "no improvement over a mutex"), NotTestable);
}
