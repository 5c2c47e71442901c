//! Who is called a winner, and who never is: ties are told as ties, and what failed once is not recommended anywhere.

use crate::effect::main_effect;
use crate::in_full;
use crate::rich::rich;
use crate::sample::sample;
use lockyard_bench::record::{
    Ablation, Cell, Comparison, Engine, Finding, FindingKind, Metric, ModelResult, Record, Severity,
    StrategySummary, Throughput, Verdict, Verification,
};
use lockyard_bench::report::{junit, page, summary, verdict};

/// What the page answers to which lock to use.
fn advice(record: &Record) -> String {
    let page = page(record);
    page.split("id=\"which-lock\"").nth(1).unwrap().split("</section>").next().unwrap().to_owned()
}

/// The cells of one row of the advice's table: highest throughput, tied, lowest p99, fairest.
fn advised(record: &Record, scenario: &str) -> Vec<String> {
    let advice = advice(record);
    let row = advice.split(&format!("<th scope=\"row\">{scenario}<br>")).nth(1).unwrap();
    let row = row.split("<tr").next().unwrap();
    row.split("<td>").skip(1).map(|cell| cell.split("<t").next().unwrap().to_owned()).collect()
}

fn cells<'a>(record: &'a mut Record, strategy: &'a str) -> impl Iterator<Item = &'a mut Cell> {
    record.cells.iter_mut().filter(move |cell| cell.strategy == strategy)
}

fn model(strategy: &str, represents: &[&str], engine: Engine) -> ModelResult {
    ModelResult {
        model: "save".into(),
        strategy: strategy.into(),
        represents: represents.iter().map(|&name| name.to_owned()).collect(),
        engine,
        schedules: 100,
        min_schedules: 100,
        exhaustive: true,
        bound: None,
        assumption: None,
        unsound: None,
        holds: false,
        millis: 1,
        counterexample: None,
    }
}

fn error(kind: FindingKind) -> Finding {
    Finding {
        kind,
        rule: None,
        severity: Severity::Error,
        message: "seen".into(),
        places: vec!["src/x.rs:1:1".into()],
        tasks: vec![],
        edges: vec![],
    }
}

#[test]
fn a_strategy_whose_model_fails_is_never_recommended_and_it_says_why() {
    let fails = |models: Vec<ModelResult>| Record { models: Some(models), ..sample() };
    assert!(advised(&sample(), "polling")[0].starts_with("parking-lot-mutex, at"));
    let record = fails(vec![model("parking-lot-mutex", &["std-mutex"], Engine::Explorer)]);
    let polling = advised(&record, "polling");
    assert!(polling[0].starts_with("std-rwlock, at"), "{polling:?}");
    assert!(polling.iter().all(|cell| !cell.contains("parking-lot-mutex") && !cell.contains("std-mutex")));
    let why = "Never recommended, for they failed: “parking-lot-mutex” (model save fails) and “std-mutex” (model save \
               fails).";
    assert!(advice(&record).contains(why), "{}", advice(&record));
    let rendered = verdict(&record);
    assert!(
        rendered
            .contains("Under polling, of those that did not fail, “std-rwlock” has the highest throughput"),
        "{rendered}"
    );
    // The row of the strategy says so, too, and the strategy has no place.
    let page = page(&record);
    let row =
        page.split("data-name=\"std-mutex\" aria-describedby").nth(1).unwrap().split("<tr").next().unwrap();
    assert!(row.contains("FAILED: model save fails") && row.contains(">failed<"), "{row}");
    let checks = page.split("id=\"correctness\"").nth(1).unwrap();
    let row = checks.split(">std-mutex<").nth(1).unwrap().split("<tr").next().unwrap();
    assert!(row.contains("0 of 1 passed"), "{row}");
}

#[test]
fn a_model_of_a_part_is_one_of_every_strategy_with_that_part() {
    let record = Record { models: Some(vec![model("std-rwlock", &[], Engine::Loom)]), ..rich() };
    assert!(advice(&record).contains("“std-rwlock” (model save fails)"));
    let record = Record { models: Some(vec![model("-", &[], Engine::Loom)]), ..rich() };
    let line = "Of no strategy measured here, so that it may concern any: the failure of model save over -.";
    assert!(advice(&record).contains(line), "{}", advice(&record));
    // What the explorer runs over has the name of a strategy, which may be that of a lock.
    let record = Record { models: Some(vec![model("tokio-mutex", &[], Engine::Explorer)]), ..rich() };
    assert!(
        !advice(&record).contains("“naive” (model"),
        "its lock is a tokio-mutex, and it is no such strategy"
    );
}

#[test]
fn what_failed_under_one_scenario_is_recommended_under_none() {
    let stuck = |record: &mut Record| {
        cells(record, "parking-lot-mutex").nth(1).unwrap().findings.push(error(FindingKind::Stuck));
    };
    let violated = |record: &mut Record| {
        let seen = Verification { linearizable: Some(false), ..Verification::default() };
        cells(record, "parking-lot-mutex").nth(1).unwrap().verification = Some(seen);
    };
    for (fail, why) in [
        (&stuck as &dyn Fn(&mut Record), "“parking-lot-mutex” (stuck under hot-context)"),
        (&violated, "“parking-lot-mutex” (not linearizable under hot-context)"),
    ] {
        let mut record = sample();
        fail(&mut record);
        assert!(advised(&record, "polling")[0].starts_with("std-mutex, at"), "{why}");
        assert!(advice(&record).contains(why), "{}", advice(&record));
        assert!(!verdict(&record).contains("Under polling “parking-lot-mutex”"));
        let tradeoff = page(&record);
        let tradeoff = tradeoff.split("id=\"trade-off\"").nth(1).unwrap().split("</section>").next().unwrap();
        assert!(!tradeoff.contains("parking-lot-mutex"), "nor is it among those that nothing dominates");
    }
}

#[test]
fn fairness_that_differs_by_less_than_a_hundredth_is_a_tie() {
    let mut record = sample();
    for (nth, cell) in record.cells.iter_mut().enumerate() {
        cell.fairness.as_mut().unwrap().jain = 0.999 - 0.0002 * (nth % 9) as f64;
    }
    assert_eq!(advised(&record, "polling")[3], "all within .01 (from 0.997)");
    assert!(page(&record).contains("All within .01, the least 0.997."));
    assert!(!advice(&record).contains("If fairness matters"));
    cells(&mut record, "std-mutex").for_each(|cell| cell.fairness.as_mut().unwrap().jain = 0.9);
    assert!(advised(&record, "polling")[3].ends_with("and 4 more (from 0.997)"));
    assert!(page(&record).contains("Least fair: “std-mutex” from 0.900."));
}

/// What the page says of those that nothing dominates under polling.
fn free(record: &Record) -> String {
    let page = page(record);
    let from = page.split("id=\"trade-off\"").nth(1).unwrap();
    from.split("<figcaption>").nth(1).unwrap().split("</figcaption>").next().unwrap().to_owned()
}

#[test]
fn a_strategy_is_dominated_only_where_intervals_part() {
    let four = ["before", "naive", "std-mutex", "std-rwlock"];
    let mut record = sample();
    record.cells.retain(|cell| cell.scenario == "polling" && four.contains(&&*cell.strategy));
    assert_eq!(free(&record), "Dominated by none: “std-mutex” and “std-rwlock”; dominated: 2 of 4.");
    // A p99 that is lower by intervals frees one that is slower; one that only seems lower does not.
    let lower = |record: &mut Record, [low, high]: [f64; 2]| {
        let of_naive = |it: &&mut Comparison| it.candidate == "naive" && matches!(it.metric, Metric::P99(_));
        for it in record.comparisons.iter_mut().filter(of_naive) {
            (it.ratio, it.ci) = (10.0, [1.0 / high, 1.0 / low]);
        }
    };
    lower(&mut record, [0.05, 5.0]);
    assert!(!free(&record).contains("before"), "{}", free(&record));
    lower(&mut record, [0.05, 0.15]);
    assert!(
        free(&record).contains("“before”") && free(&record).ends_with("dominated: 1 of 4."),
        "{}",
        free(&record)
    );
}

/// Of all operations and not of the most frequent one.
#[test]
fn the_lowest_p99_says_where_it_is_lowest_and_where_it_is_worst() {
    let mut record = sample();
    record.cells.retain(|cell| cell.scenario == "polling");
    record.comparisons.retain(|it| it.metric == Metric::Throughput);
    for cell in cells(&mut record, "parking-lot-mutex") {
        let latency = cell.latency_ns.get_mut("update_context").unwrap();
        (latency.p99, latency.p99_ci) = (Some(2_000_000), Some([1_900_000, 2_100_000]));
    }
    for cell in cells(&mut record, "std-rwlock").chain([]) {
        for latency in cell.latency_ns.values_mut() {
            (latency.p99, latency.p99_ci) =
                (latency.p99.map(|it| it * 2), latency.p99_ci.map(|ci| ci.map(|it| it * 2)));
        }
    }
    record.cells.retain(|cell| ["before", "parking-lot-mutex", "std-rwlock"].contains(&&*cell.strategy));
    let lowest = &advised(&record, "polling")[2];
    assert!(
        lowest.starts_with("“parking-lot-mutex” in 5 of 6 operations (get_context_state, get_context, "),
        "{lowest}"
    );
    assert!(lowest.contains("; worst in update_context, 20.7 times that of “before”"), "{lowest}");
}

#[test]
fn what_is_not_known_closely_wins_nothing() {
    let mut record = sample();
    for strategy in ["parking-lot-mutex", "std-mutex", "std-rwlock"] {
        for cell in cells(&mut record, strategy) {
            let ops_per_s = cell.throughput.ops_per_s;
            cell.throughput = Throughput { ops_per_s, ci: [ops_per_s * 0.6, ops_per_s * 1.9] };
        }
    }
    // Where whole processes differ, a throughput is known less than its ratio in each of them.
    let known = "parking-lot-mutex, at ×1.43 [1.41, 1.45] of “naive”";
    assert_eq!(advised(&record, "polling")[0], known);
    for it in record.comparisons.iter_mut().filter(|it| it.metric == Metric::Throughput) {
        if ["parking-lot-mutex", "std-mutex", "std-rwlock"].contains(&&*it.candidate) {
            it.ci[1] = it.ratio * 1.9;
        }
    }
    let polling = advised(&record, "polling");
    let none = "none: “parking-lot-mutex” leads, and its throughput is known to ± 90 % only";
    assert_eq!(polling[0], none);
    let rendered = verdict(&record);
    assert!(
        rendered.starts_with("Under polling there is no winner: “parking-lot-mutex” leads"),
        "{rendered}"
    );
    // Under one-worker one that is known closely is tied with them, and is named.
    let worker = advised(&record, "one-worker");
    assert!(worker[0].starts_with("parking-lot-rwlock, at") && worker[1].contains("std-mutex"), "{worker:?}");
}

/// What leads by its estimate is known too loosely to win, and it is not called slower for that.
#[test]
fn a_winner_behind_what_is_known_loosely_is_not_called_the_highest() {
    let mut record = sample();
    for cell in cells(&mut record, "parking-lot-mutex") {
        let ops_per_s = cell.throughput.ops_per_s;
        cell.throughput = Throughput { ops_per_s, ci: [ops_per_s * 0.6, ops_per_s * 1.9] };
    }
    for comparison in &mut record.comparisons {
        if comparison.candidate == "parking-lot-mutex" && comparison.metric == Metric::Throughput {
            comparison.ci = [comparison.ratio * 0.6, comparison.ratio * 1.9];
        }
    }
    let rendered = verdict(&record);
    let tied = "strategies are statistically tied for the highest throughput: “parking-lot-mutex”";
    assert!(rendered.starts_with("Under polling ") && rendered.contains(tied), "{rendered}");
    assert!(rendered.contains("; of those known to ± 25 % “"), "{rendered}");
    assert!(
        advised(&record, "polling")[0].ends_with(", of those known to ± 25 %"),
        "{:?}",
        advised(&record, "polling")
    );
}

#[test]
fn the_baseline_may_be_the_best() {
    let mut record = sample();
    for it in record.comparisons.iter_mut().filter(|it| it.metric == Metric::Throughput) {
        (it.ratio, it.ci, it.verdict) = (0.5, [0.4, 0.6], Verdict::Slower);
    }
    record.comparisons.retain(|it| it.baseline == "before");
    record.reference = None;
    assert!(advised(&record, "polling")[0].starts_with("before, "), "{:?}", advised(&record, "polling"));
    assert!(verdict(&record).starts_with("Under polling “before” has the highest throughput."));
    for it in record.comparisons.iter_mut().filter(|it| it.metric == Metric::Throughput) {
        (it.ratio, it.ci, it.verdict) = (1.0, [0.9, 1.1], Verdict::NoVerdict);
    }
    assert!(verdict(&record).starts_with("Under polling all 9 strategies are statistically tied."));
}

/// The rich record with a combination that is there for the ablation alone, the fastest of all.
fn with_a_combination() -> (Record, &'static str) {
    let name = "session=tokio-rwlock,dto=cloned";
    let mut record = rich();
    let cell = record.cells_of("polling").nth(5).unwrap().clone();
    record.cells.push(Cell { strategy: name.into(), ..cell });
    let it = record.comparison("polling", "before", "parking-lot-mutex", &Metric::Throughput).unwrap();
    let combination = Comparison { candidate: name.into(), ratio: 9.0, ci: [8.0, 10.0], ..it.clone() };
    record.comparisons.push(combination);
    record.strategies.push(StrategySummary {
        name: name.into(),
        about: None,
        factors: None,
        compared_with: None,
        servers: None,
        ablation_only: true,
    });
    (record, name)
}

#[test]
fn combinations_of_an_ablation_are_listed_apart_and_not_ranked() {
    let (record, name) = with_a_combination();
    let ranked = verdict(&record);
    assert!(!ranked.contains(name) && ranked.contains("“parking-lot-mutex” has the highest throughput"));
    assert!(!advice(&record).contains(name));
    let page = page(&record);
    assert_eq!(page.matches(&format!(">{name}<")).count(), 1, "in a table of its own");
    assert!(page.contains("Measured for the ablation alone, and not ranked: 1 combinations"));
    let apart = format!(
        "Measured for the ablation alone, and not ranked:\n\n- {name}: 490 k [479 k, 500 k] operations/s, ×9.00"
    );
    assert!(summary(&record).contains(&apart), "{}", summary(&record));
    let text = in_full(&record);
    assert!(text.contains("Measured for the ablation alone, and not ranked:"), "{text}");
    assert!(junit(&record).contains(name), "it was checked like any other");
}

#[test]
fn what_fails_in_a_combination_is_a_failure() {
    let (mut record, name) = with_a_combination();
    cells(&mut record, name).for_each(|cell| cell.findings.push(error(FindingKind::Stuck)));
    assert!(verdict(&record).starts_with("5 failures."), "{}", verdict(&record));
}

#[test]
fn steps_that_follow_each_other_are_one_way_and_lead_the_verdict() {
    let mut record = sample();
    record.ablations = vec![
        main_effect("dto", "cloned", "borrowed", 4.0),
        main_effect("save", "under-lock", "after-unlock", 1.0),
        Ablation { from: "after".into(), to: "std-rwlock".into(), ..main_effect("cache", "old", "new", 2.0) },
    ];
    let lead = "From “before” to “std-rwlock” under polling: borrowing the DTO ×4.00 [3.98, 4.02], saving after the unlock \
                ×1.00 [0.98, 1.02] and “new” instead of “old” ×2.00 [1.98, 2.02]. Under polling ";
    assert!(verdict(&record).starts_with(lead), "{}", verdict(&record));
    let summary = summary(&record);
    assert_eq!(summary.matches("## Ablation").count(), 1, "{summary}");
    assert!(summary.contains("Overall: “std-rwlock” has ×2.26 [2.23, 2.29] of the throughput of “before”."));
    record.ablations[2].from = "naive".into();
    assert!(
        verdict(&record).contains("From “naive” to “std-rwlock” under polling: “new”"),
        "a way of its own"
    );
}

#[test]
fn a_percentile_of_too_few_is_none_in_every_format() {
    let mut record = sample();
    for cell in &mut record.cells {
        for latency in cell.latency_ns.values_mut() {
            (latency.count, latency.p99, latency.p99_9, latency.p99_ci) = (57, None, None, None);
        }
    }
    record.comparisons.retain(|it| it.metric == Metric::Throughput);
    let page = page(&record);
    assert!(page.contains("<td>7.80 µs / – (57)<"), "{page}");
    assert!(page.contains("p99 of too few samples"));
    assert_eq!(advised(&record, "polling")[2], "not measured");
    assert!(summary(&record).contains("7.80 µs [7.57, 8.03] / – (57)"));
    assert!(in_full(&record).contains("7.80 µs / – (57)"));
    record.cells.retain(|cell| cell.strategy == "after" && cell.scenario == "polling");
    record.comparisons.clear();
    assert!(verdict(&record).contains("no p99 of "), "{}", verdict(&record));
    let written = serde_json::to_value(&record).unwrap();
    assert_eq!(written.pointer("/cells/0/latency_ns/get_context/p99"), Some(&serde_json::Value::Null));
}

#[test]
fn a_time_that_is_not_the_one_asked_for_is_said() {
    let mut record = sample();
    let heading =
        |record: &Record| summary(record).lines().find(|it| it.contains("rounds")).unwrap().to_owned();
    assert_eq!(heading(&record), "2 workers, 64 tasks, 12.0 s in 24 rounds for each strategy.");
    record.cells[0].seconds_asked = Some(2.5);
    assert!(heading(&record).ends_with("12.0 s in 24 rounds for each strategy of the 2.5 s asked."));
    record.cells[0].seconds_asked = Some(20.0);
    assert!(heading(&record).ends_with(" of the 20 s asked."), "a run that ended early");
}

#[test]
fn what_each_strategy_is_and_what_its_ratio_holds_is_said_once() {
    let record = rich();
    let beside = "“tokio-mutex” and the strategies that are compared with it have cache=mutex-lru(parking-lot-mutex) \
                  instead of mutex-lru(tokio-mutex): what they gain over “naive” is the effect of that, too. Against \
                  “tokio-mutex” all else is equal.";
    for rendered in [page(&record), summary(&record), in_full(&record).replace('\n', " ")] {
        assert_eq!(rendered.matches(beside).count(), 1, "{rendered}");
        assert!(
            rendered.contains("a Mutex, copies, saving under the lock")
                && rendered.contains("What each strategy is")
        );
    }
    let hint = "role=\"tooltip\" id=\"about-0\">a Mutex, copies, saving under the lock · session=tokio-mutex, cache=";
    assert!(page(&record).contains(hint));
    let mut alone = rich();
    alone.cells.retain(|cell| cell.strategy != "naive");
    assert!(!page(&alone).contains(beside), "there is no “naive” to be held against");
}
