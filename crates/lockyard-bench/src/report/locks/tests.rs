//! Regions, sentences and rows of records that are made up: each can be told by hand.

use super::regions::{hold, regions};
use super::*;
use crate::locks::planted::{measure, record};
use crate::record::{Agreement, Fairness, KnownCurve, LockPoint, LockTime, Record};
use crate::report::{TextOptions, page, summary, text};

const TOKIO: &str = "tokio-mutex";
const RW: &str = "tokio-rwlock";
const STD: &str = "std-mutex";

fn at(hold_ns: u64, reads_percent: u32) -> LockPoint {
    LockPoint { hold_ns, think_ns: 0, tasks: 8, reads_percent, workers: 2 }
}

/// Hold times 0 and 1 µs by three shares of reads. The std mutex leads at five points, once tied with the read-write lock,
/// which leads by itself at the last; intervals are of 1 %.
fn planted() -> Record {
    let mut planted = record(2, &[TOKIO, RW, STD]);
    for (point, rates) in [
        (at(0, 0), [1.0, 1.0, 3.0]),
        (at(0, 50), [1.0, 1.0, 2.0]),
        (at(0, 100), [1.0, 1.2, 2.0]),
        (at(1_000, 0), [1.0, 1.0, 2.0]),
        (at(1_000, 50), [1.0, 2.0, 2.01]),
        (at(1_000, 100), [1.0, 4.0, 2.0]),
    ] {
        let rates: Vec<_> = [TOKIO, RW, STD].into_iter().zip(rates.map(|it| it * 1e6)).collect();
        measure(&mut planted, point, &rates);
    }
    planted
}

fn over_all(record: &Record) -> LockMap {
    let mut maps = LockMap::all(record).into_iter().filter(LockMap::has_all_locks);
    let map = maps.next().expect("a map");
    assert!(maps.next().is_none(), "one only");
    map
}

fn said(record: &Record) -> Vec<String> {
    sentences(&over_all(record), record.baseline())
}

#[test]
fn points_with_one_leader_are_one_region_and_ties_are_told() {
    assert_eq!(
        said(&planted()),
        [
            "Held for 0 with 0 to 100 % reads, for 1 µs with 0 to 50 % reads: “std-mutex” is among the fastest at all 5 points, \
             alone at 4; at the others no difference from “tokio-rwlock” was seen; ×2.00 to ×3.00 of “tokio-mutex”.",
            "Held for 1 µs with 100 % reads: “tokio-rwlock” is fastest; ×4.00 of “tokio-mutex”.",
        ]
    );
}

#[test]
fn every_point_is_in_one_region() {
    let map = over_all(&planted());
    let mut seen: Vec<_> = regions(&map).iter().flat_map(|it| &it.points).map(|point| point.at).collect();
    seen.sort_unstable();
    assert_eq!(seen, map.points.iter().map(|point| point.at).collect::<Vec<_>>());
}

#[test]
fn no_winner_is_invented_where_intervals_overlap() {
    let mut alike = record(2, &[TOKIO, STD]);
    measure(&mut alike, at(0, 0), &[(TOKIO, 1e6), (STD, 1.01e6)]);
    assert_eq!(said(&alike), ["Held for 0 with 0 % reads: no difference was seen between the locks."]);
    assert_eq!(over_all(&alike).points[0].standing, Standings::Alike);
    let shown = page(&alike);
    assert!(shown.contains("no difference was seen") && !shown.contains("class=\"led\""), "{shown}");
}

#[test]
fn what_is_known_too_imprecisely_wins_nowhere() {
    let mut wide = record(2, &[TOKIO, STD]);
    measure(&mut wide, at(0, 0), &[(TOKIO, 1e6), (STD, 2e6)]);
    wide.cells[1].throughput.ci = [1e6, 3e6];
    for it in &mut wide.comparisons {
        it.ci = [it.ratio * 0.6, it.ratio * 1.9];
    }
    assert!(said(&wide)[0].contains("no winner"), "{:?}", said(&wide));
    assert_eq!(over_all(&wide).points[0].standing, Standings::Undecided);
}

#[test]
fn points_apart_are_regions_of_their_own() {
    let mut apart = record(2, &[TOKIO, STD]);
    for (reads, std) in [(0, 2.0), (50, 0.5), (100, 2.0)] {
        measure(&mut apart, at(0, reads), &[(TOKIO, 1e6), (STD, std * 1e6)]);
    }
    let map = over_all(&apart);
    let found: Vec<_> = regions(&map).iter().map(|it| (it.lock, it.points.len())).collect();
    assert_eq!(found, [(Some(STD), 1), (Some(TOKIO), 1), (Some(STD), 1)]);
}

#[test]
fn maps_differ_in_tasks_think_time_and_workers_and_name_too_many_workers() {
    let mut several = record(2, &[TOKIO, STD]);
    let rates = [(TOKIO, 1e6), (STD, 2e6)];
    measure(&mut several, at(0, 0), &rates);
    measure(&mut several, LockPoint { think_ns: 10_000, ..at(0, 0) }, &rates);
    measure(&mut several, LockPoint { workers: 8, ..at(0, 0) }, &rates);
    measure(&mut several, LockPoint { tasks: 1, ..at(0, 0) }, &rates);
    let titles: Vec<_> = LockMap::all(&several).iter().map(LockMap::title).collect();
    assert_eq!(
        titles,
        [
            "8 tasks on 2 workers",
            "8 tasks on 2 workers, 10 µs of think time",
            "8 tasks on 8 workers (more than the 2 cores)",
            "1 task on 2 workers",
        ]
    );
}

#[test]
fn locks_that_yield_are_ranked_among_themselves() {
    let maps = LockMap::all(&planted());
    let [_, yielding] = &maps[..] else { panic!("{} maps", maps.len()) };
    assert!(!yielding.has_all_locks() && yielding.title().ends_with("locks that yield the task"));
    let led = yielding.points.iter().flat_map(|it| &it.leaders);
    assert!(led.clone().count() > 6 && led.clone().all(|it| it.name.starts_with("tokio")));
}

#[test]
fn a_lock_that_failed_leads_nowhere() {
    let mut failed = planted();
    failed.cells[2].findings = serde_json::from_value(serde_json::json!([{
        "kind": "stuck", "severity": "error", "message": "half of a write", "places": ["read"], "tasks": []
    }]))
    .unwrap();
    let map = over_all(&failed);
    assert!(map.points.iter().flat_map(|it| &it.leaders).all(|it| it.name != STD));
    let rows = lock_rows(&failed);
    assert_eq!(rows[2][2], "failed", "{rows:?}");
}

#[test]
fn a_row_has_the_worst_fairness_and_the_longest_wait_where_tasks_contend() {
    let mut planted = planted();
    let alone = LockPoint { tasks: 1, ..at(0, 0) };
    measure(&mut planted, alone, &[(TOKIO, 1e6), (RW, 1e6), (STD, 1e6)]);
    let fairness = |jain, max_wait_ns| {
        Some(Fairness { jain, max_wait_ns: Some(max_wait_ns), operations_per_task: None })
    };
    planted.cells[0].fairness = fairness(0.99, 5_000);
    planted.cells[3].fairness = fairness(0.75, 9_000);
    // Nobody contends there.
    planted.cells[18].fairness = fairness(0.1, 1_000_000);
    let locks = planted.locks.as_mut().unwrap();
    let time = |p50| Some(LockTime { count: 100, p50, p99: Some(2 * p50), max: 3 * p50 });
    locks.locks[0].handover_ns = time(400);
    locks.locks[0].handover_of_two_ns = time(300);
    locks.locks[0].cancel_ns = time(20);
    locks.locks[0].heap_bytes = Some(24);
    let [tokio, _, std] = &lock_rows(&planted)[..] else { panic!("three locks") };
    assert_eq!(
        tokio[1..],
        ["yields", "0", "0", "0.750", "9.00 µs", "400 ns / 800 ns", "300 ns", "20 ns", "1 + 24"]
    );
    assert_eq!(std[1..5], ["blocks", "4", "1", "not measured"]);
    assert_eq!(std[8..], ["–", "1"]);
}

#[test]
fn every_format_has_the_regions_the_costs_and_the_published_results() {
    let mut planted = planted();
    planted.environment.governor = Some("performance".to_owned());
    planted.environment.pinned = Some(vec![1, 0]);
    planted.locks.as_mut().unwrap().known_curves = vec![KnownCurve {
        claim: "nothing is <faster>".to_owned(),
        source: "https://example.org/claim".to_owned(),
        seen: "the contrary".to_owned(),
        cores: 2,
        verdict: Agreement::Disagrees,
    }];
    let shown = page(&planted);
    for formatted in [&shown, &summary(&planted), &text(&planted, &TextOptions::default())] {
        let one_line = formatted.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "3 locks alone, at 6 points.",
            "8 tasks on 2 workers",
            "Held for 1 µs with 100 % reads: “tokio-rwlock” is fastest",
            LOCK_TITLE,
            CURVE_TITLE,
            "the contrary",
            "disagrees",
            "Of 1 published results 0 agree",
        ] {
            assert!(one_line.contains(part), "{part}: {one_line}");
        }
    }
    for part in [
        "aria-label=\"Fastest lock: 8 tasks on 2 workers\"",
        "<strong>std-mutex</strong>",
        "nothing is &lt;faster&gt;",
        "performance",
        "CPU 1, 0",
    ] {
        assert!(shown.contains(part), "{part}");
    }
}

#[test]
fn the_verdict_is_of_the_map_with_most_points() {
    let mut planted = planted();
    planted.cells.rotate_left(3);
    let said = lock_verdict(&planted).join(" ");
    assert!(said.starts_with("3 locks alone, at 6 points. 8 tasks on 2 workers: held for 0 with"), "{said}");
    assert_eq!(lock_verdict(&record(2, &[TOKIO])), Vec::<String>::new());
}

#[test]
fn holds_are_short_to_read() {
    assert_eq!([0, 300, 1_000, 100_000].map(hold), ["0", "300 ns", "1 µs", "100 µs"]);
}
