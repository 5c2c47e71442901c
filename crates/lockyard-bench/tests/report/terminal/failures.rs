//! What failed comes first, once, and in its own lines.

use super::{error, first, pitfall, rows};
use crate::rich::rich;
use lockyard_bench::record::FindingKind;
use lockyard_bench::report::{TextOptions, text};

#[test]
fn what_failed_comes_last_with_its_reason_and_first_with_its_message() {
    let text = first(&rich());
    assert!(
        text.starts_with("error: deadlock in “before” under hot-context\n  task 3 holds cache"),
        "{text}"
    );
    assert!(text.find("error: false positive").unwrap() < text.find("AMD EPYC").unwrap(), "{text}");
    let polling = rows(&text, "polling");
    let last: Vec<_> = polling.iter().rev().take(2).map(|row| row.trim()).collect();
    assert!(
        last[0].starts_with("–  before  ") && last[0].ends_with("FAILED: deadlock under hot-context"),
        "{text}"
    );
    assert!(last[1].starts_with("–  after  ") && last[1].ends_with("FAILED: model save fails"), "{text}");
}

#[test]
fn a_failure_is_told_once_and_in_its_own_lines() {
    for all in [false, true] {
        let text = text(&pitfall(), &TextOptions { all, ..TextOptions::default() });
        assert!(
            text.starts_with(
                "error: deadlock in “two-sessions” under pitfall\n  seen twice\n  in two lines\n"
            ),
            "{text}"
        );
        assert_eq!(text.matches("seen twice").count(), 1, "{text}");
        assert!(!text.contains('\u{fffd}'), "{text}");
    }
    assert_eq!(first(&pitfall()).matches("deadlock").count(), 1, "{}", first(&pitfall()));
    for record in [rich(), pitfall()] {
        let text = first(&record);
        for message in ["task 3 holds cache and waits for session", "an update was lost", "Replay: "] {
            assert!(text.matches(message).count() <= 1, "{message}: {text}");
        }
    }
}

/// Many slices may find the same.
#[test]
fn what_was_found_again_is_not_told_again() {
    let mut record = pitfall();
    let again = record.cells[0].findings[0].clone();
    record.cells[0].findings.extend([again, error(FindingKind::Deadlock, "seen elsewhere")]);
    let text = first(&record);
    assert!(text.contains("  seen twice\n  in two lines\n  seen elsewhere\n"), "{text}");
    assert_eq!(text.matches("error: ").count(), 1, "{text}");
}

#[test]
fn more_than_a_few_failures_are_drawn_only_on_request() {
    let mut record = rich();
    let deadlock = record
        .cells_of("hot-context")
        .next()
        .unwrap()
        .findings
        .iter()
        .find(|it| it.is_error())
        .unwrap()
        .clone();
    for cell in &mut record.cells {
        cell.findings.push(deadlock.clone());
    }
    let drawings = |all| {
        let text = text(&record, &TextOptions { all, ..TextOptions::default() });
        (text.matches("┌─▶").count(), text.matches("--all draws").count())
    };
    assert_eq!(drawings(false), (3, 1));
    assert_eq!(drawings(true), (27, 0));
}
