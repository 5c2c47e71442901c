//! Every format from the outside: that it says what it must, and that nothing in a record can break out of it.

use std::fs;

use crate::in_full;
use crate::rich::rich;
use crate::sample::sample;
use lockyard_bench::record::{Finding, FindingKind, Record, Severity, Verification};
use lockyard_bench::report::{Colour, Format, TextOptions, page, render, summary, text, verdict, write_all};

pub const HOSTILE: &str =
    "</script><script>alert(1)</script>|\"'>&<img onerror=alert(2)>[x](javascript:alert(3))`\n# h\u{1b}[31m";

/// The sample with a hostile text in the place of every text that a person or a plug-in can choose.
pub fn hostile() -> Record {
    let mut record = sample();
    for cell in &mut record.cells {
        for name in [&mut cell.scenario, &mut cell.strategy] {
            *name = format!("{name}{HOSTILE}");
        }
        cell.latency_ns =
            cell.latency_ns.iter().map(|(name, it)| (format!("{name}{HOSTILE}"), *it)).collect();
    }
    for it in &mut record.comparisons {
        for name in [&mut it.scenario, &mut it.baseline, &mut it.candidate] {
            *name = format!("{name}{HOSTILE}");
        }
    }
    record.cells[0].findings.push(Finding {
        kind: FindingKind::Invariant,
        rule: Some(HOSTILE.into()),
        severity: Severity::Error,
        message: HOSTILE.into(),
        places: vec![HOSTILE.into()],
        tasks: vec![HOSTILE.into()],
        edges: Vec::new(),
    });
    record.command = HOSTILE.into();
    record.environment.cpu_model = Some(HOSTILE.into());
    record.environment.commit = Some(HOSTILE.into());
    record
}

#[test]
fn a_hostile_name_is_text_in_the_summary() {
    let summary = summary(&hostile());
    // The command stands in an indented block, which takes any text as it is.
    let (code, prose): (Vec<_>, Vec<_>) = summary.lines().partition(|line| line.starts_with("    "));
    assert_eq!(code.len(), 1);
    let prose = prose.join("\n");
    assert!(!prose.contains('<') && !prose.contains("]("), "{prose}");
    assert!(!prose.contains("\n# h"), "a line break got through");
    for line in prose.lines().filter(|line| line.starts_with("| ")) {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!((9..=14).contains(&bars), "a bar in a name split the row {line}");
    }
}

#[test]
fn a_backslash_does_not_undo_the_escape_after_it() {
    let mut record = sample();
    record.cells[1].strategy = "a\\|b".into();
    assert!(summary(&record).contains("| a\\\\\\|b |"), "{}", summary(&record));
}

#[test]
fn no_escape_sequence_reaches_the_terminal() {
    assert!(in_full(&hostile()).chars().all(|c| c == '\n' || !c.is_control()));
}

#[test]
fn every_format_has_the_verdict_before_its_tables() {
    let rendered = verdict(&sample());
    assert!(summary(&sample()).starts_with(&rendered));
    let terminal = unwrapped(&in_full(&sample()));
    let tables = terminal.find("polling · 2 workers").expect("the tables");
    assert!(terminal.find(&rendered).is_some_and(|at| at < tables), "{terminal}");
}

#[test]
fn failures_come_before_the_numbers() {
    let rendered = in_full(&hostile());
    assert!(rendered.starts_with("error: "), "{rendered}");
}

#[test]
fn the_terminal_keeps_to_its_width_and_says_it_all() {
    let rendered = in_full(&sample());
    for line in rendered.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    for row in [
        "before              212 k ± 2.1 %  –                   baseline  –",
        "after               335 k ± 2.1 %  ×1.58 [1.56, 1.60]  faster    ×0.98 [0.96, 0.99]",
        "parking-lot-rwlock  148 k ± 3.4 %  ×1.00 [0.98, 1.03]  no verdict  ×0.83 [0.81, 0.85]",
        "after                 0 / 0  not checked   not tracked",
        "after               1.83 µs / 32.3 µs ± 3 % (2.67 M)  7.21 µs / 127 µs ± 3 % (573 k)",
    ] {
        assert!(rendered.lines().any(|line| line == row), "{row:?} is not in\n{rendered}");
    }
    let warning = "warning: unsteady in “parking-lot-rwlock”: two of twenty rounds were slower than half of";
    assert!(rendered.contains(warning), "{rendered}");
    assert!(summary(&sample()).contains(warning) && page(&sample()).contains(warning));
}

#[test]
fn a_long_strategy_is_wrapped_and_not_cut() {
    let mut record = sample();
    let long = "session=tokio-rwlock,cache=mutex-lru(parking-lot-mutex),dto=borrowed,save=after-unlock";
    record.cells[0].strategy = long.into();
    let text = in_full(&record);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    for factor in ["session=tokio-rwlock,", "parking-lot-mutex),", "dto=borrowed,", "save=after-unlock"] {
        assert!(text.contains(factor), "{factor} is broken in\n{text}");
    }
    assert!(page(&record).contains(long));
}

/// Tables that need more than their width are broken between words.
#[test]
fn no_table_breaks_a_name() {
    let mut record = sample();
    let longest = "parking-lot-fair-mutex";
    for cell in record.cells.iter_mut().filter(|it| it.strategy == "parking-lot-rwlock") {
        cell.strategy = longest.into();
        cell.findings = hostile().cells[0].findings.clone();
        cell.evictions = Some(1_000_000);
    }
    let text = in_full(&record);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("parking-lot-f")).collect();
    assert!(rows.len() >= 2 * record.scenarios().len(), "a row in each table:\n{text}");
    assert!(rows.iter().all(|row| row.starts_with(longest)), "{text}");
    assert!(text.contains("get_context_state"), "heads are not broken either:\n{text}");
}

#[test]
fn colour_only_if_asked() {
    assert!(!in_full(&sample()).contains('\u{1b}'));
    assert!(
        text(&sample(), &TextOptions { colour: Colour::Ansi, ..TextOptions::default() }).contains("\u{1b}[")
    );
}

#[test]
fn what_was_checked_is_said_and_what_was_not_is_not_zero() {
    let mut record = sample();
    record.cells[0].verification = Some(Verification {
        operations_checked: Some(1_000),
        linearizable: Some(true),
        deadlocks: Some(0),
        order_inversions: Some(2),
        starvations: None,
    });
    assert!(in_full(&record).contains("2 order"));
    let rendered = [summary(&record), page(&record)];
    for words in ["yes (1,000 operations)", "2 order inversions", "starvation not checked"] {
        assert!(
            rendered.iter().all(|rendered| rendered.contains(words)),
            "{words:?} is not in one of\n{rendered:?}"
        );
    }
    let seen = record.cells[0].verification.as_mut().unwrap();
    (seen.deadlocks, seen.order_inversions, seen.linearizable) = (None, None, Some(false));
    let rendered = [in_full(&record), summary(&record), page(&record)];
    for (rendered, words) in
        rendered.iter().zip(["NO            not tracked", "| NO | not tracked |", ">NO<"])
    {
        assert!(rendered.contains(words), "{words:?} is not in\n{rendered}");
    }
}

#[test]
fn odd_records_make_pages_too() {
    let mut empty = sample();
    empty.cells.clear();
    empty.comparisons.clear();
    let mut bare = sample();
    for cell in &mut bare.cells {
        cell.latency_ns.clear();
        cell.throughput.ops_per_s = 0.0;
        cell.throughput.ci = [0.0, 0.0];
    }
    bare.comparisons.clear();
    let mut extreme = sample();
    for it in &mut extreme.comparisons {
        (it.ratio, it.ci) = (1e9, [0.0, 1e12]);
    }
    for cell in &mut extreme.cells {
        for latency in cell.latency_ns.values_mut() {
            (latency.p50, latency.p99) = (0, Some(u64::MAX));
        }
    }
    for record in [empty, bare, extreme, rich()] {
        for format in
            [Format::Text, Format::Json, Format::Markdown, Format::Html, Format::Junit, Format::Sarif]
        {
            let rendered = render(&record, format);
            assert!(!rendered.contains("NaN") && !rendered.contains("inf "), "{format:?}: {rendered}");
        }
    }
}

#[test]
fn the_summary_says_where_and_how_to_run_it_again() {
    let summary = summary(&sample());
    for words in [
        "| after | 335 k [328 k, 342 k] | ×1.58 [1.56, 1.60] | faster | ×0.98 [0.96, 0.99] |",
        "AMD EPYC 7763 64-Core Processor, 2 cores, Linux 6.8 x86_64",
        "on 2025-06-03 09:14 UTC",
        "With seed 42:\n\n    lockyard compare --seed 42\n",
    ] {
        assert!(summary.contains(words), "{words:?} is not in\n{summary}");
    }
}

#[test]
fn all_files_are_written_whole_and_again() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("reports/local");
    for _ in 0..2 {
        write_all(&sample(), &out).unwrap();
    }
    let mut names: Vec<_> = fs::read_dir(&out).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["index.html", "run.json", "summary.md"]);
    assert_eq!(Record::read(out.join("run.json")).unwrap(), sample());
    assert_eq!(fs::read_to_string(out.join("index.html")).unwrap(), page(&sample()));
    let refused = write_all(&sample(), out.join("run.json")).unwrap_err().to_string();
    assert!(refused.contains("cannot write") && refused.contains("run.json"), "{refused}");
}

fn unwrapped(text: &str) -> String {
    text.replace('\n', " ")
}
