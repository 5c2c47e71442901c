//! The report of a run that failed: it tells each cause once, over what is drawn of it, and on the page everything else leads
//! there.

use crate::rich::rich;
use crate::sample::sample;
use crate::terminal::{error, pitfall};
use lockyard_bench::record::{
    Counterexample, Edge, FindingKind, OperationSpan, Record, Verification, Violation,
};
use lockyard_bench::report::{TextOptions, failures, page, summary, text};

/// What is told of what failed, from its heading to the end of its section.
fn section(page: &str) -> &str {
    let from = page.split("<section class=\"failures\"").nth(1).expect("something failed");
    from.split("</section>").next().unwrap()
}

/// The nth operation of these.
fn operation(nth: usize, what: &str) -> OperationSpan {
    OperationSpan {
        process: 0.into(),
        f: what.split(' ').next().unwrap().to_owned(),
        what: what.to_owned(),
        call: 2 * nth,
        ret: Some(2 * nth + 1),
        line: None,
        return_line: None,
    }
}

/// Two answers that no order explains, of which the first was found, and counted.
fn not_linearizable() -> Record {
    let mut record = sample();
    let cell = &mut record.cells[0];
    let violation = |key: &str| Violation {
        key: key.to_owned(),
        operations: vec![operation(0, "append a"), operation(1, "read → []")],
        impossible: 1,
        expected: vec!["[a]".to_owned()],
        ..Violation::default()
    };
    cell.violations = ["session 1", "session 2"].map(violation).into();
    let message = "no linearization of 2 operations on session 1: read of them was answered “read → []”";
    cell.findings.push(error(FindingKind::NotLinearizable, message));
    record
}

/// Records of failures of each kind, and what each of them says was seen.
fn failing() -> Vec<(Record, Vec<&'static str>)> {
    let deadlock = "task 3 holds cache and waits for session, task 5 holds session and waits for cache";
    let lost = ["A session is evicted while a save still has a copy of it.", "an update was lost"];
    let update = || {
        let mut record = Record { models: rich().models, ..pitfall() };
        record.cells.clear();
        record
    };
    let mut without_steps = update();
    let broken = without_steps.models.as_mut().unwrap().last_mut().unwrap();
    let how = broken.counterexample.take().unwrap();
    broken.counterexample = Some(Counterexample { tasks: vec![], steps: vec![], fatal: None, ..how });
    vec![
        (rich(), vec![deadlock, lost[0], lost[1]]),
        (update(), lost.to_vec()),
        (without_steps, lost.to_vec()),
        (pitfall(), vec!["seen twice", "in two lines"]),
        (
            not_linearizable(),
            vec![
                "no linearization of 2 operations on session 1: read of them was answered “read → []”",
                "No linearization of these 2 operations of session 2 exists",
            ],
        ),
    ]
}

#[test]
fn a_page_says_a_cause_once() {
    for (record, causes) in failing() {
        let page = page(&record);
        for cause in causes {
            assert_eq!(page.matches(cause).count(), 1, "{cause:?} in {}", section(&page));
            assert!(section(&page).contains(&format!(">{cause}")), "as a sentence of its own: {cause:?}");
        }
        for line in failures(&record) {
            assert!(!page.contains(&line) || !line.contains(": "), "as one line, too: {line:?}");
        }
    }
}

#[test]
fn a_terminal_says_a_cause_once() {
    for (record, causes) in failing() {
        let text = text(&record, &TextOptions { width: 1_000, ..TextOptions::default() });
        for cause in causes.iter().filter(|it| text.contains(**it)) {
            assert_eq!(text.matches(cause).count(), 1, "{cause:?} in {text}");
        }
    }
}

#[test]
fn a_summary_says_a_cause_once() {
    for (record, causes) in failing() {
        let summary = summary(&record);
        let told = summary.split("\n## Failures\n").nth(1).expect("something failed");
        for cause in causes {
            assert_eq!(summary.matches(cause).count(), 1, "{cause:?} in {summary}");
            assert!(told.contains(&format!("\n{cause}")), "as a sentence of its own: {cause:?}");
        }
    }
    let drawn = summary(&not_linearizable()).matches("append a").count();
    assert_eq!(drawn, 2, "one of each violation");
}

/// Of the first violation the finding has said why it is impossible.
#[test]
fn what_a_finding_says_of_a_violation_is_not_said_in_other_words() {
    let page = page(&not_linearizable());
    assert!(!page.contains("No linearization of these 2 operations of session 1 exists"));
    assert_eq!(section(&page).matches("class=\"trace\"").count(), 2, "both are drawn");
}

#[test]
fn one_failure_has_no_list_and_the_verdict_leads_to_it() {
    for (record, name) in [(pitfall(), "deadlock"), (failing().swap_remove(1).0, "model violation")] {
        let page = page(&record);
        let told = section(&page);
        assert!(told.contains(">1 failure</h2>") && !told.contains("<ol>"), "{told}");
        assert!(told.contains("<article id=\"failure-1\" tabindex=\"-1\"><h3>"), "{told}");
        let verdict = page.split("<p class=\"verdict\">").nth(1).unwrap().split("</p>").next().unwrap();
        let link = format!("<span class=\"wrong\"><a href=\"#failures\">Failed: {name}</a>. </span>");
        assert!(verdict.starts_with(&link), "{verdict}");
    }
}

#[test]
fn several_failures_have_an_entry_each_that_leads_to_what_is_told() {
    let page = page(&rich());
    let told = section(&page);
    let list = told.split("<ol>").nth(1).unwrap().split("</ol>").next().unwrap();
    let entries: Vec<_> = list.split("<li").skip(1).collect();
    assert_eq!(entries.len(), 4, "{list}");
    assert!(
        entries[0].contains("><a href=\"#failure-1\">deadlock in “before” under hot-context</a>"),
        "{list}"
    );
    assert!(told.contains("<article id=\"failure-1\"") && told.contains("<article id=\"failure-2\""));
    // Of a pitfall that was missed there is nothing more to tell.
    assert!(entries[2].starts_with(" id=\"failure-3\" tabindex=\"-1\">pitfall "), "{list}");
    assert_eq!(told.matches("pitfall evict-and-forget").count(), 1, "{told}");
    let answer = page.split("id=\"answer\"").nth(1).unwrap();
    assert!(answer.contains("<p class=\"headline\"><a href=\"#failures\">4 failures</a></p>"), "{answer}");
    assert!(answer.contains("<li>left out of the ranking: before and after<"), "why stands above");
}

/// The same of the same strategy, seen in other places, is one entry; and what was found again is not told again.
#[test]
fn what_is_alike_is_one_entry() {
    let mut record = pitfall();
    let found = &mut record.cells[0].findings;
    let again = found[0].clone();
    let edge = |task: &str, waits_for: &str| Edge {
        task: task.to_owned(),
        holds: None,
        locked_at: None,
        waits_for: waits_for.to_owned(),
        place: None,
    };
    let mut elsewhere = error(FindingKind::Deadlock, "seen elsewhere");
    elsewhere.edges = vec![edge("one", "a"), edge("other", "b")];
    elsewhere.places = vec!["src/a.rs:1:2".to_owned()];
    found.extend([error(FindingKind::Stuck, "nothing moved"), again, elsewhere]);
    let shown = page(&record);
    let told = section(&shown);
    assert!(told.contains(">3 failures</h2>") && told.matches("<article").count() == 2, "{told}");
    assert!(told.contains("deadlock in “two-sessions” under pitfall</a> (2)<"), "{told}");
    assert_eq!(told.matches("seen twice").count(), 1, "{told}");
    assert!(told.contains("<ul class=\"notes\"><li><code>src/a.rs:1:2</code></ul>"), "{told}");
    assert!(shown.contains("<a href=\"#failures\">3 failures</a>"));
    record.cells[0].findings.retain(|it| it.kind == FindingKind::Deadlock);
    assert!(page(&record).contains("<a href=\"#failures\">Failed: 2 × deadlock</a>"));
}

/// Records from before there were such findings have but the verdict of the cell.
#[test]
fn answers_without_an_order_are_a_failure_without_a_finding_too() {
    let mut record = not_linearizable();
    record.cells[0].findings.clear();
    let what = "not linearizable in “before” under polling";
    assert_eq!(failures(&record), [what]);
    assert_eq!(section(&page(&record)).matches("class=\"trace\"").count(), 2);
    record.cells[0].violations.clear();
    record.cells[0].verification = Some(Verification {
        operations_checked: Some(2),
        linearizable: Some(false),
        deadlocks: None,
        order_inversions: None,
        starvations: None,
    });
    assert_eq!(failures(&record), [what]);
    assert!(page(&record).contains("<a href=\"#failures\">Failed: not linearizable</a>"));
}
