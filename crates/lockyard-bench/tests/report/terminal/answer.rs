//! The answer before everything but failures, and nothing of what there is none of.

use super::{all, committed, first, one, only, pitfall, rows, swept};
use crate::rich::rich;
use crate::sample::sample;
use lockyard_bench::record::{Against, Metric, Record};

/// Whose checks they are is said beside those that failed alone.
#[test]
fn without_failures_the_checks_are_those_of_the_choice() {
    let mut record = Record { models: None, pitfalls: None, ..rich() };
    record.cells.iter_mut().for_each(|cell| cell.findings.clear());
    let text = first(&record);
    let right =
        "Correct?  no violation found: linearizable: yes (60,000 operations); deadlocks:\n          none; ";
    assert!(text.contains(right), "{text}");
}

#[test]
fn the_answer_comes_first_and_the_best_before_the_others() {
    let text = first(&committed());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "Intel(R) Xeon(R) Processor, 2 cores · 4 scenarios × 14 strategies · 143 s");
    for (line, start) in [
        (2, "Use       arc-swap: ×2.01 the throughput of naive, geometric mean of 4"),
        (4, "Correct?  no violation found: linearizable: yes ("),
        (6, "Cost      worst p99 51.9 µs: "),
    ] {
        assert!(lines[line].starts_with(start), "{start:?}: {text}");
    }
    let polling = rows(&text, "polling");
    assert_eq!(polling.len(), 14);
    assert_eq!(polling[0], " 1=  best                    ███████▒     ×2.74 [2.60, 2.89]    37.3 µs   197 B");
    assert!(
        polling[13].starts_with(" 14  before   ") && polling[13].contains("×0.25 [0.23, 0.26]"),
        "{text}"
    );
    let places: Vec<_> = polling.iter().map(|row| row.split_whitespace().next().unwrap()).collect();
    assert_eq!(
        places,
        ["1=", "1=", "1=", "2=", "2=", "2=", "2=", "2=", "2=", "2=", "11", "12=", "12=", "14"]
    );
}

#[test]
fn one_strategy_is_a_sentence_and_a_row() {
    let text = first(&one());
    let sentence = "“after” under polling: 335 k [328 k, 342 k] operations/s, p99 of get_context_state";
    assert!(text.lines().any(|line| line.starts_with(sentence.split(" p99").next().unwrap())), "{text}");
    let polling = rows(&text, "polling");
    assert_eq!(polling.len(), 1, "{text}");
    assert!(polling[0].starts_with("after    335 k [328 k, 342 k]"), "{text}");
    for empty in ["compared", "÷", "█", "Use ", "Place", "= ", "from 312 B to 312 B"] {
        assert!(!text.contains(empty), "{empty:?}: {text}");
    }
}

#[test]
fn nothing_is_said_of_what_there_is_none_of() {
    for (name, record) in all() {
        let text = first(&record);
        for empty in ["NaN", "inf", "± 0.0 %", "[1.0000, 1.0000]", "nothing was compared", "not tracked"] {
            assert!(!text.contains(empty), "{name} says {empty:?}:\n{text}");
        }
    }
    // What was detected is not fast or slow.
    assert!(!first(&pitfall()).contains("operations/s"), "{}", first(&pitfall()));
}

#[test]
fn a_sweep_stands_on_the_first_screen_without_its_laws() {
    let text = first(&swept());
    assert!(text.contains("polling along tasks: operations/s\n"), "{text}");
    assert!(!text.contains('λ'), "{text}");
}

#[test]
fn builds_are_compared_in_pairs_and_have_no_places() {
    let mut record = only(&["before", "after"], "polling");
    record.reference = None;
    let (other, this) = ("after@other".to_owned(), "after".to_owned());
    record.cells[0].strategy.clone_from(&other);
    for it in &mut record.comparisons {
        (it.baseline, it.candidate) = (other.clone(), this.clone());
    }
    record.comparisons.retain(|it| it.metric == Metric::Throughput);
    let environment = record.environment.clone();
    record.against = Some(Against { program: "./older".into(), environment, rounds: vec![] });
    let text = first(&record);
    assert!(text.contains("Against “after@other”, “after” is faster under polling"), "{text}");
    let polling = rows(&text, "polling");
    assert!(polling[0].starts_with("after@other ") && polling[0].ends_with("baseline"), "{text}");
    assert!(polling[1].starts_with("after ") && polling[1].ends_with("faster"), "{text}");
    assert!(!text.contains("Place"), "{text}");
}

#[test]
fn what_was_checked_stands_in_the_rows_where_it_differs_and_below_them_where_not() {
    let alike = first(&committed());
    assert!(alike.replace('\n', " ").contains("Checked, of each: linearizable."), "{alike}");
    let mut record = committed();
    record.cells.iter_mut().filter(|it| it.strategy == "best").for_each(|it| it.verification = None);
    let text = first(&record);
    let row = |name: &str| {
        rows(&text, "polling").into_iter().find(|row| row.contains(&format!("  {name} "))).unwrap()
    };
    assert!(row("best").ends_with("not checked") && row("naive").ends_with("linearizable"), "{text}");
    assert!(!text.contains("Checked, of each"), "{text}");
}

#[test]
fn how_far_a_run_came_is_said_before_the_answer_and_once() {
    let interrupted = first(&Record { interrupted: true, finished: false, ..sample() });
    assert!(interrupted.starts_with("Interrupted: partial results.\n\n"), "{interrupted}");
    assert_eq!(interrupted.matches("Interrupted").count(), 1, "{interrupted}");
}
