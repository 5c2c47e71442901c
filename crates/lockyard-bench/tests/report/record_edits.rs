//! Records that no run can have written: each edit is refused by the one reader that all others go through, with the field
//! that is wrong. A gate that reads a reversed interval would let everything pass.

use std::path::Path;

use crate::rich::rich;
use lockyard_bench::record::{Record, RecordError};
use proptest::prelude::*;
use serde_json::{Value, json};

fn rich_json() -> Value {
    serde_json::to_value(rich()).expect("a record is JSON")
}

/// The same with three strategies under one scenario, for tests that read it some thousand times.
fn small_json() -> Value {
    let mut record = rich();
    record.cells.retain(|it| it.scenario == "polling");
    record.cells.truncate(3);
    record.cells.iter_mut().for_each(|it| it.timeline.as_mut().expect("the rich one has it").truncate(2));
    let names: Vec<_> = record.cells.iter().map(|it| it.strategy.clone()).collect();
    let is_there = |name: &String| names.contains(name);
    record
        .comparisons
        .retain(|it| it.scenario == "polling" && is_there(&it.baseline) && is_there(&it.candidate));
    serde_json::to_value(record).expect("a record is JSON")
}

/// What the reader says of this record: where, and what.
fn refused(record: &Value) -> Option<(String, String)> {
    match Record::parse(record.to_string().as_bytes(), Path::new("run.json")) {
        Ok(_) => None,
        Err(error @ RecordError::Impossible { .. }) => {
            let message = error.to_string();
            let RecordError::Impossible { at, .. } = error else { unreachable!() };
            Some((at.into(), message))
        }
        Err(other) => panic!("{other}"),
    }
}

/// `/comparisons/3/ci` as messages have it: `comparisons[3].ci`.
fn as_written(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, step| match step.parse::<usize>() {
        Ok(nth) => format!("{path}[{nth}]"),
        Err(_) if path.is_empty() => step.to_owned(),
        Err(_) => format!("{path}.{step}"),
    })
}

/// The edit, the field that must be named, and words that must be in the message.
type Edit = (fn(&mut Value), &'static str, &'static str);

const EDITS: &[Edit] = &[
    (|it| it["comparisons"][3]["ci"] = json!([1.2, 0.9]), "comparisons[3].ci", "the lower end comes first"),
    (|it| it["comparisons"][3]["ratio"] = json!(9.0), "comparisons[3].ratio", "outside its own interval"),
    (|it| it["comparisons"][3]["ratio"] = json!(-1.0), "comparisons[3].ratio", "a number above 0"),
    (|it| it["comparisons"][3]["ratio"] = json!(0), "comparisons[3].ratio", "a number above 0"),
    (|it| it["comparisons"][0]["confidence"] = json!(2.0), "comparisons[0].confidence", "between 0 and 1"),
    (|it| it["comparisons"][0]["confidence"] = json!(1), "comparisons[0].confidence", "such as 0.99"),
    (|it| it["comparisons"][0]["noise_floor"] = json!(-0.1), "comparisons[0].noise_floor", "from 0"),
    (
        |it| it["comparisons"][5]["candidate"] = json!("nobody"),
        "comparisons[5].candidate",
        "“nobody”, which has no cell under polling",
    ),
    (
        |it| it["comparisons"][5]["scenario"] = json!("churn"),
        "comparisons[5].baseline",
        "no cell under churn",
    ),
    (
        |it| it["comparisons"][1] = it["comparisons"][0].clone(),
        "comparisons[1].metric",
        "compared a second time under polling",
    ),
    (
        |it| it["cells"][4] = it["cells"][0].clone(),
        "cells[4].strategy",
        "“before” has a second cell under polling",
    ),
    (|it| it["cells"][2]["throughput"]["ops_per_s"] = json!(-5), "cells[2].throughput.ops_per_s", "from 0"),
    (|it| it["cells"][2]["throughput"]["ci"] = json!([-3.0, 1e9]), "cells[2].throughput.ci", "from 0"),
    (|it| it["cells"][2]["hit_ratio"] = json!(1.5), "cells[2].hit_ratio", "from 0 to 1"),
    (|it| it["cells"][2]["read_share"] = json!(-0.5), "cells[2].read_share", "from 0 to 1"),
    (|it| it["cells"][2]["seconds"] = json!(-1), "cells[2].seconds", "from 0"),
    (
        |it| it["cells"][2]["latency_ns"]["get_context"]["p99"] = json!(1),
        "cells[2].latency_ns.get_context.p99",
        "below p90",
    ),
    (
        |it| it["cells"][2]["latency_ns"]["get_context"]["max"] = json!(2),
        "cells[2].latency_ns.get_context.max",
        "below p99_9",
    ),
    (
        |it| it["cells"][2]["latency_ns"]["get_context"]["count"] = json!(u64::MAX),
        "cells[2].latency_ns",
        "timed operations, and the cell counts",
    ),
    (|it| it["cells"][2]["operations"] = json!(0), "cells[2].latency_ns", "the cell counts 0 in all"),
    (
        |it| it["cells"][2]["timeline"][3]["at_s"] = json!(0.1),
        "cells[2].timeline[3].at_s",
        "the order of time",
    ),
    (|it| it["cells"][2]["wait_ns"]["gate"]["p99"] = json!(0), "cells[2].wait_ns.gate.p99", "below p50"),
    (|it| it["cells"][2]["hold_ns"]["cache"]["max"] = json!(0), "cells[2].hold_ns.cache.max", "below p99"),
    (
        |it| {
            it["cells"][2]["lock_uses"] =
                json!([lock_use(7, [[64, 3], [128, 4]]), lock_use(8, [[64, 3], [128, 4]])]);
        },
        "cells[2].lock_uses[1].queued_ns.count",
        "is 8, and the buckets hold 7",
    ),
    (
        |it| it["cells"][2]["memory"]["allocations_per_operation"] = json!(-3),
        "cells[2].memory.allocations_per_operation",
        "from 0",
    ),
    (|it| it["cells"][2]["fairness"]["jain"] = json!(1.7), "cells[2].fairness.jain", "from 0 to 1"),
    (
        |it| it["cells"][2]["fairness"]["operations_per_task"]["median"] = json!(1),
        "cells[2].fairness.operations_per_task.median",
        "below min",
    ),
    (|it| it["cells"][2]["of_limit"]["fraction"] = json!(-0.2), "cells[2].of_limit.fraction", "from 0"),
    (|it| it["limits"]["shared_rmw_per_s"] = json!(-1), "limits.shared_rmw_per_s", "from 0"),
    (|it| it["probe_effect"] = json!(0), "probe_effect", "above 0"),
    (|it| it["ablations"][0]["ci"] = json!([2, 1]), "ablations[0].ci", "the lower end comes first"),
    (
        |it| it["ablations"][1]["with"] = it["ablations"][3]["with"].clone(),
        "ablations[1].with",
        "an interaction",
    ),
    (|it| it["ablations"][3]["with"] = Value::Null, "ablations[3].with", "an interaction"),
    (
        |it| it["scaling"][1]["points"][2]["throughput"]["ops_per_s"] = json!(1),
        "scaling[1].points[2].throughput.ops_per_s",
        "outside its own interval",
    ),
    (
        |it| it["scaling"][1]["points"][2]["latency_ns"]["get_context_state"]["p90"] = json!(1),
        "scaling[1].points[2].latency_ns.get_context_state.p90",
        "below p50",
    ),
    (|it| it["scaling"][0]["fit"]["lambda"] = json!(-4), "scaling[0].fit.lambda", "above 0"),
    (|it| it["scaling"][0]["fit"]["sigma"] = json!(3), "scaling[0].fit.sigma", "from 0 to 1"),
    (|it| it["scaling"][0]["fit"]["kappa"] = json!(-1), "scaling[0].fit.kappa", "from 0"),
    (|it| it["scaling"][0]["fit"]["confidence"] = json!(99), "scaling[0].fit.confidence", "between 0 and 1"),
    (
        |it| it["scaling"][0]["fit"]["extrapolated"]["ci"] = json!([5, 4]),
        "scaling[0].fit.extrapolated.ci",
        "the lower end comes first",
    ),
    (
        |it| it["pitfalls"][0]["missed_by"] = it["pitfalls"][0]["caught_by"].clone(),
        "pitfalls[0].caught_by",
        "said not to have caught it",
    ),
    (
        |it| {
            it["against"] =
                json!({ "program": "p", "environment": it["environment"], "rounds": [round(-1.0)] });
        },
        "against.rounds[0].ops_per_s",
        "from 0",
    ),
];

fn lock_use(count: u64, buckets: [[u64; 2]; 2]) -> Value {
    let times = json!({ "count": count, "p50": 64, "p99": 128, "max": 128, "buckets": buckets });
    let right = json!({ "count": 7, "p50": 64, "p99": 128, "max": 128, "buckets": [[64, 3], [128, 4]] });
    json!({
        "class": "session", "operation": null, "queued_ns": times, "woken_ns": right, "held_ns": right, "overtaken": 0
    })
}

fn round(ops_per_s: f64) -> Value {
    json!({
        "scenario": "polling", "strategy": "after", "seed": 1, "other_first": true, "ops_per_s": ops_per_s,
        "other_ops_per_s": 1.0
    })
}

#[test]
fn every_edit_is_refused_with_the_field_that_is_wrong() {
    assert_eq!(refused(&rich_json()), None, "as it was written it is read");
    for (edit, at, words) in EDITS {
        let mut record = rich_json();
        edit(&mut record);
        let (found, message) = refused(&record).unwrap_or_else(|| panic!("{at} may be anything"));
        assert_eq!(found, *at, "{message}");
        assert!(message.starts_with(&format!("run.json: {at} ")) && message.contains(words), "{message}");
    }
}

#[test]
fn one_field_is_named_and_the_others_are_counted() {
    let mut record = rich_json();
    record["cells"][0]["hit_ratio"] = json!(7);
    record["cells"][1]["hit_ratio"] = json!(8);
    record["comparisons"][0]["confidence"] = json!(0);
    let (at, message) = refused(&record).expect("three are wrong");
    assert_eq!(at, "cells[0].hit_ratio");
    assert_eq!(
        message,
        "run.json: cells[0].hit_ratio is 7, and must be from 0 to 1, and 2 more: use the record as the run wrote it"
    );
}

/// JSON has no infinity and no NaN, and a number too large for its type is none.
#[test]
fn numbers_that_are_not_finite_are_no_record() {
    for number in ["1e999", "NaN", "-Infinity", "null"] {
        let text = rich().to_json();
        let (head, tail) = text.split_once("\"ops_per_s\": ").expect("a cell has it");
        let (_, rest) = tail.split_once(',').expect("its interval follows");
        let text = format!("{head}\"ops_per_s\": {number},{rest}");
        let error = Record::parse(text.as_bytes(), Path::new("run.json")).unwrap_err().to_string();
        assert!(error.starts_with("run.json:"), "{number}: {error}");
    }
}

/// Every place of a value, by its pointer.
fn places(value: &Value, at: &str, found: &mut Vec<(String, Value)>) {
    found.push((at.to_owned(), value.clone()));
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(nth, it)| places(it, &format!("{at}/{nth}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, it)| places(it, &format!("{at}/{name}"), found));
        }
        _ => {}
    }
}

/// A wrong value for a field of this name; none where any value may be right.
fn wrong(name: &str, value: &Value) -> Vec<Value> {
    match name {
        _ if name == "ci" || name.ends_with("_ci") => {
            let Some([low, high]) = value.as_array().map(Vec::as_slice) else { return Vec::new() };
            let reversed = (low != high).then(|| json!([high, low]));
            // Whole numbers have none below zero; elsewhere than its estimate is wrong as well.
            let elsewhere = if low.is_u64() { json!([u64::MAX - 1, u64::MAX]) } else { json!([-2.0, -1.0]) };
            reversed.into_iter().chain([elsewhere]).collect()
        }
        "ratio" | "lambda" => vec![json!(-1), json!(0), json!(1e300)],
        "confidence" => vec![json!(2), json!(1), json!(0), json!(-0.5)],
        "hit_ratio" | "jain" | "sigma" => vec![json!(-0.5), json!(1.5)],
        "ops_per_s" | "no_shared_write_ops_per_s" | "shared_rmw_per_s" | "seconds" | "fraction" | "kappa" => {
            vec![json!(-1)]
        }
        // One above the next, whatever that is.
        "p50" | "p90" | "p99" | "p99_9" | "min" | "median" => vec![json!(u64::MAX)],
        _ => Vec::new(),
    }
}

/// Wherever such a field stands, also those that come to the record later: a list of places would forget the next one.
#[test]
fn no_field_of_a_kind_is_forgotten() {
    let record = small_json();
    let mut all = Vec::new();
    places(&record, "", &mut all);
    let mut tried = 0;
    for (pointer, value) in all.iter().filter(|(_, value)| !value.is_null()) {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        for wrong in wrong(name, value) {
            let mut edited = record.clone();
            *edited.pointer_mut(pointer).expect("it is there") = wrong.clone();
            let (at, _) = refused(&edited).unwrap_or_else(|| panic!("{pointer} may be {wrong}"));
            let parent = as_written(pointer.rsplit_once('/').expect("a field").0);
            assert!(at.starts_with(&parent), "{pointer}: {wrong} is blamed on {at}");
            tried += 1;
        }
    }
    assert!(tried > 400, "only {tried} edits were tried");
}

proptest! {
    /// An interval and its estimate, wherever they come from, are accepted exactly if they are in order.
    #[test]
    fn an_estimate_stands_within_its_interval(low in 0.1..10.0_f64, ratio in 0.1..10.0_f64, high in 0.1..10.0_f64) {
        let mut record = small_json();
        record["comparisons"][2]["ci"] = json!([low, high]);
        record["comparisons"][2]["ratio"] = json!(ratio);
        prop_assert_eq!(refused(&record).is_none(), low <= ratio && ratio <= high);
    }
}

#[test]
fn what_was_committed_is_still_read() {
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports");
    let mut read = 0;
    for entry in std::fs::read_dir(reports).unwrap() {
        let path = entry.unwrap().path().join("run.json");
        if path.exists() {
            Record::read(&path).unwrap_or_else(|error| panic!("{error}"));
            read += 1;
        }
    }
    assert!(read > 0, "there is no committed record");
    Record::parse(include_bytes!("../golden/schema-1.json"), Path::new("schema-1.json")).unwrap();
}
