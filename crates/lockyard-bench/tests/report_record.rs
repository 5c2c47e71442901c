//! The record as others meet it: its schema, its file, and what it says about a file that is none.

#[path = "support/sample.rs"]
mod sample;

use std::fs;
use std::path::Path;

use lockyard_bench::record::{Metric, Record, RecordError, Verdict, json_schema};
use sample::sample;
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
        ("/cells/0/point", "save_ms"),
        ("/cells/0/throughput", "ci"),
        ("/comparisons/0", "noise_floor"),
    ] {
        let mut record = sample_json();
        let object = record.pointer_mut(within).and_then(Value::as_object_mut).expect(within);
        assert!(object.remove(field).is_some(), "{within} has no {field}");
        assert!(!valid(&record), "{within}/{field} may be missing");
    }
}

#[test]
fn the_schema_refuses_words_that_nobody_defined() {
    for (place, word) in [
        ("/comparisons/0/verdict", "much faster"),
        ("/comparisons/0/metric", "p50"),
        ("/cells/0/arrival", "bursts"),
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

#[test]
fn a_record_that_could_not_be_read_again_replaces_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.json");
    sample().write(&path).unwrap();
    let mut broken = sample();
    broken.comparisons[0].ratio = f64::INFINITY;
    let told = broken.write(&path).unwrap_err().to_string();
    assert!(told.contains("not finite"), "{told}");
    assert_eq!(Record::read(&path).unwrap(), sample());
    assert_eq!(files_in(dir.path()), ["run.json"]);
}

#[test]
fn a_file_that_cannot_be_written_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    // A directory in the file's place: the temporary file can be written, the move must fail.
    let path = dir.path().join("run.json");
    fs::create_dir(&path).unwrap();
    let told = sample().write(&path).unwrap_err().to_string();
    assert!(told.contains("run.json"), "{told}");
    assert_eq!(files_in(dir.path()), ["run.json"]);
}

#[test]
fn a_file_cut_short_is_named_with_line_and_column() {
    let json = sample().to_json();
    let cut = &json[..json.len() / 2];
    let told = refused(cut.as_bytes());
    let (line, column) = (cut.lines().count(), cut.lines().last().unwrap().len());
    assert!(told.contains(&format!("run.json:{line}:{column}: the file ends too early")), "{told}");
}

#[test]
fn a_mistake_inside_a_record_has_a_line() {
    let json = sample().to_json().replacen("\"no verdict\"", "\"maybe\"", 1);
    let line = 1 + json.lines().position(|line| line.contains("\"maybe\"")).unwrap();
    let told = refused(json.as_bytes());
    assert!(told.contains(&format!("run.json:{line}:")) && told.contains("`no verdict`"), "{told}");
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
        let told = refused(text.as_bytes());
        assert!(told.contains("run.json:1:") || text.is_empty(), "{told}");
        assert!(told.contains(words), "{text:?}: {told}");
    }
    assert!(refused(b"{\"command\": \"\xff\"}").contains("not JSON"));
}

#[test]
fn a_newer_record_is_refused_before_its_fields_are_looked_at() {
    let told = refused(br#"{"schema_version": 7, "everything": "else differs"}"#);
    let words = "written by a newer Lockyard (schema 7; this one reads up to 1)";
    assert!(told.contains(words), "{told}");
}

#[test]
fn a_directory_and_a_missing_file_are_told_apart() {
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
