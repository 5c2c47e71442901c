//! Two programs that are played: how their turns go, what pairs come of them, and what is refused.

//! Two builds whose every process is made up.

mod processes;

use std::collections::BTreeMap;

use super::*;
use crate::environment::Build;
use crate::progress::NoObserver;
use crate::record::{
    Arrival, Finding, FindingKind, Latency, Memory, Metric, Point, Severity, Throughput, Verdict,
};

/// Which of the two builds a process is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    This,
    Other,
}

fn plan(pairs: u32) -> AgainstPlan {
    let subjects = vec!["mutex".to_owned(), "rwlock".to_owned()];
    AgainstPlan::new("./before", subjects, vec!["transfers".to_owned()]).pairs(pairs)
}

/// What a process prints that measured this.
fn record(plan: &AgainstPlan, turn: &PairRun, which: Which, ops_per_s: f64) -> Record {
    let latency = Latency {
        count: 200,
        p50: 1,
        p90: Some(2),
        p99: Some((1e9 / ops_per_s) as u64),
        max: (3e9 / ops_per_s) as u64,
        ..Latency::default()
    };
    let bytes_per_session = Some(if which == Which::This { 300.0 } else { 400.0 });
    let cell = Cell {
        scenario: plan.workloads[turn.workload].clone(),
        strategy: plan.subjects[turn.subject].clone(),
        factors: None,
        point: Point { workers: 2, tasks: 8, ..Point::default() },
        arrival: Arrival::Closed,
        seconds: 1.0,
        seconds_asked: None,
        rounds: 24,
        layouts: None,
        operations: ops_per_s as u64,
        errors: 0,
        refused: 0,
        hit_ratio: Some(0.5),
        evictions: None,
        counters: None,
        unanswered: 0,
        read_share: None,
        throughput: Throughput { ops_per_s, ci: [ops_per_s * 0.9, ops_per_s * 1.1] },
        reads_per_s: Some(ops_per_s),
        writes_per_s: None,
        latency_ns: BTreeMap::from([("get".to_owned(), latency)]),
        latency_curves_ns: BTreeMap::new(),
        timeline: None,
        wait_ns: None,
        hold_ns: None,
        lock_uses: None,
        tracked_beside_s: None,
        memory: Some(Memory { bytes_per_session, ..Memory::default() }),
        fairness: None,
        of_limit: None,
        verification: None,
        findings: Vec::new(),
        violations: Vec::new(),
    };
    let commit = Some(if which == Which::This { "new" } else { "old" });
    let environment = environment::environment(&Build { commit, ..Build::default() });
    Record {
        finished: true,
        processes: 1,
        cells: vec![cell],
        ..Record::empty("", turn.seed, jiff::Timestamp::UNIX_EPOCH, environment)
    }
}

/// A machine that gets slower and faster from round to round, by up to a half, on which the other build does 1,000 operations
/// a second at first and this one `speed` times as many.
fn ops_per_s(turn: &PairRun, which: Which, speed: f64) -> f64 {
    let drift = 1.0 + 0.5 * ((turn.seed % 5) as f64 / 4.0);
    1e6 * drift * if which == Which::This { speed } else { 1.0 }
}

/// What a pair of processes has measured, one after the other, each of what `measure` says.
#[expect(clippy::unnecessary_wraps, reason = "what a run asks for may fail")]
fn pair(
    turn: &PairRun,
    measure: impl Fn(&PairRun, Which) -> Record,
) -> Result<Option<MeasuredPair>, AgainstError> {
    let (this, other) = (measure(turn, Which::This), measure(turn, Which::Other));
    Ok(Some(MeasuredPair { this, other, rounds: Vec::new() }))
}

/// A whole run over such a machine, and the turns as they were asked for.
fn run(plan: &AgainstPlan, speed: f64) -> (Record, Vec<PairRun>) {
    let mut turns = Vec::new();
    let record = run_against(plan, &AtomicBool::new(false), &mut NoObserver, |turn| {
        turns.push(*turn);
        pair(turn, |turn, which| record(plan, turn, which, ops_per_s(turn, which, speed)))
    });
    (record.expect("nothing is wrong"), turns)
}

fn refusal(change: impl Fn(&PairRun, Which, &mut Record)) -> String {
    let plan = plan(5);
    let refused = run_against(&plan, &AtomicBool::new(false), &mut NoObserver, |turn| {
        pair(turn, |turn, which| {
            let mut record = record(&plan, turn, which, 1e6);
            change(turn, which, &mut record);
            record
        })
    });
    refused.expect_err("it is to be refused").to_string()
}

#[test]
fn a_tenth_that_was_planted_is_found_though_the_machine_drifts() {
    let plan = plan(20);
    let (record, _) = run(&plan, 0.9);
    let metrics = [Metric::Throughput, Metric::P99("get".to_owned()), Metric::BytesPerSession];
    for subject in &plan.subjects {
        let find = |metric| record.comparison("transfers", &format!("{subject}@other"), subject, metric);
        let [throughput, p99, bytes] = metrics.each_ref().map(|metric| find(metric).expect("it is compared"));
        assert!((throughput.ratio - 0.9).abs() < 1e-9, "{throughput:?}");
        assert_eq!(throughput.verdict, Verdict::Slower);
        assert!((p99.ratio - 1.0 / 0.9).abs() < 0.01 && p99.verdict == Verdict::Slower, "{p99:?}");
        assert!((bytes.ratio - 0.75).abs() < 1e-9 && bytes.verdict == Verdict::Faster, "{bytes:?}");
    }
    assert_eq!(record.comparisons.len(), 6);
}

#[test]
fn two_builds_alike_are_no_different() {
    let (record, _) = run(&plan(20), 1.0);
    let throughput = record.comparisons.iter().filter(|it| it.metric == Metric::Throughput);
    assert!(throughput.clone().count() == 2, "one for each subject");
    assert!(throughput.into_iter().all(|it| it.verdict == Verdict::NoDifference), "{:?}", record.comparisons);
}

/// By hand: ratios of 0.8, 0.9 and 1.0 whose logarithms have the mean ln 0.72 / 3 = −0.1095, and the error
/// √(Σ(x − mean)² / 6) = 0.06446; Student's t of two degrees of freedom is 9.925 at 99 %, so the interval is e^(−0.1095 ± 0.6398).
#[test]
fn pairs_that_differ_are_what_the_interval_is_made_of() {
    let plan = AgainstPlan { subjects: vec!["mutex".to_owned()], ..plan(3) };
    let record = run_against(&plan, &AtomicBool::new(false), &mut NoObserver, |turn| {
        let speed = [0.8, 0.9, 1.0][(turn.seed - plan.seed) as usize];
        pair(turn, |turn, which| record(&plan, turn, which, ops_per_s(turn, which, speed)))
    });
    let record = record.expect("nothing is wrong");
    let found = &record.comparisons[0];
    assert!((found.ratio - 0.72_f64.cbrt()).abs() < 1e-9, "{found:?}");
    let [low, high] = found.ci;
    assert!((low - 0.4727).abs() < 1e-3 && (high - 1.6997).abs() < 1e-3, "{found:?}");
    assert_eq!(found.verdict, Verdict::NoVerdict);
}

/// What both did in turns is nearer than what each did in all: the other one had a slow spell of its own once its turns
/// were over.
#[test]
fn rounds_that_were_taken_in_turns_tell_the_ratio() {
    let plan = plan(5);
    let found = run_against(&plan, &AtomicBool::new(false), &mut NoObserver, |turn| {
        let measured = pair(turn, |turn, which| record(&plan, turn, which, ops_per_s(turn, which, 1.7)))?;
        let drifting = (0..20).map(|nth| 1e6 * (1.0 + f64::from(nth % 7)));
        let rounds = drifting.map(|rate| (0.9 * rate, rate)).collect();
        Ok::<_, AgainstError>(measured.map(|measured| MeasuredPair { rounds, ..measured }))
    });
    let found = found.expect("nothing is wrong");
    let throughput = found.comparison("transfers", "mutex@other", "mutex", &Metric::Throughput).unwrap();
    assert!((throughput.ratio - 0.9).abs() < 1e-9 && throughput.verdict == Verdict::Slower, "{throughput:?}");
    assert_eq!(throughput.degrees_of_freedom, Some(4), "five pairs of processes");
    let against = found.against.expect("it was against another build");
    let round = &against.rounds[0];
    assert_eq!(round.turns, Some(20));
    assert!((round.best_ratio() - 0.9).abs() < 1e-9, "{round:?}");
}

#[test]
fn each_pair_stands_in_the_record_with_its_seed_and_its_order() {
    let plan = plan(4);
    let (record, turns) = run(&plan, 1.0);
    let against = record.against.expect("it was against another build");
    assert_eq!((turns.len(), against.rounds.len(), record.processes), (8, 8, 16));
    for (turn, round) in turns.iter().zip(&against.rounds) {
        assert_eq!((&plan.subjects[turn.subject], turn.seed), (&round.strategy, round.seed));
        assert_eq!((turn.other_first, round.turns, round.ratio), (round.other_first, None, None));
    }
    let first: Vec<_> =
        against.rounds.iter().filter(|it| it.strategy == "mutex").map(|it| it.other_first).collect();
    assert_eq!(first.iter().filter(|first| **first).count(), 2, "{first:?}");
}

#[test]
fn the_record_distinguishes_both_builds() {
    let (record, _) = run(&plan(4), 0.9);
    assert_eq!(record.environment.commit.as_deref(), Some("new"));
    let against = record.against.as_ref().expect("it was against another build");
    assert_eq!((&*against.program, against.environment.commit.as_deref()), ("./before", Some("old")));
    let names: Vec<_> = record.cells.iter().map(|cell| cell.strategy.as_str()).collect();
    assert_eq!(names, ["mutex@other", "mutex", "rwlock@other", "rwlock"]);
    assert!(record.cells.iter().all(|cell| cell.rounds == 4 && cell.latency_ns["get"].count == 800));
    let [low, high] = record.cells[0].throughput.ci;
    let ops_per_s = record.cells[0].throughput.ops_per_s;
    assert!(low <= ops_per_s && ops_per_s <= high);
}

#[test]
fn a_round_that_was_not_finished_does_not_count() {
    let plan = plan(5);
    let mut turns = 0;
    let stopped = run_against(&plan, &AtomicBool::new(false), &mut NoObserver, |turn| {
        turns += 1;
        if turns == 8 {
            return Ok::<_, AgainstError>(None); // it was interrupted
        }
        pair(turn, |turn, which| record(&plan, turn, which, 1e6))
    });
    let stopped = stopped.expect("what was measured is kept");
    assert!(stopped.interrupted && stopped.against.is_some_and(|it| it.rounds.len() == 7));
    assert_eq!((turns, stopped.processes), (8, 14));

    let nothing =
        run_against(&plan, &AtomicBool::new(true), &mut NoObserver, |_| -> Result<_, AgainstError> {
            unreachable!("it was interrupted before")
        });
    let nothing = nothing.expect("an empty record");
    assert!(nothing.interrupted && nothing.against.is_none() && nothing.cells.is_empty());
}

#[test]
fn what_several_processes_find_alike_is_reported_once_and_makes_the_run_wrong() {
    let plan = plan(3);
    let wrong = run_against(&plan, &AtomicBool::new(false), &mut NoObserver, |turn| {
        pair(turn, |turn, which| {
            let mut record = record(&plan, turn, which, 1e6);
            if which == Which::This {
                let message = format!("{} operations failed", turn.seed);
                record.cells[0].errors = 2;
                record.cells[0].findings.push(Finding {
                    kind: FindingKind::Errors,
                    rule: None,
                    severity: Severity::Error,
                    message,
                    places: vec!["get".to_owned()],
                    tasks: Vec::new(),
                    edges: Vec::new(),
                });
            }
            record
        })
    });
    let wrong = wrong.expect("it stands in the record");
    assert_eq!(wrong.findings().count(), 2, "once for each subject");
    assert_eq!(wrong.cells.iter().map(|cell| cell.errors).collect::<Vec<_>>(), [0, 6, 0, 6]);
}

#[test]
fn records_of_other_questions_are_refused() {
    let said = refusal(|_, which, record| {
        if which == Which::Other {
            record.cells[0].strategy = "seqlock".to_owned();
        }
    });
    assert!(
        said.starts_with("./before was asked for ") && said.contains("seqlock under transfers"),
        "{said}"
    );
    let said = refusal(|_, which, record| {
        if which == Which::This {
            record.cells.clear();
        }
    });
    assert!(said.starts_with("this program was asked for ") && said.contains("no cell at all"), "{said}");
    let said = refusal(|_, which, record| {
        if which == Which::Other {
            record.cells[0].point.tasks = 64;
        }
    });
    assert!(said.contains("another question in ./before: workers=2 tasks=64"), "{said}");
}

#[test]
fn a_setting_that_only_one_build_records_is_no_difference() {
    let plan = plan(3);
    let found = run_against(&plan, &AtomicBool::new(false), &mut NoObserver, |turn| {
        pair(turn, |turn, which| {
            let mut record = record(&plan, turn, which, 1e6);
            if which == Which::This {
                record.cells[0].point.settings.insert("accounts".to_owned(), "64".to_owned());
            }
            record
        })
    });
    assert!(found.is_ok());
}

#[test]
fn a_program_that_is_built_anew_meanwhile_is_refused() {
    let said = refusal(|turn, which, record| {
        if which == Which::Other && turn.seed > 42 {
            record.environment.commit = Some("newer".to_owned());
        }
    });
    assert!(said.starts_with("./before was rebuilt"), "{said}");
}
