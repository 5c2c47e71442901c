//! `JUnit` and SARIF, read by others than those who wrote them.

use crate::rich::rich;
use crate::sample::sample;
use lockyard_bench::record::{Finding, FindingKind, Record, Severity};
use lockyard_bench::report::{junit, sarif};
use serde_json::Value;

const HOSTILE: &str = "</script><script>alert(1)</script>|\"'>&]]>\n\u{1b}[31m\u{0}\u{fffe}";

fn hostile() -> Record {
    let mut record = rich();
    for cell in &mut record.cells {
        cell.scenario += HOSTILE;
        cell.strategy += HOSTILE;
        for it in &mut cell.findings {
            it.rule = Some(format!("{}{HOSTILE}", it.name()));
            for text in [&mut it.message].into_iter().chain(&mut it.places).chain(&mut it.tasks) {
                *text = format!("{text}{HOSTILE}");
            }
        }
    }
    record.command = HOSTILE.into();
    record
}

/// The types that read it were made from the standard's schema. What they do not know, they leave out; so whatever comes
/// out of them unchanged is all theirs.
fn validated(sarif: &str) -> Value {
    let written: Value = serde_json::from_str(sarif).unwrap();
    let log: serde_sarif::sarif::Sarif = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&log).unwrap(), written);
    written
}

#[test]
fn sarif_has_findings_at_their_places() {
    let log = validated(&sarif(&rich()));
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3, "a warning, a deadlock and a model");
    let deadlock = results.iter().find(|it| it["ruleId"] == "deadlock").unwrap();
    assert_eq!(deadlock["level"], "error");
    let place = &deadlock["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/session/manager.rs");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&118.into(), &29.into()));
    let other = &deadlock["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(other, "src/session/save.rs");
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
    }
}

#[test]
fn sarif_of_a_record_without_findings_is_valid_and_empty() {
    let mut record = sample();
    record.cells.iter_mut().for_each(|cell| cell.findings.clear());
    let log = validated(&sarif(&record));
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 0);
}

#[test]
fn places_that_are_none_are_left_to_the_message() {
    let mut record = sample();
    let places = ["src/a b.rs:7", "nowhere", "C:\\x.rs:3:9", "src/x.rs:0:1", "a:b:c"];
    record.cells[0].findings = places
        .iter()
        .map(|place| Finding {
            kind: FindingKind::OrderInversion,
            rule: None,
            severity: Severity::Info,
            message: "a hold across an await".into(),
            places: vec![(*place).into()],
            tasks: vec![],
            edges: Vec::new(),
        })
        .collect();
    let log = validated(&sarif(&record));
    let results = log["runs"][0]["results"].as_array().unwrap();
    let uri = |nth: usize| results[nth].pointer("/locations/0/physicalLocation/artifactLocation/uri");
    assert_eq!(uri(0).unwrap(), "src/a%20b.rs");
    assert_eq!((uri(1), uri(4)), (None, None));
    assert_eq!(uri(2).unwrap(), "C%3A/x.rs");
    assert!(results[..5].iter().all(|it| it["ruleId"] == "order-inversion" && it["level"] == "note"));
}

#[test]
fn junit_fails_what_is_wrong_and_skips_what_was_not_run() {
    let report = junit_parser::from_reader(junit(&rich()).as_bytes()).unwrap();
    let names: Vec<_> = report.suites.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["polling", "hot-context", "one-worker", "sweeps", "models", "pitfalls"]);
    let counts: Vec<_> = report.suites.iter().map(|it| (it.cases.len(), it.failures, it.skipped)).collect();
    assert_eq!(counts, [(9, 0, 0), (9, 1, 0), (9, 0, 0), (3, 0, 0), (3, 1, 0), (4, 2, 1)]);
    let case = &report.suites[1].cases[0];
    assert_eq!((case.original_name.as_str(), case.status.is_failure()), ("before", true));
    let rendered = junit(&rich());
    assert!(rendered.contains("at src/session/manager.rs:118:29"), "{rendered}");
}

#[test]
fn hostile_names_break_out_of_neither() {
    let record = hostile();
    let report = junit_parser::from_reader(junit(&record).as_bytes()).unwrap();
    assert_eq!(report.suites.len(), 6);
    assert!(report.suites[0].name.starts_with("polling</script><script>alert(1)"));
    let log = validated(&sarif(&record));
    assert!(log["runs"][0]["results"][1]["message"]["text"].as_str().unwrap().contains("</script>"));
}

#[test]
fn both_are_the_same_whenever_they_are_made() {
    assert_eq!(junit(&rich()), junit(&rich()));
    assert_eq!(sarif(&rich()), sarif(&rich()));
}
