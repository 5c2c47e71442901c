//! A diff in each format that people and machines read.

use std::fmt::Write as _;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::super::junit::written;
use super::super::markdown::{escaped, line};
use super::super::terminal::{TextOptions, plain, wrapped};
use super::words::{HEAD, commits, diff_verdict, limits, notes, row, throughputs};
use crate::record::{CellChange, Diff, Outcome};

/// A diff for a terminal, all of it.
pub fn diff_text(diff: &Diff, options: &TextOptions) -> String {
    let options = options.bounded();
    let wrapped = |text: &str| wrapped(text, options.width);
    let mut out = wrapped(&diff_verdict(diff)) + &wrapped(&commits(diff));
    out.extend(notes(diff).iter().map(|note| wrapped(note)));
    if !diff.changes.is_empty() {
        let head = HEAD.map(str::to_owned);
        let rows = diff.changes.iter().map(|it| row(it).to_vec());
        out = out + "\n" + &plain(&head, rows, comfy_table::CellAlignment::Left, &options);
    }
    let limits = limits(diff);
    if !limits.is_empty() {
        out.push('\n');
        out.extend(limits.iter().map(|limit| wrapped(limit)));
    }
    out
}

/// A diff for a pull request: the verdict first, then what is not within the gate, and the rest folded away.
pub fn diff_summary(diff: &Diff) -> String {
    let mark = match (diff.refusals.is_empty(), diff.passes()) {
        (false, _) => "⚪",
        (true, false) => "🔴",
        (true, true) => "🟢",
    };
    let mut out = format!("{mark} {}\n\n{}\n", escaped(&diff_verdict(diff)), escaped(&commits(diff)));
    let list = |lines: Vec<String>| -> String {
        if lines.is_empty() {
            return String::new();
        }
        let lines = lines.iter().map(|line| format!("- {}\n", escaped(line)));
        format!("\n{}", lines.collect::<String>())
    };
    out += &list(notes(diff));
    let (shown, folded): (Vec<_>, Vec<_>) =
        diff.changes.iter().partition(|it| matches!(it.outcome, Outcome::Regression | Outcome::Improvement));
    let table = |rows: &[&CellChange]| {
        let head = line(HEAD.iter().map(ToString::to_string));
        let align = line(["---", "---", "---:", "---:", "---:", "---"].iter().map(ToString::to_string));
        let rows = rows.iter().map(|it| line(row(it).iter().map(|cell| escaped(cell))));
        head + &align + &rows.collect::<String>()
    };
    if !shown.is_empty() {
        out = out + "\n" + &table(&shown);
    }
    if !folded.is_empty() {
        let summary = format!("The other {} ratios", folded.len());
        let _ = write!(out, "\n<details><summary>{summary}</summary>\n\n{}\n</details>\n", table(&folded));
    }
    out + &list(limits(diff))
}

/// A diff as `JUnit` XML: a test case for each ratio, for each throughput that is judged, and for what is missing. What is
/// inconclusive is skipped, and not passed.
pub fn diff_junit(diff: &Diff) -> String {
    let mut report = Report::new("lockyard gate");
    let mut suite = TestSuite::new("gate");
    for refusal in &diff.refusals {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("not comparable").set_message(refusal.as_str());
        suite.add_test_case(TestCase::new("comparable", status));
    }
    for missing in &diff.missing {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("missing").set_message("the baseline has it, and this run has not");
        let mut case = TestCase::new(missing.as_str(), status);
        case.set_classname("gate.missing");
        suite.add_test_case(case);
    }
    for it in &diff.changes {
        let mut case = TestCase::new(it.strategy.as_str(), status(it.outcome, &row(it)[4]));
        case.set_classname(format!("gate.{}", it.scenario));
        suite.add_test_case(case);
    }
    for it in diff.throughput.iter().flat_map(|it| &it.changes) {
        let Some(outcome) = it.outcome else { continue };
        let mut case = TestCase::new(it.strategy.as_str(), status(outcome, &throughputs(it)));
        case.set_classname(format!("gate.throughput.{}", it.scenario));
        suite.add_test_case(case);
    }
    report.add_test_suite(suite);
    written(&report)
}

/// What became of a test case; `change` says what changed.
fn status(outcome: Outcome, change: &str) -> TestCaseStatus {
    match outcome {
        Outcome::Regression => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("regression").set_message(change);
            status
        }
        Outcome::CannotTell => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("inconclusive: {change}"));
            status
        }
        Outcome::Improvement | Outcome::Within => TestCaseStatus::success(),
    }
}
