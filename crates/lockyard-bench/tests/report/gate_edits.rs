//! Two records of which one was edited: what a gate says of each edit. None may pass by leaving something out, by being
//! measured otherwise, or by being slower in all strategies alike.

use crate::rich::rich;
use crate::sample::sample;
use lockyard_bench::Share;
use lockyard_bench::gate::{Tolerance, diff};
use lockyard_bench::record::{Arrival, Diff, Outcome, Record, Route, ServerGroup, StrategySummary};
use lockyard_bench::report::{TextOptions, diff_junit, diff_summary, diff_text, diff_verdict};
use lockyard_bench::stats::Confidence;

const TENTH: Share = Share::of_percent(10.0).unwrap();

fn against(before: &Record, edit: impl FnOnce(&mut Record)) -> Diff {
    let mut after = before.clone();
    edit(&mut after);
    diff(before, &after, TENTH, Confidence::default())
}

/// Multiplies absolute throughput, and no ratio.
fn speed(record: &mut Record, by: impl Fn(&str) -> f64) {
    for cell in &mut record.cells {
        let by = by(&cell.strategy);
        cell.throughput.ops_per_s *= by;
        cell.throughput.ci = cell.throughput.ci.map(|end| end * by);
    }
}

/// An edit of one of the two, and words of the reason.
type Edit = (fn(&mut Record), &'static str);

#[test]
fn what_was_measured_otherwise_is_refused_whichever_run_it_is() {
    let edits: &[Edit] = &[
        (|it| it.command += " --set zipf=0", "other settings: "),
        (|it| it.command += " --latency full", "--latency full"),
        (|it| it.command += " --cancel 5%", "--cancel 5"),
        (|it| it.command += " --route sticky", "--route sticky"),
        (|it| it.plan = Some(crate::machines::plan()), "other load machines: "),
        (|it| it.processes = 5, "other processes: "),
        (|it| it.cells[0].wait_ns = Some([].into()), "with tracked locks, which have a cost"),
        (|it| it.cells[0].lock_uses = Some(vec![]), "use --track for both or neither"),
        (|it| it.cells[2].point.tasks = 16, "another point of polling"),
        (|it| it.cells[2].point.save_ms = None, "another point of polling"),
        (|it| it.cells[2].arrival = Arrival::Open, "another arrival of requests under polling"),
        (
            |it| it.cells[2].latency_ns.retain(|name, _| name != "get_context"),
            "another scenario under the name of polling: get_context was asked of “after” in",
        ),
        (|it| it.cells.retain(|cell| cell.strategy != "naive"), "has no “naive” under polling"),
        (|it| it.reference = Some("before".into()), "another reference"),
        (
            |it| {
                let (program, environment) = ("old".into(), it.environment.clone());
                it.against = Some(lockyard_bench::record::Against { program, environment, rounds: vec![] });
            },
            "in turns with another build",
        ),
        (|it| it.environment.cores = 64, "another machine"),
    ];
    for (edit, words) in edits {
        let (plain, mut edited) = (sample(), sample());
        edit(&mut edited);
        for (before, after) in [(&plain, &edited), (&edited, &plain)] {
            let found = diff(before, after, TENTH, Confidence::default());
            assert!(found.refusals.iter().any(|it| it.contains(words)), "{words}: {:?}", found.refusals);
            assert!(!found.passes() && found.changes.is_empty(), "{words}");
        }
        assert!(
            diff(&edited, &edited, TENTH, Confidence::default()).refusals.is_empty()
                || words.contains("naive")
        );
    }
}

/// Two servers answer more than one, whatever guards their sessions; where they are does not matter.
#[test]
fn groups_of_other_sizes_under_one_name_are_refused() {
    let behind = |addresses: &[&str]| {
        let mut record = sample();
        let addresses = addresses.iter().map(ToString::to_string).collect();
        let servers = Some(ServerGroup { addresses, route: Route::Any });
        record.strategies = vec![StrategySummary {
            name: "after".to_owned(),
            about: None,
            factors: None,
            compared_with: None,
            servers,
            ablation_only: false,
        }];
        record
    };
    let refusals = |one: &Record, other: &Record| diff(one, other, TENTH, Confidence::default()).refusals;
    let (one, two) = (behind(&["http://a:1"]), behind(&["http://a:1", "http://b:1"]));
    let found = refusals(&one, &two);
    assert!(found.iter().any(|it| it.contains("another group behind “after”")), "{found:?}");
    assert_eq!(refusals(&two, &behind(&["http://c:1", "http://d:1"])), [""; 0]);
    assert_eq!(refusals(&two, &sample()), [""; 0], "a record that does not say is compared as ever");
}

#[test]
fn what_changes_no_number_is_no_reason() {
    let found = against(&sample(), |it| {
        it.command =
            "lockyard compare --seed 7 --duration 60s --quick --out here --no-verify --latency sampled"
                .into();
        it.seed = 7;
        it.cells.iter_mut().for_each(|cell| (cell.seconds, cell.rounds) = (120.0, 240));
        it.cells.iter_mut().for_each(|cell| cell.memory = None);
    });
    assert_eq!(found.refusals, [""; 0]);
    assert!(found.passes());
}

/// What is asked rarely may be missed by a sample; that is no other scenario.
#[test]
fn an_operation_that_chance_may_have_left_out_is_none_that_is_missing() {
    for (count, is_refused) in [(19, false), (21, true)] {
        let mut before = sample();
        before.cells[2].latency_ns.get_mut("update_context").unwrap().count = count;
        let found = against(&before, |it| it.cells[2].latency_ns.retain(|name, _| name != "update_context"));
        assert_eq!(!found.refusals.is_empty(), is_refused, "{count}: {:?}", found.refusals);
    }
}

#[test]
fn what_is_left_out_fails() {
    let found = against(&sample(), |it| it.cells.retain(|cell| cell.strategy != "std-mutex"));
    let missing = ["polling", "hot-context", "one-worker"].map(|under| format!("“std-mutex” under {under}"));
    assert_eq!(found.missing, missing);
    assert!(!found.passes() && found.refusals.is_empty());
    let words = format!("This run is missing: {}. No regression of a ratio to “naive”.", missing.join(", "));
    assert!(diff_verdict(&found).starts_with(&words), "{}", diff_verdict(&found));
    assert!(diff_summary(&found).starts_with("🔴 This run is missing"));
    let cases = junit_parser::from_reader(diff_junit(&found).as_bytes()).unwrap();
    assert_eq!(cases.suites[0].failures, 3);

    let found = against(&sample(), |it| it.cells.retain(|cell| cell.scenario != "one-worker"));
    assert_eq!(found.missing, ["scenario one-worker"]);
    assert!(!found.passes());

    // The cell is there, and what would be judged of it is not.
    let found = against(&sample(), |it| {
        it.comparisons.retain(|it| {
            it.scenario != "polling" || ![&it.baseline, &it.candidate].contains(&&"before".into())
        });
    });
    assert_eq!(found.missing, ["the ratio of “before” to “naive” under polling"]);
    // As of a record that does not say how sure its intervals are, and has two rounds.
    let found = against(&sample(), |it| {
        it.cells[2].rounds = 2;
        it.cells[2].layouts = None;
        it.comparisons.iter_mut().for_each(|it| it.degrees_of_freedom = None);
    });
    assert_eq!(found.missing, ["an interval for the ratio of “after” under polling"]);

    // What is new has nothing to be held against.
    let mut before = sample();
    before.cells.retain(|cell| cell.strategy != "std-mutex");
    let found = diff(&before, &sample(), TENTH, Confidence::default());
    assert!(found.passes() && found.left_out.len() == 3, "{:?}", found.left_out);
}

#[test]
fn an_interrupted_record_is_in_the_first_sentence() {
    let mut part = sample();
    part.interrupted = true;
    for (before, after, words) in [
        (&part, &sample(), "Partial results: the baseline was interrupted. No regression."),
        (&sample(), &part, "Partial results: this run was interrupted. No regression."),
    ] {
        let found = diff(before, after, TENTH, Confidence::default());
        assert!(diff_verdict(&found).starts_with(words), "{}", diff_verdict(&found));
        assert!(diff_summary(&found).contains("🟢 Partial results"), "the verdict is first");
    }
}

#[test]
fn a_program_that_is_twenty_times_slower_in_everything_is_noticed() {
    let found = against(&sample(), |it| speed(it, |_| 0.05));
    assert!(found.passes(), "absolute throughput is not judged unless it is asked for");
    let note = "all strategies are at ×0.05 of the throughput of the baseline, alike; ratios to “naive” cannot show that";
    assert_eq!(found.notes, [note]);
    for printed in [diff_text(&found, &TextOptions::default()), diff_summary(&found)] {
        let printed = printed.replace('\n', " ");
        let (before_the_table, _) = printed.split_once("outcome").expect("the head of the table");
        assert!(before_the_table.contains("×0.05 of the throughput of the baseline"), "{before_the_table}");
    }
    let throughput = found.throughput.as_ref().unwrap();
    assert!((throughput.factor - 0.05).abs() < 1e-9 && throughput.changes.len() == 27, "{throughput:?}");
    assert!(throughput.changes.iter().all(|it| it.outcome.is_none()));

    let found = against(&sample(), |it| speed(it, |strategy| if strategy == "before" { 0.05 } else { 1.0 }));
    assert!(found.notes[0].starts_with("strategies are at ×0.05 to ×1.00 of "), "{:?}", found.notes);
    assert_eq!(against(&sample(), |it| speed(it, |_| 0.95)).notes, [""; 0], "machines drift");
}

/// Judged with this tolerance of absolute throughput.
fn gated(absolute: f64, by: impl Fn(&str) -> f64) -> Diff {
    let mut after = sample();
    speed(&mut after, by);
    let tolerance = Tolerance { ratio: TENTH, absolute: Share::of_percent(absolute) };
    diff(&sample(), &after, tolerance, Confidence::default())
}

#[test]
fn absolute_throughput_is_judged_where_it_is_asked_for() {
    let found = gated(20.0, |_| 0.05);
    assert!(!found.passes() && found.regressions().next().is_none());
    assert_eq!(found.throughput_regressions().count(), 27);
    let verdict = diff_verdict(&found);
    assert!(verdict.starts_with("Regression of absolute throughput: “"), "{verdict}");
    assert!(verdict.contains("is at ×0.050 [") && verdict.contains("; 26 more regressions."), "{verdict}");
    assert!(verdict.contains("a loss of 10 % and of 20 % of absolute throughput"), "{verdict}");
    let cases = junit_parser::from_reader(diff_junit(&found).as_bytes()).unwrap();
    assert_eq!((cases.suites[0].cases.len(), cases.suites[0].failures), (24 + 27, 27));

    let found = gated(20.0, |strategy| if strategy == "after" { 0.5 } else { 1.0 });
    let blamed: Vec<_> = found.throughput_regressions().map(|it| (&*it.strategy, &*it.scenario)).collect();
    assert_eq!(blamed, [("after", "polling"), ("after", "hot-context"), ("after", "one-worker")]);

    assert!(gated(20.0, |_| 0.9).passes(), "less than is tolerated");
    assert!(gated(20.0, |_| 2.0).passes(), "faster");
    let near = gated(20.0, |_| 0.79);
    assert!(near.passes(), "no interval lies below as a whole");
    let outcomes = near.throughput.as_ref().unwrap().changes.iter().map(|it| it.outcome.unwrap());
    assert!(outcomes.into_iter().all(|it| it == Outcome::CannotTell));
}

#[test]
fn a_throughput_without_an_interval_does_not_pass_for_one() {
    let tolerance = Tolerance { ratio: TENTH, absolute: Some(TENTH) };
    let mut after = sample();
    after.cells[2].throughput.ci[0] = 0.0;
    let found = diff(&sample(), &after, tolerance, Confidence::default());
    assert_eq!(found.missing, ["an interval for the throughput of “after” under polling"]);
    assert!(!found.passes());
    after.cells[2].throughput.ops_per_s = 0.0;
    let found = diff(&sample(), &after, tolerance, Confidence::default());
    assert_eq!(found.missing, ["an interval for the throughput of “after” under polling"]);
}

#[test]
fn tracked_records_are_compared_with_tracked_ones() {
    let found = diff(&rich(), &rich(), TENTH, Confidence::default());
    assert_eq!((found.refusals.len(), found.passes()), (0, true));
}
