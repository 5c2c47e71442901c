//! The verdict's words, over records built for one question each.

use crate::in_full;
use crate::sample::sample;
use lockyard_bench::record::{
    Check, Comparison, Counterexample, Engine, Finding, FindingKind, Metric, ModelResult, PitfallResult,
    Record, Severity, Verdict,
};
use lockyard_bench::report::{failures, verdict};

/// A record with only these strategies, under polling only.
fn polling(strategies: &[&str]) -> Record {
    let mut record = sample();
    let has = |name: &String| strategies.contains(&name.as_str());
    record.cells.retain(|cell| cell.scenario == "polling" && has(&cell.strategy));
    record.comparisons.retain(|it| it.scenario == "polling" && has(&it.baseline) && has(&it.candidate));
    record
}

/// `before` and `after` with a comparison that came to this.
fn with(ratio: f64, ci: [f64; 2], verdict: Verdict) -> Record {
    let mut record = polling(&["before", "after"]);
    record.comparisons = vec![Comparison {
        scenario: "polling".into(),
        baseline: "before".into(),
        candidate: "after".into(),
        metric: Metric::Throughput,
        ratio,
        ci,
        confidence: 0.99,
        degrees_of_freedom: None,
        noise_floor: None,
        verdict,
    }];
    record
}

#[test]
fn faster() {
    let rendered = verdict(&with(1.58, [1.55, 1.61], Verdict::Faster));
    assert_eq!(
        rendered,
        "Against “before”, “after” is faster under polling (×1.58 [1.55, 1.61]). Confidence: 99 %."
    );
}

#[test]
fn slower() {
    let rendered = verdict(&with(0.9, [0.88, 0.92], Verdict::Slower));
    assert!(
        rendered.starts_with("Against “before”, “after” is slower under polling (×0.90 [0.88, 0.92])."),
        "{rendered}"
    );
}

#[test]
fn no_difference() {
    let rendered = verdict(&with(1.001, [0.998, 1.004], Verdict::NoDifference));
    assert!(
        rendered.contains("“after” makes no difference under polling (×1.001 [0.998, 1.004])."),
        "{rendered}"
    );
}

#[test]
fn no_verdict() {
    let rendered = verdict(&with(1.05, [0.93, 1.18], Verdict::NoVerdict));
    let words = "is inconclusive under polling (×1.05 [0.93, 1.18]); run longer.";
    assert!(rendered.contains(words), "{rendered}");
    assert!(!rendered.contains("faster"), "{rendered}");
}

#[test]
fn the_words_are_the_records_and_not_the_numbers() {
    // The margin is the measuring side's business: here it was wide, and the report must not know better.
    let rendered = verdict(&with(1.02, [1.01, 1.03], Verdict::NoDifference));
    assert!(rendered.contains("no difference") && !rendered.contains("faster"), "{rendered}");
}

#[test]
fn all_scenarios_stand_in_one_sentence_for_each_baseline() {
    let mut record = sample();
    let is_of_both = |it: &Comparison| it.candidate == "after" && it.baseline == "before";
    record.comparisons.retain(is_of_both);
    assert_eq!(
        verdict(&record),
        "Against “before”, “after” is faster under polling (×1.58 [1.56, 1.60]), hot-context (×1.66 [1.62, 1.70]) \
         and one-worker (×1.69 [1.68, 1.70]). Confidence: 95 %."
    );
}

/// It speaks of what was run: of the best in each scenario, and of all that its interval does not part from it.
#[test]
fn among_several_the_best_of_each_scenario_is_named_with_its_ties() {
    assert_eq!(
        verdict(&sample()),
        "Under polling “parking-lot-mutex” has the highest throughput: ×2.31 [2.28, 2.34] of “before”, ×1.43 \
         [1.41, 1.45] of “naive”; statistically tied: “std-mutex” and “std-rwlock”. Under hot-context “tokio-rwlock” \
         has the highest throughput: ×1.71 [1.67, 1.75] of “before”, ×1.41 [1.38, 1.45] of “naive”; statistically \
         tied: “after”. Under one-worker “parking-lot-mutex” has the highest throughput: ×2.44 [2.42, 2.46] of \
         “before”, ×1.43 [1.41, 1.44] of “naive”; statistically tied: “std-mutex”, “std-rwlock” and \
         “parking-lot-rwlock”. Confidence: 95 %."
    );
}

#[test]
fn without_naive_nothing_is_said_of_it() {
    let rendered = verdict(&polling(&["before", "after", "std-mutex"]));
    let words =
        "Under polling “std-mutex” has the highest throughput: ×2.28 [2.25, 2.31] of “before”. Confidence";
    assert!(rendered.starts_with(words), "{rendered}");
    assert!(!rendered.contains("naive"), "{rendered}");
}

#[test]
fn naive_as_the_baseline_is_spoken_of_once() {
    let rendered = verdict(&polling(&["naive", "after"]));
    assert_eq!(rendered.matches("Against “naive”").count(), 1, "{rendered}");
}

/// A pitfall is run once: its rate has no interval.
#[test]
fn an_interval_without_a_width_is_none() {
    let mut record = polling(&["after"]);
    record.cells[0].throughput.ci = [record.cells[0].throughput.ops_per_s; 2];
    assert!(
        verdict(&record).starts_with("“after” under polling: 335 k operations/s, "),
        "{}",
        verdict(&record)
    );
}

#[test]
fn a_single_cell_is_measured_and_not_compared() {
    let rendered = verdict(&polling(&["after"]));
    assert_eq!(
        rendered,
        "“after” under polling: 335 k [328 k, 342 k] operations/s, p99 of get_context_state 32.3 µs (2,672,980 \
         samples)."
    );
}

#[test]
fn an_error_comes_before_any_speed() {
    let mut record = sample();
    record.cells[2].findings.push(Finding {
        kind: FindingKind::Deadlock,
        rule: None,
        severity: Severity::Error,
        message: "two tasks wait for each other.".into(),
        places: vec!["src/session/mod.rs:3:5".into()],
        tasks: vec!["task 1".into(), "task 2".into()],
        edges: vec![],
    });
    let rendered = verdict(&record);
    let words = "Failed: deadlock. Under polling, of those that did not fail, “parking-lot-mutex”";
    assert!(rendered.starts_with(words), "{rendered}");
    let words = "deadlock in “after” under polling: two tasks wait for each other. (src/session/mod.rs:3:5)";
    assert_eq!(failures(&record), [words]);
}

#[test]
fn warnings_are_no_failures() {
    let record = sample();
    assert!(record.cells.iter().any(|cell| !cell.findings.is_empty()), "the sample has a warning");
    assert!(failures(&record).is_empty());
}

#[test]
fn an_interrupted_run_says_so() {
    let mut record = sample();
    record.interrupted = true;
    assert!(verdict(&record).starts_with("Interrupted: partial results."), "{}", verdict(&record));
}

#[test]
fn an_empty_record_claims_nothing() {
    assert_eq!(verdict(&polling(&[])), "Nothing was measured.");
}

#[test]
fn models_and_pitfalls_are_counted_and_what_failed_is_named() {
    let model = |name: &str, schedules, exhaustive, holds| ModelResult {
        model: name.into(),
        strategy: "after".into(),
        represents: vec![],
        engine: Engine::Explorer,
        schedules,
        min_schedules: 100,
        exhaustive,
        bound: (!exhaustive).then(|| "3 preemptions".into()),
        assumption: None,
        unsound: None,
        holds,
        millis: 20,
        counterexample: (!holds).then(|| Counterexample {
            message: "an update was lost".into(),
            replay: "lockyard verify --replay 7".into(),
            ..Counterexample::default()
        }),
    };
    let pitfall = |name: &str, caught_by, missed_by, false_positives| PitfallResult {
        pitfall: name.into(),
        class: "deadlock".into(),
        expected: vec![Check::Explorer, Check::Live],
        caught_by,
        missed_by,
        not_run: vec![Check::Live],
        false_positives,
    };
    let mut record = polling(&[]);
    record.models = Some(vec![
        model("turn", 500, true, true),
        model("eviction", 400, false, true),
        model("save", 300, true, false),
        model("idle", 3, true, true),
    ]);
    record.pitfalls = Some(vec![
        pitfall("upgrade", vec![Check::Explorer], vec![], vec![]),
        pitfall("recursive", vec![Check::Live], vec![Check::Explorer], vec![Check::Live]),
        pitfall("not-tried", vec![], vec![], vec![]),
    ]);
    let rendered = verdict(&record);
    assert!(rendered.contains("2 of 4 models passed, 1 of them by an incomplete search."), "{rendered}");
    let bugs = "1 of 3 seeded bugs detected; 1 missed; 1 not run (live); 2 not tried by every check that should detect it \
         (live); 1 false positive on fixed variants.";
    assert!(rendered.contains(bugs), "{rendered}");
    let models = record.models.take();
    record.pitfalls.as_mut().unwrap()[2].not_run = vec![Check::Loom];
    let rendered = verdict(&record);
    assert!(rendered.contains("1 not run (loom: run `scripts/loom.sh`)"), "{rendered}");
    record.models = models;
    let failures = failures(&record).join("\n");
    for words in [
        "model save over after: violation (explorer): an update was lost; replay: lockyard verify --replay 7",
        "model idle over after: incomplete search (explorer), 3 of at least 100 schedules",
        "pitfall recursive missed by explorer",
        "false positive on the fixed variant of pitfall recursive by live",
    ] {
        assert!(failures.contains(words), "{words:?} is not in:\n{failures}");
    }
    assert!(!failures.contains("not-tried"), "what did not run was not missed");
}

/// Two strategies of two builds, under two scenarios.
fn of_two_builds() -> Record {
    let mut record = with(1.0, [0.99, 1.01], Verdict::NoVerdict);
    let comparison = record.comparisons[0].clone();
    let compared = |strategy: &str, scenario: &str, verdict| Comparison {
        scenario: scenario.to_owned(),
        baseline: format!("{strategy}@other"),
        candidate: strategy.to_owned(),
        verdict,
        ..comparison.clone()
    };
    record.comparisons = vec![
        compared("after", "polling", Verdict::NoVerdict),
        compared("naive", "polling", Verdict::Slower),
        compared("naive", "churn", Verdict::Slower),
    ];
    let cell = record.cells[0].clone();
    let strategies = ["after@other", "after", "naive@other", "naive"];
    record.cells = strategies
        .map(|strategy| lockyard_bench::record::Cell { strategy: strategy.to_owned(), ..cell.clone() })
        .to_vec();
    let round = lockyard_bench::record::AgainstRound {
        scenario: "polling".to_owned(),
        strategy: "after".to_owned(),
        seed: 42,
        other_first: true,
        ops_per_s: 1.0,
        other_ops_per_s: 1.0,
        turns: None,
        ratio: None,
    };
    let environment = lockyard_bench::record::Environment {
        commit: Some("b0a165e".to_owned()),
        ..record.environment.clone()
    };
    let program = "./before".to_owned();
    record.against = Some(lockyard_bench::record::Against { program, environment, rounds: vec![round; 12] });
    record
}

#[test]
fn each_strategy_of_two_builds_is_held_against_its_own() {
    let record = of_two_builds();
    let rendered = verdict(&record);
    for part in [
        "Against “after@other”, “after” is inconclusive under polling",
        "Against “naive@other”, “naive” is slower under polling (×1.00 [0.99, 1.01]) and churn",
        "“@other” marks ./before, version 0.1.0 (b0a165e) built by rustc 1.95.0; 12 pairs of processes.",
    ] {
        assert!(rendered.contains(part), "{part:?} is not in {rendered}");
    }
    let text = in_full(&record);
    let rows: Vec<_> =
        text.lines().filter(|line| line.starts_with("naive") || line.starts_with("after")).collect();
    assert!(text.contains("against its baseline"), "{text}");
    for (row, ends) in rows.iter().zip(["baseline", "no verdict", "baseline", "slower"]) {
        assert!(row.ends_with(ends), "{row:?} should end with {ends}");
    }
    let page = lockyard_bench::report::page(&record);
    assert!(
        page.contains("Against “after@other”, “after” is inconclusive under polling")
            && page.contains("A percentile is that of the median process")
    );
    assert!(!page.contains("Which lock"), "builds are compared, not locks");
}
