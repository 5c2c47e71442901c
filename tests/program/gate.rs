//! The gate: what it reports, what it refuses, and how often it is wrong.

use crate::sample::sample;
use lockyard::bench::Share;
use lockyard::bench::gate::{Tolerance, diff};
use lockyard::bench::record::{Metric, Outcome, Record, Throughput};
use lockyard::bench::report::{TextOptions, diff_junit, diff_summary, diff_text, diff_verdict};
use lockyard::bench::stats::{Confidence, Mean, Ratio};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

/// What the gate lets pass unless the test is about it.
const TENTH: Share = Share::of_percent(10.0).unwrap();

/// Multiplies what a strategy's throughput came to under every scenario.
fn slowed(mut record: Record, strategy: &str, by: f64) -> Record {
    for it in &mut record.comparisons {
        let power = i32::from(it.candidate == strategy) - i32::from(it.baseline == strategy);
        if it.metric == Metric::Throughput {
            let factor = by.powi(power);
            it.ratio *= factor;
            it.ci = it.ci.map(|end| end * factor);
        }
    }
    record
}

#[test]
fn nothing_changed_is_no_regression() {
    let found = diff(&sample(), &sample(), TENTH, Confidence::default());
    assert_eq!(found.refusals, [""; 0]);
    assert_eq!(found.changes.len(), 3 * 8, "every strategy but naive, under each scenario");
    assert!(found.changes.iter().all(|it| it.outcome == Outcome::Within), "{:#?}", found.changes);
    assert!(diff_verdict(&found).starts_with("No regression. Of 24 ratios to “naive”: 24 within the gate."));
}

#[test]
fn a_fifth_slower_is_a_regression_and_no_other_is_blamed() {
    let found = diff(&sample(), &slowed(sample(), "after", 0.8), TENTH, Confidence::default());
    let blamed: Vec<_> = found.regressions().map(|it| (&*it.strategy, &*it.scenario)).collect();
    assert_eq!(blamed, [("after", "polling"), ("after", "hot-context"), ("after", "one-worker")]);
    let message = diff_verdict(&found);
    assert!(
        message.starts_with("Regression: “after” under ") && message.contains("is at ×0.80 ["),
        "{message}"
    );
    // And `before`, whose ratio to naive stands the other way round in the record.
    let found = diff(&sample(), &slowed(sample(), "before", 0.8), TENTH, Confidence::default());
    let blamed: Vec<_> = found.regressions().map(|it| &*it.strategy).collect();
    assert_eq!(blamed, ["before"; 3]);
}

#[test]
fn a_fifth_faster_is_an_improvement() {
    let found = diff(&sample(), &slowed(sample(), "after", 1.25), TENTH, Confidence::default());
    assert_eq!(found.regressions().count(), 0);
    assert_eq!(found.changes.iter().filter(|it| it.outcome == Outcome::Improvement).count(), 3);
}

#[test]
fn a_machine_that_is_slower_as_a_whole_is_no_regression() {
    let mut after = sample();
    for cell in &mut after.cells {
        cell.throughput.ops_per_s *= 0.5;
        cell.throughput.ci = cell.throughput.ci.map(|end| end * 0.5);
    }
    let found = diff(&sample(), &after, Share::of_percent(3.0).unwrap(), Confidence::default());
    assert_eq!(found.regressions().count(), 0);
    assert!(found.passes() && found.notes[0].contains("×0.50"), "and it is said: {:?}", found.notes);
}

#[test]
fn what_is_foreign_is_refused_with_the_reason() {
    let refused = |change: fn(&mut Record), words: &[&str]| {
        let mut after = sample();
        change(&mut after);
        let found = diff(&sample(), &after, TENTH, Confidence::default());
        assert!(found.changes.is_empty());
        let message = diff_verdict(&found);
        assert!(message.starts_with("Not comparable: "), "{message}");
        for word in words {
            assert!(message.contains(word), "{word:?} is not in {message:?}");
        }
    };
    refused(|it| it.environment.cpu_model = Some("Other".into()), &["another machine", "AMD EPYC", "Other"]);
    refused(|it| it.environment.cpu_model = None, &["an unknown processor"]);
    refused(|it| it.environment.cores = 64, &["2 cores", "64"]);
    refused(|it| it.environment.os = "Darwin 24 arm64".into(), &["another system", "Darwin"]);
    refused(|it| it.cells[2].point.tasks = 16, &["another point of polling", "tasks=64", "tasks=16"]);
    refused(|it| it.command += " --set zipf=0", &["other settings", "with none", "zipf=0"]);
    refused(
        |it| it.cells.retain(|cell| cell.strategy != "naive"),
        &["this run has no “naive” under polling"],
    );
    refused(|it| it.comparisons.clear(), &["no strategy has a ratio to “naive” in both runs"]);
    refused(
        |it| it.cells.iter_mut().for_each(|cell| cell.scenario = "churn".into()),
        &["no scenario in common", "polling, hot-context, one-worker", "churn"],
    );
    refused(
        |it| it.cells[2].factors.as_mut().unwrap().set("dto", "cloned"),
        &["“after” is another strategy now"],
    );
}

#[test]
fn what_may_differ_is_noted_and_what_is_missing_is_reported() {
    let mut after = sample();
    after.environment.commit = Some("other".into());
    after.environment.os = "Linux 6.9 x86_64".into();
    after.cells.retain(|cell| cell.strategy != "std-mutex" && cell.scenario != "one-worker");
    let found = diff(&sample(), &after, TENTH, Confidence::default());
    assert_eq!(found.refusals, [""; 0]);
    assert_eq!(found.notes, ["another kernel: Linux 6.8 x86_64, now Linux 6.9 x86_64"]);
    assert_eq!(
        found.missing,
        ["“std-mutex” under polling", "“std-mutex” under hot-context", "scenario one-worker"]
    );
}

/// Pairs of runs in which nothing changed, through the same statistics as a real run: rounds, paired ratios, the gate.
/// At most one in a hundred may raise an alarm at 99 %, with a gate of zero; and not far fewer, or the intervals would be
/// wider than they say.
#[test]
fn false_alarms_are_as_rare_as_the_confidence_says() {
    const PAIRS: usize = 4_000;
    let alarms = |candidates: usize, tolerance: Tolerance| {
        let mut draws = ChaCha8Rng::seed_from_u64(7);
        let template = template(candidates);
        let (mut before, mut after) = (template.clone(), template);
        let count = (0..PAIRS).filter(|_| {
            measure(&mut before, &mut draws);
            measure(&mut after, &mut draws);
            let found = diff(&before, &after, tolerance, Confidence::default());
            assert_eq!(found.changes.len(), candidates);
            !found.passes()
        });
        count.count()
    };
    // Trimmed means have intervals a little wide for few rounds, and candidates share their reference: so fewer, not more.
    for candidates in [1, 8] {
        for absolute in [None, Some(Share::NONE)] {
            let alarms = alarms(candidates, Tolerance { ratio: Share::NONE, absolute });
            let with = format!("{candidates} candidates and {absolute:?} of absolute throughput");
            assert!((10..=52).contains(&alarms), "{alarms} of {PAIRS} with {with}");
        }
    }
}

/// `naive` and some candidates under one scenario.
fn template(candidates: usize) -> Record {
    let mut record = sample();
    record.cells.retain(|cell| cell.scenario == "polling");
    record.cells.remove(0);
    record.cells.truncate(1 + candidates.min(7));
    while record.cells.len() < 1 + candidates {
        let mut cell = record.cells[1].clone();
        cell.strategy = format!("another {}", record.cells.len());
        record.cells.push(cell);
    }
    let like = record.comparisons[0].clone();
    record.comparisons = record.cells[1..]
        .iter()
        .map(|cell| {
            let (baseline, candidate) = ("naive".to_owned(), cell.strategy.clone());
            lockyard::bench::record::Comparison { baseline, candidate, confidence: 0.99, ..like.clone() }
        })
        .collect();
    record
}

/// Draws the rounds of all candidates, with noise of some per cent each, and what follows from them.
fn measure(record: &mut Record, draws: &mut ChaCha8Rng) {
    let noise: Normal<f64> = Normal::new(0.0, 0.04).unwrap();
    let rounds = record.cells[0].rounds as usize;
    let mut rates = || (0..rounds).map(|_| noise.sample(draws).exp()).collect::<Vec<f64>>();
    let naive = rates();
    let of = |rates: &[f64]| {
        let Mean { mean: ops_per_s, ci, .. } = Mean::of_rounds(rates, Confidence::default()).unwrap();
        Throughput { ops_per_s, ci }
    };
    record.cells[0].throughput = of(&naive);
    for (it, cell) in record.comparisons.iter_mut().zip(&mut record.cells[1..]) {
        let candidate = rates();
        cell.throughput = of(&candidate);
        let pairs: Vec<_> = candidate.into_iter().zip(naive.iter().copied()).collect();
        let found = Ratio::of_rounds(&pairs, Confidence::default()).unwrap();
        (it.ratio, it.ci) = (found.ratio, found.ci);
        it.degrees_of_freedom = Some(found.degrees_of_freedom as u32);
    }
    // All of one layout: rounds are all there is.
    record.cells.iter_mut().for_each(|cell| cell.layouts = None);
}

#[test]
fn the_formats_of_a_diff() {
    let found = diff(&sample(), &slowed(sample(), "after", 0.8), TENTH, Confidence::default());
    let markdown = diff_summary(&found);
    assert!(markdown.starts_with("🔴 Regression: “after” under "), "{markdown}");
    assert!(markdown.contains("| polling | after | ×0.98 [0.96, 0.99] | ×0.78 [0.77, 0.79] | ×0.80 ["));
    assert!(markdown.contains("<details><summary>The other 21 ratios</summary>"));
    for width in [40, 80, 160] {
        let text = diff_text(&found, &TextOptions { width, ..TextOptions::default() });
        assert!(text.lines().all(|line| line.chars().count() <= width), "{width} columns: {text}");
    }
    let parsed = junit_parser::from_reader(diff_junit(&found).as_bytes()).unwrap();
    assert_eq!((parsed.suites[0].cases.len(), parsed.suites[0].failures), (24, 3));
    let schema = serde_json::to_value(schemars::schema_for!(lockyard::bench::record::Diff)).unwrap();
    jsonschema::validate(&schema, &serde_json::from_str(&found.to_json()).unwrap()).unwrap();
}

#[test]
fn a_hostile_name_is_text_in_a_diff() {
    let mut record = slowed(sample(), "after", 0.5);
    let hostile = "</details><script>alert(1)</script>|\u{1b}[31m]]>&\n# h";
    let mut before = sample();
    for it in [&mut record, &mut before] {
        for cell in &mut it.cells {
            cell.scenario = format!("{}{hostile}", cell.scenario);
        }
        for comparison in &mut it.comparisons {
            comparison.scenario = format!("{}{hostile}", comparison.scenario);
        }
    }
    let found = diff(&before, &record, TENTH, Confidence::default());
    let markdown = diff_summary(&found);
    assert!(!markdown.contains("<script") && !markdown.contains("\n# h"), "{markdown}");
    assert_eq!(markdown.matches("</details>").count(), 1);
    assert!(diff_text(&found, &TextOptions::default()).chars().all(|c| c == '\n' || !c.is_control()));
    let parsed = junit_parser::from_reader(diff_junit(&found).as_bytes()).unwrap();
    assert_eq!(parsed.suites[0].failures, 3);
}
