//! What several load machines measured by one plan, as one record: by hand.

use std::collections::BTreeMap;
use std::path::Path;

use crate::in_full;
use crate::sample::sample;
use lockyard_bench::gate::{AcrossVerdict, MergeError, merge, merge_machines};
use lockyard_bench::record::{
    AcrossMachines, FindingKind, LoadPlan, MachineRecord, PLAN_VERSION, Record, RoundSpan, ScenarioRecord,
    Verification,
};
use lockyard_bench::report::{page, summary};

/// A plan of two slices.
pub fn plan() -> LoadPlan {
    LoadPlan {
        plan_version: PLAN_VERSION,
        start: "2025-06-03T09:15:00Z".parse().expect("a timestamp"),
        slices: 2,
        clients: 64,
        seed: 42,
        workload: "polling".to_owned(),
        document: None,
        settings: Vec::new(),
        subject: "before".to_owned(),
        servers: None,
        duration_ms: 12_000,
        verify: true,
        clock_error_ns: Some(5_000_000),
        version: "0.1.0".to_owned(),
        commit: None,
    }
}

/// Half a second, that many milliseconds after the start.
fn round(at_ms: u64, operations: u64) -> RoundSpan {
    RoundSpan { at_ns: at_ms * 1_000_000, elapsed_ns: 500_000_000, operations }
}

/// A machine with these rounds, whose reads took so long each.
fn machine(slice: u32, rounds: Vec<RoundSpan>, buckets: &[[u64; 2]]) -> Record {
    let mut run = sample();
    run.cells.truncate(1);
    run.comparisons.clear();
    run.scenarios = vec![ScenarioRecord { name: "polling".to_owned(), about: String::new(), finished: true }];
    let verification =
        Verification { operations_checked: Some(10), linearizable: Some(true), ..Verification::default() };
    let cell = &mut run.cells[0];
    cell.operations = rounds.iter().map(|it| it.operations).sum();
    cell.rounds = rounds.len() as u32;
    cell.latency_ns.clear();
    cell.read_share = Some(1.0);
    cell.verification = Some(verification);
    run.plan = Some(plan());
    run.machines = vec![MachineRecord {
        slice,
        clients: 32,
        environment: run.environment.clone(),
        clock: None,
        seconds: 1.0,
        operations: run.cells[0].operations,
        rounds,
        histograms_ns: BTreeMap::from([("get_context".to_owned(), buckets.to_vec())]),
        verification: Some(verification),
        history: None,
    }];
    run
}

/// Two machines of five rounds, of which the second was late for one.
fn two() -> [Record; 2] {
    let one = (0..5).map(|nth| round(nth * 700, 1_000 + nth)).collect();
    let mut other: Vec<_> = (0..5).map(|nth| round(nth * 700 + 3, 2_000)).collect();
    other[2].at_ns += 200_000_000;
    [machine(1, one, &[[1_000, 60]]), machine(2, other, &[[1_000, 39], [9_000, 1]])]
}

fn merged(runs: &[Record], across: AcrossVerdict) -> Result<Record, MergeError> {
    let named: Vec<_> = ["one", "other", "third"].into_iter().zip(runs).collect();
    merge_machines(&named, across, false)
}

fn judged(linearizable: Option<bool>) -> AcrossVerdict {
    let across =
        AcrossMachines { operations: Some(100), widened_ns: Some(5_000_000), linearizable, not_judged: None };
    AcrossVerdict { across, violation: None }
}

/// By hand: four rounds are common, and of these the rates are 2 × (1,000 + 2,000), 2 × 3,001, 2 × 3,003 and 2 × 3,004.
#[test]
fn rates_are_added_round_by_round_where_all_measured_at_the_same_time() {
    let runs = two();
    let all = merged(&runs, judged(Some(true))).expect("they are slices of one plan");
    let cell = &all.cells[0];
    assert_eq!((cell.rounds, cell.operations), (4, runs[0].cells[0].operations + 10_000));
    let ops_per_s = cell.throughput.ops_per_s;
    assert!((6_000.0..=6_008.0).contains(&ops_per_s), "{ops_per_s}");
    assert!(
        (cell.seconds - 4.0 * 0.497).abs() < 1e-9,
        "three milliseconds of each round are not common: {}",
        cell.seconds
    );
    let late =
        cell.findings.iter().find(|it| it.kind == FindingKind::LateRounds).expect("one round was late");
    assert!(late.message.starts_with("1 of 5 rounds were not measured by all machines"), "{}", late.message);
    assert_eq!(cell.fairness, None, "nobody has counted all clients");
    assert_eq!((all.machines.len(), all.finished), (2, true));
}

/// By hand: of 100 reads 99 took 1,000 ns and the last one 9,000 ns.
#[test]
fn histograms_are_added_bucket_by_bucket() {
    let all = merged(&two(), judged(Some(true))).expect("they are slices of one plan");
    let latency = &all.cells[0].latency_ns["get_context"];
    assert_eq!((latency.count, latency.p50, latency.p99), (100, 1_000, Some(1_000)));
    assert!((9_000..9_010).contains(&latency.max), "{}", latency.max);
    assert_eq!((latency.p99_9, latency.p50_ci), (None, None), "of too few, and of no sections");
}

#[test]
fn one_machine_that_is_wrong_makes_all_wrong_and_what_is_open_stays_open() {
    let verdict = |own: [Option<bool>; 2], across| {
        let mut runs = two();
        for (run, own) in runs.iter_mut().zip(own) {
            let verification = run.machines[0].verification.as_mut().expect("it was judged");
            verification.linearizable = own;
        }
        let all = merged(&runs, across).expect("they are slices of one plan");
        let verification = all.cells[0].verification.expect("something was judged");
        (verification.operations_checked, verification.linearizable)
    };
    let [right, wrong] = [Some(true), Some(false)];
    assert_eq!(verdict([right, right], judged(right)), (Some(120), right));
    assert_eq!(verdict([right, wrong], judged(right)), (Some(120), wrong));
    assert_eq!(verdict([right, right], judged(wrong)), (Some(120), wrong));
    assert_eq!(verdict([right, right], judged(None)), (Some(120), None));
    assert_eq!(verdict([right, None], judged(right)), (Some(120), None));
    assert_eq!(verdict([right, right], AcrossVerdict::not_judged("no clock")), (Some(20), right));
}

#[test]
fn every_report_says_what_was_judged_and_by_how_much() {
    let all = merged(&two(), judged(Some(true))).expect("they are slices of one plan");
    let read = Record::parse(all.to_json().as_bytes(), Path::new("merged"));
    assert_eq!(read.expect("it contradicts nothing"), all);
    for said in [page(&all), summary(&all), in_full(&all)] {
        let said = said.replace('\n', " ");
        assert!(said.contains("Load machines") && said.contains("2 of 2"), "{said}");
        assert!(said.contains("100 operations, each interval widened by 5.000 ms at both ends"), "{said}");
        assert!(said.contains("own history was judged in its own clock"), "{said}");
    }
    let alone = in_full(&two()[0]).replace('\n', " ");
    assert!(alone.contains("this is slice 1, and its rates are of its clients alone"), "{alone}");
    let unjudged = merged(&two(), AcrossVerdict::not_judged("there is no clock")).expect("they are slices");
    assert!(in_full(&unjudged).replace('\n', " ").contains("in its own clock: there is no clock."));
}

#[test]
fn a_machine_with_no_slice_of_the_plan_contradicts_the_record() {
    let impossible = |change: fn(&mut Record)| {
        let mut all = merged(&two(), judged(Some(true))).expect("they are slices of one plan");
        change(&mut all);
        Record::parse(all.to_json().as_bytes(), Path::new("merged"))
            .expect_err("it is impossible")
            .to_string()
    };
    let said = "each machine has one of its own, from 1 to the 2 of the plan";
    assert!(impossible(|it| it.machines[0].slice = 2).contains(said));
    assert!(impossible(|it| it.machines[1].slice = 3).contains(said));
}

#[test]
fn slices_of_a_plan_are_no_runs_of_different_scenarios() {
    let [one, other] = two();
    let error = merge(&[("one", &one), ("other", &other)]).expect_err("they have one scenario").to_string();
    assert!(error.contains("one was measured by a plan of several machines"), "{error}");
    let nothing: [(&str, &Record); 0] = [];
    assert!(merge_machines(&nothing, judged(None), false).is_err());
}
