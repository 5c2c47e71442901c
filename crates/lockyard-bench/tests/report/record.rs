//! The record as others meet it: its schema, its file, and what it says about a file that is none.

use std::fs;
use std::path::Path;

use crate::sample::sample;
use lockyard_bench::record::{
    Check, Finding, FindingKind, Metric, Record, RecordError, SCHEMA_VERSION, Severity, Verdict,
    Verification, json_schema,
};
use lockyard_bench::report::{failures, page};
use serde_json::{Value, json};

fn sample_json() -> Value {
    serde_json::to_value(sample()).expect("a record is JSON")
}

fn valid(record: &Value) -> bool {
    jsonschema::is_valid(&serde_json::to_value(json_schema()).expect("a schema is JSON"), record)
}

#[test]
fn the_schema_accepts_what_the_program_writes() {
    let schema = serde_json::to_value(json_schema()).unwrap();
    if let Err(error) = jsonschema::validate(&schema, &sample_json()) {
        panic!("{} at {}", error, error.instance_path());
    }
}

#[test]
fn the_schema_accepts_more_fields() {
    let mut record = sample_json();
    record["cells"][0]["temperature"] = json!(51);
    assert!(valid(&record));
}

#[test]
fn the_schema_refuses_a_missing_field_at_every_depth() {
    for (within, field) in [
        ("", "seed"),
        ("", "models"),
        ("/environment", "cores"),
        ("/cells/0", "verification"),
        ("/cells/0", "latency_ns"),
        ("", "reference"),
        ("/cells/0", "counters"),
        ("/cells/6/findings/0", "rule"),
        ("/cells/0/point", "save_ms"),
        ("/cells/0/throughput", "ci"),
        ("/comparisons/0", "noise_floor"),
        ("", "strategies"),
        ("/cells/0", "seconds_asked"),
        ("/cells/0", "writes_per_s"),
        ("/cells/0/latency_ns/get_context", "p99"),
        ("/cells/0/latency_ns/get_context", "p99_ci"),
    ] {
        let mut record = sample_json();
        let object = record.pointer_mut(within).and_then(Value::as_object_mut).expect(within);
        assert!(object.remove(field).is_some(), "{within} has no {field}");
        assert!(!valid(&record), "{within}/{field} may be missing");
    }
}

#[test]
fn the_schema_refuses_words_that_are_not_defined() {
    for (place, word) in [
        ("/comparisons/0/verdict", "much faster"),
        ("/comparisons/0/metric", "p50"),
        ("/cells/0/arrival", "bursts"),
        ("/cells/6/findings/0/kind", "unsteady"),
    ] {
        let mut record = sample_json();
        *record.pointer_mut(place).expect(place) = json!(word);
        assert!(!valid(&record), "{place} may be {word:?}");
    }
}

#[test]
fn every_field_is_described() {
    fn undescribed(schema: &Value, at: &str, found: &mut Vec<String>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if property.get("description").is_none() {
                found.push(format!("{at}.{name}"));
            }
        }
    }
    let schema = serde_json::to_value(json_schema()).unwrap();
    let mut found = Vec::new();
    undescribed(&schema, "Record", &mut found);
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        undescribed(definition, name, &mut found);
    }
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn words_in_json_are_the_contracts_words() {
    let words: Vec<_> = [Verdict::Faster, Verdict::Slower, Verdict::NoDifference, Verdict::NoVerdict]
        .iter()
        .map(|verdict| serde_json::to_value(verdict).unwrap())
        .collect();
    assert_eq!(words, ["faster", "slower", "no difference", "no verdict"]);
    assert_eq!(serde_json::to_value(Metric::P99("get_context".into())).unwrap(), "p99:get_context");
}

#[test]
fn what_is_written_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.json");
    sample().write(&path).unwrap();
    assert_eq!(Record::read(&path).unwrap(), sample());
    assert_eq!(files_in(dir.path()), ["run.json"], "something was left beside the record");
}

/// As schema 1 was written: kinds that are any words, `twin_alarms`, `endpoint`, and no rules, counters or settings.
const SCHEMA_1: &str = include_str!("../golden/schema-1.json");

#[test]
fn a_record_of_schema_1_is_read_as_what_it_means_today() {
    let record: Record = serde_json::from_str(SCHEMA_1).unwrap();
    assert_eq!(record.schema_version, SCHEMA_VERSION);
    assert_eq!(record.reference.as_deref(), Some("naive"), "there was no other then");
    let [before, after] = &record.cells[..] else { panic!("two strategies") };
    let kind = |finding: &Finding| (finding.kind, finding.rule.clone());
    assert_eq!(kind(&before.findings[0]), (FindingKind::Deadlock, None));
    assert_eq!(kind(&after.findings[0]), (FindingKind::Invariant, Some("lost append".to_owned())));
    assert_eq!(after.lock_uses.as_ref().unwrap()[0].operation.as_deref(), Some("get_context"));
    let factors = after.factors.as_ref().unwrap();
    let order: Vec<_> = factors.iter().map(|(factor, _)| factor).collect();
    assert_eq!(order, ["session", "cache", "dto", "save", "state"]);
    assert_eq!(factors.get("dto"), Some("borrowed"));
    assert_eq!((after.counters.as_ref(), after.point.settings.len()), (None, 0));
    assert_eq!(record.pitfalls.as_ref().unwrap()[2].false_positives, [Check::Live]);
}

/// Records of today's schema from before these fields existed.
#[test]
fn fields_that_came_later_are_not_needed() {
    let mut record = sample_json();
    record.as_object_mut().unwrap().remove("strategies").unwrap();
    record["headline"] = json!("after");
    let cell = record.pointer_mut("/cells/0").unwrap();
    for field in ["seconds_asked", "reads_per_s", "writes_per_s"] {
        assert!(cell.as_object_mut().unwrap().remove(field).is_some(), "{field}");
    }
    let latency = cell.pointer_mut("/latency_ns/get_context").unwrap();
    for field in ["p50_ci", "p90_ci", "p99_ci"] {
        assert!(latency.as_object_mut().unwrap().remove(field).is_some(), "{field}");
    }
    let read: Record = serde_json::from_value(record).unwrap();
    let cell = &read.cells[0];
    assert_eq!((read.strategies.len(), cell.reads_per_s, cell.seconds_asked), (0, None, None));
    let latency = cell.latency_ns["get_context"];
    assert!(latency.p99.is_some() && latency.p99_ci.is_none(), "{latency:?}");
}

#[test]
fn readers_show_the_rule_where_a_system_has_one() {
    let record: Record = serde_json::from_str(SCHEMA_1).unwrap();
    let message =
        "lost append in “after” under hot-context: after the run, session 3: message #a was put at 4";
    assert!(failures(&record).iter().any(|line| line.starts_with(message)), "{:?}", failures(&record));
    assert!(page(&record).contains("FAILED: lost append"));
}

#[test]
fn what_was_read_of_schema_1_is_written_in_the_schema_of_today() {
    let record: Record = serde_json::from_str(SCHEMA_1).unwrap();
    let written = record.to_json();
    assert!(valid(&serde_json::from_str(&written).unwrap()), "{written}");
    for gone in ["twin_alarms", "endpoint", "\"kind\": \"lost append\""] {
        assert!(!written.contains(gone), "{gone}");
    }
    assert_eq!(serde_json::from_str::<Record>(&written).unwrap(), record);
}

#[test]
fn counters_and_settings_of_other_systems_are_written_and_read() {
    let mut record = sample();
    let cell = &mut record.cells[0];
    cell.counters = Some([("rejected transfers".to_owned(), 12.0)].into());
    cell.point.settings.insert("accounts".to_owned(), "64".to_owned());
    let written = serde_json::to_value(&record).unwrap();
    assert_eq!(written.pointer("/cells/0/counters"), Some(&json!({ "rejected transfers": 12.0 })));
    assert_eq!(written.pointer("/cells/0/point/settings"), Some(&json!({ "accounts": "64" })));
    assert!(valid(&written));
    assert_eq!(serde_json::from_value::<Record>(written).unwrap(), record);
}

#[test]
fn a_record_that_could_not_be_read_again_replaces_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.json");
    sample().write(&path).unwrap();
    let mut broken = sample();
    broken.comparisons[0].ratio = f64::INFINITY;
    let refused = broken.write(&path).unwrap_err();
    let message = std::error::Error::source(&refused).expect("the cause").to_string();
    assert!(message.contains("not finite"), "{message}");
    assert_eq!(Record::read(&path).unwrap(), sample());
    assert_eq!(files_in(dir.path()), ["run.json"]);
}

#[test]
fn a_file_that_cannot_be_written_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    // A directory in the file's place: the temporary file can be written, the move must fail.
    let path = dir.path().join("run.json");
    fs::create_dir(&path).unwrap();
    let message = sample().write(&path).unwrap_err().to_string();
    assert!(message.contains("run.json"), "{message}");
    assert_eq!(files_in(dir.path()), ["run.json"]);
}

#[test]
fn a_file_cut_short_is_named_with_line_and_column() {
    let json = sample().to_json();
    let cut = json[..json.len() / 2].trim_end();
    let message = refused(cut.as_bytes());
    let (line, column) = (cut.lines().count(), cut.lines().last().unwrap().len());
    assert!(message.contains(&format!("run.json:{line}:{column}: the file ends too early")), "{message}");
}

#[test]
fn a_mistake_inside_a_record_has_a_line() {
    let json = sample().to_json().replacen("\"no verdict\"", "\"maybe\"", 1);
    let line = 1 + json.lines().position(|line| line.contains("\"maybe\"")).unwrap();
    let message = refused(json.as_bytes());
    assert!(message.contains(&format!("run.json:{line}:")) && message.contains("`no verdict`"), "{message}");
}

#[test]
fn what_is_no_record_is_refused_in_words() {
    for (text, words) in [
        ("", "the file ends too early"),
        ("faster by far", "not JSON"),
        ("\u{feff}{}", "not JSON"),
        ("[]", "it has no schema_version"),
        ("{\"name\": \"lockyard\"}", "it has no schema_version"),
        ("{\"schema_version\": \"1\"}", "not a number from 1"),
        ("{\"schema_version\": 1}", "missing field"),
    ] {
        let message = refused(text.as_bytes());
        assert!(message.contains("run.json:1:") || text.is_empty(), "{message}");
        assert!(message.contains(words), "{text:?}: {message}");
    }
    assert!(refused(b"{\"command\": \"\xff\"}").contains("not JSON"));
}

#[test]
fn a_newer_record_is_refused_before_its_fields_are_looked_at() {
    let message = refused(br#"{"schema_version": 7, "everything": "else differs"}"#);
    let words = "written by a newer Lockyard (schema 7; this one reads up to 2)";
    assert!(message.contains(words), "{message}");
}

#[test]
fn a_directory_and_a_missing_file_are_distinguished() {
    let dir = tempfile::tempdir().unwrap();
    let directory = Record::read(dir.path()).unwrap_err();
    assert!(matches!(directory, RecordError::Directory { .. }));
    assert!(directory.to_string().contains("run.json"), "{directory}");
    let missing = Record::read(dir.path().join("gone.json")).unwrap_err();
    assert!(matches!(missing, RecordError::Read { .. }));
    assert!(missing.to_string().contains("gone.json"), "{missing}");
}

fn refused(text: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.json");
    fs::write(&path, text).unwrap();
    Record::read(&path).unwrap_err().to_string()
}

fn files_in(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

/// What is seen of locks is taken over; what tracked locks did in that time, and how closely that is known, is not.
#[test]
fn what_was_tracked_beside_a_run_stands_in_its_cells_and_changes_no_speed() {
    let found = |kind, severity| Finding {
        kind,
        rule: None,
        severity,
        message: "seen".into(),
        places: vec!["src/x.rs:1:1".into()],
        tasks: vec![],
        edges: vec![],
    };
    let mut tracked = sample();
    tracked.cells.truncate(1);
    let cell = &mut tracked.cells[0];
    (cell.seconds, cell.throughput.ops_per_s, cell.lock_uses) = (0.3, 1.0, Some(vec![]));
    cell.verification = Some(Verification { deadlocks: Some(1), ..Verification::default() });
    cell.findings = vec![
        found(FindingKind::Deadlock, Severity::Error),
        found(FindingKind::HeldAcrossAwait, Severity::Info),
        found(FindingKind::Imprecise, Severity::Warning),
    ];
    let before = sample();
    let mut record = sample();
    record.cells[0].verification = Some(Verification { linearizable: Some(true), ..Verification::default() });
    let known = record.cells[0].findings.len();
    record.add_tracked(tracked.clone());
    let (cell, was) = (&record.cells[0], &before.cells[0]);
    assert_eq!((cell.tracked_beside_s, cell.seconds), (Some(0.3), was.seconds));
    assert_eq!((cell.throughput, &cell.latency_ns), (was.throughput, &was.latency_ns));
    let seen = cell.verification.unwrap();
    assert_eq!((seen.linearizable, seen.deadlocks), (Some(true), Some(1)));
    let kinds: Vec<_> = cell.findings[known..].iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [FindingKind::Deadlock, FindingKind::HeldAcrossAwait]);
    assert_eq!(record.cells[1..], before.cells[1..], "what was not tracked stays as it was");
    record.add_tracked(tracked);
    assert_eq!(record.cells[0].findings.len(), known + 2, "and a second time adds nothing");
}
