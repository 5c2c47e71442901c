//! Every format from the outside: that it says what it must, and that nothing in a record can break out of it.

use std::fs;

use crate::rich::rich;
use crate::sample::sample;
use lockyard_bench::record::{Finding, FindingKind, Record, Severity, Verification};
use lockyard_bench::report::{Colour, Format, page, render, summary, text, verdict, write_all};

const HOSTILE: &str =
    "</script><script>alert(1)</script>|\"'>&<img onerror=alert(2)>[x](javascript:alert(3))`\n# h\u{1b}[31m";

/// The sample with a hostile text in the place of every text that a person or a plug-in can choose.
fn hostile() -> Record {
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
fn the_page_makes_no_request() {
    for record in [sample(), rich(), hostile()] {
        let page = page(&record).replace("xmlns=\"http://www.w3.org/2000/svg\"", "").replace("url(#tip)", "");
        for word in ["http://", "https://", "src=", "@import", "url(", "<link", "<iframe", "<object"] {
            assert!(!page.contains(word), "the page has {word:?}");
        }
        assert!(page.contains("default-src 'none'"));
        assert_eq!(page.matches("<script").count(), 1, "its own");
        assert!(page.contains("script-src 'sha256-") && !page.contains("unsafe-eval"));
    }
}

#[test]
fn a_hostile_name_is_text_on_the_page() {
    let page = page(&hostile());
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"), "the name is shown");
    assert!(!page.contains("<img"));
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (1, 1));
    // A quote that got through would end an attribute: no tag may have one that the page did not write.
    assert_eq!(page.matches(" onerror").count(), page.matches("&lt;img onerror").count());
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
}

/// The order of the page: what is wrong before what is fast, and how it was made at the end.
#[test]
fn the_page_keeps_its_order() {
    let page = page(&rich());
    let marks = [
        "class=\"verdict\"",
        "id=\"failures\"",
        "id=\"overview\"",
        "id=\"which-lock\"",
        "id=\"scaling\"",
        "id=\"latency\"",
        "id=\"over-time\"",
        "id=\"locks\"",
        "id=\"fairness\"",
        "id=\"memory\"",
        "id=\"ablation\"",
        "id=\"trade\"",
        "id=\"violations\"",
        "id=\"models\"",
        "id=\"pitfalls\"",
        "id=\"environment\"",
        "id=\"reproduce\"",
        "download=\"run.json\"",
    ];
    let places: Vec<_> =
        marks.iter().map(|mark| page.find(mark).unwrap_or_else(|| panic!("{mark}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(!page.contains("Not in this record"), "it has everything");
    assert!(!page.contains("NaN") && !page.contains("inf"), "a number is not finite");
}

#[test]
fn every_chart_of_the_page_has_a_sentence_and_its_numbers() {
    let page = page(&rich());
    let figures: Vec<_> =
        page.split("<figure>").skip(1).map(|rest| rest.split("</figure>").next().unwrap()).collect();
    assert_eq!(figures.len(), 3 + 1 + 3 + 3 + 6 + 3 + 3 + 1 + 3);
    for figure in figures {
        let sentence = figure.split("<figcaption>").nth(1).unwrap().split("</figcaption>").next().unwrap();
        assert!(sentence.contains(|c: char| c.is_ascii_digit()), "of these numbers: {sentence}");
        assert_eq!(figure.matches("role=\"img\"").count(), 2, "wide and narrow");
        assert!(figure.contains("aria-label=\"") && figure.contains("<details>") && figure.contains("<td"));
    }
}

#[test]
fn speed_and_correctness_stand_in_one_row() {
    let record = rich();
    let page = page(&record);
    let table = page.split("class=\"heat\"").nth(1).unwrap().split("</table>").next().unwrap();
    let row = |strategy: &str| {
        let start = format!(">{strategy}</th>");
        table.split(&start).nth(1).unwrap().split("</tr>").next().unwrap()
    };
    let after = row("after");
    for words in ["×1.58", "[1.56, 1.60]", "yes (60,000 operations)", ">none<", "2 of 3 passed"] {
        assert!(after.contains(words), "{words:?} is not in {after}");
    }
    assert!(!after.contains("up3") && row("naive").contains("up3"), "what fails has no tint: {after}");
    let before = row("before");
    assert!(before.contains("baseline") && before.contains(">failed<"), "{before}");
    assert!(before.contains("class=\"wrong\">1<"), "one deadlock: {before}");
    assert!(before.contains("not checked"), "no models: {before}");
}

#[test]
fn what_the_record_lacks_is_listed_once() {
    let rendered = page(&sample());
    let absent = "Not in this record: latency over time, lock contention, ablation, scaling, runtime checks, models \
                  and pitfalls.";
    assert!(rendered.contains(absent));
}

#[test]
fn the_recommendation_says_what_would_change_it_and_where_it_ends() {
    let rendered = page(&rich());
    let section = rendered.split("id=\"which-lock\"").nth(1).unwrap().split("</section>").next().unwrap();
    for words in [
        "No single strategy is best everywhere: under polling use “parking-lot-mutex”, at ×1.43",
        "under hot-context use “tokio-rwlock”",
        "<td>std-mutex, std-rwlock, parking-lot-rwlock</td>",
        "95 % reads, 64 tasks on 2 workers, “session” hold 310 ns (p50)",
        "If fairness matters under polling: fairer than “parking-lot-mutex” (Jain's index 0.894) is “naive” (0.978).",
        "Never recommended, for they failed: “before” (deadlock under hot-context) and “after” (model save fails).",
        "Measured range: 1 to 2 workers, 17 to 64 tasks",
    ] {
        assert!(section.contains(words), "{words:?} is not in {section}");
    }
    assert!(!page(&Record { comparisons: vec![], ..sample() }).contains("which-lock"), "nothing to go by");
}

/// Of a whole main job: as many strategies and scenarios, with timelines.
#[test]
fn the_page_of_a_whole_job_is_small_enough() {
    let mut record = rich();
    for scenario in ["polling", "hot-context", "one-worker"] {
        for nth in 0..6 {
            let mut cell = record.cells_of(scenario).nth(3).unwrap().clone();
            cell.strategy = format!("another-{nth}");
            record.cells.push(cell);
            for baseline in ["before", "naive"] {
                let alike: Vec<_> = record
                    .comparisons
                    .iter()
                    .filter(|it| {
                        it.scenario == scenario && it.baseline == baseline && it.candidate == "after"
                    })
                    .cloned()
                    .collect();
                let renamed = alike.into_iter().map(|mut it| {
                    it.candidate = format!("another-{nth}");
                    it
                });
                record.comparisons.extend(renamed);
            }
        }
    }
    let size = page(&record).len();
    assert!(size < 1_500_000, "{size} bytes");
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
    assert!(text(&hostile(), Colour::Plain).chars().all(|c| c == '\n' || !c.is_control()));
}

#[test]
fn every_format_begins_with_the_verdict() {
    let rendered = verdict(&sample());
    assert!(summary(&sample()).starts_with(&rendered));
    assert!(unwrapped(&text(&sample(), Colour::Plain)).starts_with(&rendered));
    let page = page(&sample());
    let shown = page.find(&rendered).expect("the page has the verdict");
    assert!(shown < page.find("<main>").unwrap(), "the verdict comes first");
}

#[test]
fn failures_come_before_the_numbers() {
    let page = page(&hostile());
    assert!(page.find("Failures").unwrap() < page.find("operations/s").unwrap());
    assert!(page.contains("FAILED: "));
    let rendered = text(&hostile(), Colour::Plain);
    assert!(rendered.find("\nerror: ").unwrap() < rendered.find("operations/s").unwrap());
}

#[test]
fn the_terminal_keeps_to_its_width_and_says_it_all() {
    let rendered = text(&sample(), Colour::Plain);
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
    let text = text(&record, Colour::Plain);
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
    let text = text(&record, Colour::Plain);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("parking-lot-f")).collect();
    assert!(rows.len() >= 2 * record.scenarios().len(), "a row in each table:\n{text}");
    assert!(rows.iter().all(|row| row.starts_with(longest)), "{text}");
    assert!(text.contains("get_context_state"), "heads are not broken either:\n{text}");
}

#[test]
fn colour_only_if_asked() {
    assert!(!text(&sample(), Colour::Plain).contains('\u{1b}'));
    assert!(text(&sample(), Colour::Ansi).contains("\u{1b}["));
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
    assert!(text(&record, Colour::Plain).contains("2 order"));
    let rendered = [summary(&record), page(&record)];
    for words in ["yes (1,000 operations)", "2 order inversions", "starvation not checked"] {
        assert!(
            rendered.iter().all(|rendered| rendered.contains(words)),
            "{words:?} is not in one of\n{rendered:?}"
        );
    }
    let seen = record.cells[0].verification.as_mut().unwrap();
    (seen.deadlocks, seen.order_inversions, seen.linearizable) = (None, None, Some(false));
    let rendered = [text(&record, Colour::Plain), summary(&record), page(&record)];
    for (rendered, words) in
        rendered.iter().zip(["NO            not tracked", "| NO | not tracked |", ">NO</td>"])
    {
        assert!(rendered.contains(words), "{words:?} is not in\n{rendered}");
    }
}

#[test]
fn the_page_has_each_scenario_with_a_chart_and_its_numbers() {
    let page = page(&sample());
    for scenario in ["polling", "hot-context", "one-worker"] {
        assert!(page.contains(&format!("<h2>{scenario}</h2>")), "{scenario}");
    }
    let seen = "“tokio-rwlock” is highest at ×1.71 [1.67, 1.75] of “before”, statistically tied with “after”. Of 8 candidates: 5 faster, 2 slower and \
                1 inconclusive.";
    assert!(page.contains(seen));
    for word in [
        "lockyard compare --seed 42",
        "AMD EPYC",
        "closed loop: from the actual start",
        "prefers-color-scheme",
    ] {
        assert!(page.contains(word), "{word}");
    }
}

#[test]
fn the_record_can_be_taken_from_the_page() {
    for record in [sample(), hostile()] {
        let page = page(&record);
        let (_, rest) = page.split_once("data:application/json;charset=utf-8,").unwrap();
        let (url, _) = rest.split_once('"').unwrap();
        let again: Record = serde_json::from_slice(&percent_decoded(url)).unwrap();
        assert_eq!(again, record);
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

fn percent_decoded(url: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = url.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    out
}
