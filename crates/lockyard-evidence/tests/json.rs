//! What is written, and what was written before: records of every version are read.

#![cfg(feature = "serde")]

use lockyard_evidence::{Check, Finding, FindingKind, PitfallResult, Severity};
use serde_json::{Value, json};

fn finding(kind: FindingKind, rule: Option<&str>) -> Finding {
    Finding {
        kind,
        rule: rule.map(str::to_owned),
        severity: Severity::Error,
        message: "it happened".to_owned(),
        places: vec!["src/lib.rs:1:2".to_owned()],
        tasks: vec![],
        edges: Vec::new(),
    }
}

#[test]
fn every_kind_is_written_in_its_words_and_read_again() {
    for &kind in FindingKind::ALL {
        let rule = (kind == FindingKind::Invariant).then_some("lost append");
        let written = serde_json::to_value(finding(kind, rule)).unwrap();
        assert_eq!((&written["kind"], &written["rule"]), (&json!(kind.as_str()), &json!(rule)));
        assert_eq!(serde_json::from_value::<Finding>(written).unwrap(), finding(kind, rule));
    }
}

#[test]
fn a_kind_of_a_system_from_before_there_were_rules_is_read_as_its_rule() {
    let old = |kind: &str| {
        let mut written = serde_json::to_value(finding(FindingKind::Deadlock, None)).unwrap();
        let fields = written.as_object_mut().unwrap();
        fields.remove("rule");
        fields.insert("kind".to_owned(), Value::from(kind));
        serde_json::from_value::<Finding>(written).unwrap()
    };
    assert_eq!(old("cache too large"), finding(FindingKind::Invariant, Some("cache too large")));
    assert_eq!(old("stuck"), finding(FindingKind::Stuck, None));
}

#[test]
fn false_positives_are_read_by_their_former_name() {
    let result = PitfallResult {
        pitfall: "abba".to_owned(),
        class: "deadlock".to_owned(),
        expected: vec![],
        caught_by: vec![],
        missed_by: vec![],
        not_run: vec![],
        false_positives: vec![Check::Live],
    };
    let mut written = serde_json::to_value(&result).unwrap();
    let fields = written.as_object_mut().unwrap();
    let alarms = fields.remove("false_positives").expect("its name now");
    fields.insert("twin_alarms".to_owned(), alarms);
    assert_eq!(serde_json::from_value::<PitfallResult>(written).unwrap(), result);
}

/// A record from before a field was added has none of it, and is valid all the same.
#[cfg(feature = "schema")]
#[test]
fn the_schema_requires_of_a_counterexample_what_every_record_has() {
    let schema = serde_json::to_value(schemars::schema_for!(lockyard_evidence::Counterexample)).unwrap();
    assert_eq!(schema["required"], json!(["message", "tasks", "steps", "replay"]));
    for field in ["about", "fatal", "edges"] {
        assert!(schema["properties"][field].is_object(), "{schema}");
    }
}
