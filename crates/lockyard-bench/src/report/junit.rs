//! `JUnit` XML, which most CI systems show: what was measured and checked as test cases.
//!
//! A case fails over what is wrong, never over what is slow: for that there is the gate. What was not checked says so in
//! its output, since a passed case would else be read as more than it is.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::rows::{self, Row, Table};
use crate::record::{Finding, ModelResult, PitfallResult, Record, Scaling};

/// The record as `JUnit` XML: a suite for each scenario, one for sweeps, one for models and one for pitfalls.
pub fn junit(record: &Record) -> String {
    let mut report = Report::new("lockyard");
    for table in Table::all(record) {
        let cases = table.all_rows().map(|row| cell(&table, row));
        report.add_test_suite(suite(table.scenario, cases));
    }
    if !record.scaling.is_empty() {
        report.add_test_suite(suite("sweeps", record.scaling.iter().map(sweep)));
    }
    if let Some(models) = &record.models {
        report.add_test_suite(suite("models", models.iter().map(model)));
    }
    if let Some(pitfalls) = &record.pitfalls {
        report.add_test_suite(suite("pitfalls", pitfalls.iter().map(pitfall)));
    }
    if record.is_partial() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        if record.interrupted {
            status.set_type("interrupted").set_message("the run was interrupted");
        } else {
            status.set_type("unfinished").set_message("the run did not come to its end");
        }
        report.add_test_suite(suite("run", [TestCase::new("whole", status)].into_iter()));
    }
    written(&report)
}

/// The XML of a report. The identifiers of test runs and the time of writing are left out: the same record gives the same
/// text.
pub(super) fn written(report: &Report) -> String {
    report.to_string().expect("text is written to memory")
}

fn suite(name: &str, cases: impl Iterator<Item = TestCase>) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.add_test_cases(cases);
    suite
}

fn case(name: &str, class: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

fn cell(table: &Table<'_>, row: &Row<'_>) -> TestCase {
    let mut case = case(&row.cell.strategy, &format!("cells.{}", table.scenario), found(&row.cell.findings));
    case.set_time(Duration::try_from_secs_f64(row.cell.seconds).unwrap_or_default());
    case.set_system_out(format!(
        "{} operations/s; linearizable: {}; findings: {}",
        row.throughput(),
        row.linearizable(),
        row.found()
    ));
    case
}

fn sweep(it: &Scaling) -> TestCase {
    let findings: Vec<_> = it.points.iter().flat_map(|point| point.findings.clone()).collect();
    case(&it.strategy, &format!("sweeps.{}.{}", it.scenario, it.along), found(&findings))
}

/// Failed if there are errors among the findings.
fn found(findings: &[Finding]) -> TestCaseStatus {
    let mut errors = findings.iter().filter(|it| it.is_error());
    let Some(first) = errors.next() else { return TestCaseStatus::success() };
    let all: Vec<_> = std::iter::once(first)
        .chain(errors)
        .map(|it| {
            let edges =
                it.edges.iter().fold(String::new(), |all, edge| all + "  " + &edge.to_string() + "\n");
            format!("{}: {}\n{edges}  at {}\n", it.name(), it.message, it.places.join("\n  at "))
        })
        .collect();
    failed(first.name(), &first.message, &all.concat())
}

fn failed(kind: &str, message: &str, description: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind).set_message(message).set_description(description);
    status
}

fn model(it: &ModelResult) -> TestCase {
    let searched = rows::searched(it);
    let status = match &it.counterexample {
        Some(how) if !it.holds => failed("counterexample", &how.message, &how.drawing().to_text(None)),
        _ if !it.holds => failed("violation", "the property is violated", &searched),
        _ if !it.passes() => {
            let few = format!("{} schedules explored of at least {}", it.schedules, it.min_schedules);
            failed("incomplete search", &few, &searched)
        }
        _ => TestCaseStatus::success(),
    };
    let mut case = case(
        &format!("{} over {}", it.model, it.strategy),
        &format!("models.{}", it.engine.as_str()),
        status,
    );
    case.set_time(Duration::from_millis(it.millis));
    case.set_system_out(format!("schedules: {searched}"));
    case
}

fn pitfall(it: &PitfallResult) -> TestCase {
    let status = if !it.missed_by.is_empty() {
        failed("missed", &format!("missed by {}", rows::checks(&it.missed_by)), "")
    } else if !it.false_positives.is_empty() {
        let message = format!("false positive on the fixed variant by {}", rows::checks(&it.false_positives));
        failed("false positive", &message, "")
    } else if it.caught_by.is_empty() {
        let mut status = TestCaseStatus::skipped();
        status.set_message(format!("not run: {}", rows::checks(&it.not_run)));
        status
    } else {
        TestCaseStatus::success()
    };
    let mut case = case(&it.pitfall, &format!("pitfalls.{}", it.class), status);
    if !it.caught_by.is_empty() {
        let detected = format!("detected by {}", rows::checks(&it.caught_by));
        let not_run = format!("; not run: {}", rows::checks(&it.not_run));
        case.set_system_out(if it.not_run.is_empty() { detected } else { detected + &not_run });
    }
    case
}
