//! Several records in the order of their start: what is a step change, which runs cannot be compared, and what each format says
//! of it.

use crate::runs::{at, four, scale};
use crate::sample::sample;
use lockyard_bench::Share;
use lockyard_bench::gate::{diff, trends};
use lockyard_bench::record::{Outcome, Record, TrendStrategy, Trends};
use lockyard_bench::report::{
    TextOptions, trends_page, trends_summary, trends_text, trends_verdict, write_trends,
};
use lockyard_bench::stats::Confidence;

fn of(records: &[Record]) -> Trends {
    trends(records, Confidence::default())
}

fn line<'a>(trends: &'a Trends, scenario: &str, strategy: &str) -> &'a TrendStrategy {
    let scenario = trends.scenarios.iter().find(|it| it.name == scenario).unwrap();
    scenario.strategies.iter().find(|it| it.strategy == strategy).unwrap()
}

fn page(records: &[Record]) -> String {
    trends_page(&of(records), records.last().unwrap())
}

#[test]
fn a_step_change_is_one_whose_interval_lies_clear_of_one_and_nothing_else_is() {
    let found = of(&four(&sample()));
    let steps: Vec<_> = found.steps().map(|it| (it.before, &*it.change.strategy, it.is_loss())).collect();
    assert_eq!(steps, [(0, "after", true), (1, "tokio-rwlock", false)]);
    let step = found.steps().next().unwrap();
    assert_eq!((step.after(), &*step.change.scenario), (1, "polling"));
    assert!((step.change.change.ratio - 0.8).abs() < 1e-9 && step.change.change.ci[1] < 1.0);
}

#[test]
fn of_two_runs_it_is_their_diff() {
    let [first, second] = &four(&sample())[..2] else { panic!("two runs") };
    let found = of(&[second.clone(), first.clone()]);
    assert_eq!(found.diffs, [diff(first, second, Share::NONE, Confidence::default())]);
    assert_eq!(found.runs[0].side.commit.as_deref(), Some("aaaaaaa11111"), "in the order of their start");
}

/// A hundred pairs at 99 % each would raise an alarm over nothing in most pages.
#[test]
fn intervals_are_wider_the_more_runs_there_are() {
    let runs = four(&sample());
    let (two, three) = (of(&runs[..2]), of(&runs[..3]));
    let [narrow, wide] = [&two, &three].map(|it| it.diffs[0].changes[0].change.ci);
    assert!(wide[0] < narrow[0] && narrow[1] < wide[1], "{wide:?} is not wider than {narrow:?}");
    assert!((two.confidence - three.confidence).abs() < 1e-12, "the confidence of all together is the same");
    assert!((three.diffs[0].confidence - 0.995).abs() < 1e-9);
}

#[test]
fn points_are_ratios_to_the_reference_of_their_own_run() {
    let runs = four(&sample());
    let found = of(&runs);
    let after: Vec<_> = line(&found, "polling", "after").points.iter().map(|it| it.ratio.ratio).collect();
    let whole =
        runs[0].comparisons.iter().find(|it| it.baseline == "naive" && it.candidate == "after").unwrap();
    assert!((after[0] - whole.ratio).abs() < 1e-12 && (after[1] / after[0] - 0.8).abs() < 1e-9, "{after:?}");
    let reference = line(&found, "polling", "naive");
    assert!(
        reference.points.iter().all(|it| it.ratio.ci.iter().all(|end| (end - 1.0).abs() < 1e-12)),
        "{reference:?}"
    );
    let before = line(&found, "polling", "before");
    assert!(before.points.iter().all(|it| it.ratio.ratio < 1.0), "the inverse of its comparison: {before:?}");
    let scenario = &found.scenarios[0];
    assert_eq!(scenario.operation.as_deref(), Some("get_context_state"));
    let point = &line(&found, "polling", "after").points[0];
    assert!(point.p99_ratio.is_some() && point.p99_ns.is_some());
}

#[test]
fn a_run_on_another_machine_begins_a_new_line_and_says_why() {
    let runs = four(&sample());
    let found = of(&runs);
    let breaks: Vec<_> = found.breaks().collect();
    assert!(matches!(breaks[..], [(3, [why])] if why.contains("another machine")), "{breaks:?}");
    let why = "run 3 → run 4: not comparable: another machine: the baseline had 2 cores, this run 64";
    for rendered in
        [trends_summary(&found), page(&runs), unwrapped(&trends_text(&found, &TextOptions::default()))]
    {
        assert!(rendered.contains(why), "{why} is not in\n{rendered}");
        assert!(rendered.contains("Not comparable: run 4 with run 3."), "{rendered}");
    }
    let page = page(&runs);
    assert!(page.contains("class=\"break\""));
    // What nothing joins is a path of its own.
    let segments: Vec<_> = chart(&page).split("class=\"line\" data-s=\"0\" d=\"").skip(1).collect();
    let joints = |it: &&str| it.split('"').next().unwrap().matches('l').count();
    assert_eq!(segments.iter().map(joints).collect::<Vec<_>>(), [2, 0], "the winner's, in two pieces");
}

#[test]
fn a_run_that_left_a_strategy_out_interrupts_its_line_and_is_no_zero() {
    let mut runs = four(&sample());
    runs.truncate(3);
    runs[1].cells.retain(|it| it.strategy != "std-rwlock");
    runs[1].comparisons.retain(|it| it.candidate != "std-rwlock");
    let found = of(&runs);
    let places: Vec<_> = line(&found, "polling", "std-rwlock").points.iter().map(|it| it.run).collect();
    assert_eq!(places, [0, 2]);
    let summary = trends_summary(&found);
    assert!(summary.contains("run 1 → run 2: no longer measured: “std-rwlock” under polling"), "{summary}");
    let row = summary.lines().find(|it| it.starts_with("| std-rwlock")).unwrap();
    assert_eq!(row.split('|').nth(3).unwrap().trim(), "–", "{row}");
}

#[test]
fn the_verdict_says_the_step_with_its_commits_in_every_format() {
    let runs = four(&sample());
    let found = of(&runs);
    let verdict = trends_verdict(&found);
    for words in [
        "4 runs from 2026-01-02 to 2026-04-05.",
        "Step changes: 1 loss and 1 gain.",
        "“after” under polling is at ×0.80",
        "of its former ratio to “naive” from run 1 (aaaaaaa11111) to run 2 (bbbbbbb22222).",
        "confidence that no loss among them is a false positive: 99 %",
    ] {
        assert!(verdict.contains(words), "{words} is not in {verdict}");
    }
    assert!(unwrapped(&trends_text(&found, &TextOptions::default())).starts_with(&verdict));
    assert!(trends_summary(&found).starts_with(&format!("🔴 {verdict}\n")));
    assert!(page(&runs).contains(&verdict));
    let summary = trends_summary(&found);
    let step = "| after | polling | run 1 (aaaaaaa11111) | run 2 (bbbbbbb22222) | ×0.98";
    assert!(summary.contains(step), "{summary}");
    assert!(summary.contains("▼ ×0.78"), "the arrow stands where it fell: {summary}");
}

#[test]
fn without_a_change_it_says_so_and_with_nothing_to_compare_too() {
    let same = [at(sample(), "2026-01-02", "aaa"), at(sample(), "2026-02-03", "bbb")];
    assert!(trends_verdict(&of(&same)).contains("No step change."));
    assert!(page(&same).contains("class=\"card good\""));
    assert!(trends_summary(&of(&same)).starts_with("🟢"));
    let mut other = same.clone();
    other[1].environment.cores = 64;
    assert!(trends_verdict(&of(&other)).contains("No runs that can be compared."));
    assert!(page(&other).contains("class=\"card\"") && trends_summary(&of(&other)).starts_with("⚪"));
    let mut partial = same.clone();
    partial[1].interrupted = true;
    assert!(trends_verdict(&of(&partial)).contains("Partial results: run 2 was interrupted."));
    assert_eq!(of(&[]).diffs, []);
}

/// The first chart of a page.
fn chart(page: &str) -> &str {
    page.split("<svg ").nth(1).unwrap().split("</svg>").next().unwrap()
}

/// Colours for what matters: the reference, who leads in the last run, and what has changed.
#[test]
fn the_rest_is_grey() {
    let mut runs = four(&sample());
    runs.truncate(3);
    let page = page(&runs);
    let chart = chart(&page);
    let lines = |stroke: &str, colour: usize| {
        chart.matches(&format!("<path class=\"{stroke}\" data-s=\"{colour}\"")).count()
    };
    // Intervals are thin as the others are: one path for each that stands out.
    assert_eq!((lines("line", 0), lines("line", 1), lines("dashed", 6), lines("thin", 7)), (1, 1, 1, 6));
    assert!(
        page.contains("In the last run “parking-lot-mutex” has the highest throughput"),
        "as the run’s own page says"
    );
    assert_eq!(chart.matches("class=\"rings\"").count(), 1, "where the step came about");
    let ends = page.split("<div class=\"names\"").nth(1).unwrap().split("</div>").next().unwrap();
    assert_eq!(ends.matches("<span").count(), 9, "each line has its label: {ends}");
}

#[test]
fn the_page_loads_and_runs_nothing_and_has_its_numbers() {
    let runs = four(&sample());
    let page = page(&runs);
    for word in ["://", "src=", "@import", "url(", "<link", "<script"] {
        assert!(!page.contains(word), "the page has {word:?}");
    }
    assert!(page.contains("script-src 'none'"));
    assert!(!page.contains("NaN") && !page.contains("inf"), "a number is not finite");
    assert_eq!(
        page.matches("<table").count(),
        page.matches("<caption").count(),
        "each table says what it is"
    );
    assert_eq!(page.matches("<div class=\"plane\"").count(), 6, "throughput and p99 of each scenario");
    assert_eq!(page.matches("role=\"img\" aria-label=\"").count(), 6, "each with a name");
    assert_eq!(page.matches("<summary>The numbers behind these charts").count(), 3);
    assert!(page.contains("<td>▼ ×0.78"));
}

#[test]
fn odd_numbers_make_pages_too() {
    for odd in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
        let mut runs = four(&sample());
        for it in runs.iter_mut().flat_map(|run| &mut run.comparisons) {
            (it.ratio, it.ci) = (odd, [odd, odd]);
        }
        let page = page(&runs);
        let paths: String =
            chart(&page).split(" d=\"").skip(1).map(|it| it.split('"').next().unwrap()).collect();
        assert!(!paths.contains("NaN") && !paths.contains("inf"), "{odd}: {paths}");
        assert!(!trends_text(&of(&runs), &TextOptions::default()).is_empty());
    }
    let mut empty = four(&sample());
    empty.iter_mut().for_each(|run| run.cells.clear());
    assert!(page(&empty).contains("No runs that can be compared"));
}

#[test]
fn a_hostile_name_is_text() {
    const HOSTILE: &str = "</script><img src=x onerror=alert(1)>|\"'&\n# h\u{1b}[31m](javascript:x)";
    let mut runs = four(&sample());
    for run in &mut runs {
        run.environment.commit = Some(HOSTILE.to_owned());
        run.environment.cpu_model = Some(HOSTILE.to_owned());
        run.command = HOSTILE.to_owned();
        for name in run
            .cells
            .iter_mut()
            .flat_map(|it| [&mut it.strategy, &mut it.scenario])
            .chain(
                run.comparisons
                    .iter_mut()
                    .flat_map(|it| [&mut it.scenario, &mut it.baseline, &mut it.candidate]),
            )
            .chain(run.reference.as_mut())
        {
            *name += HOSTILE;
        }
    }
    let found = of(&runs);
    assert_eq!(found.steps().count(), 2, "the names are names like any other");
    let page = page(&runs);
    assert!(page.contains("&lt;img src=x") && !page.contains("<img") && !page.contains("</script>"));
    assert_eq!(page.matches(" onerror").count(), page.matches("&lt;img src=x onerror").count());
    assert!(trends_text(&found, &TextOptions::default()).chars().all(|c| c == '\n' || !c.is_control()));
    let summary = trends_summary(&found);
    assert!(!summary.contains("<img") && !summary.contains("](") && !summary.contains("\n# h"), "{summary}");
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    for table in summary.split("\n\n").filter(|it| it.starts_with("| ")) {
        let counts: Vec<_> = table.lines().map(bars).collect();
        assert!(counts.windows(2).all(|pair| pair[0] == pair[1]), "a bar in a name split a row: {table}");
    }
}

#[test]
fn a_terminal_has_the_last_runs_and_says_what_it_leaves_out() {
    let mut runs: Vec<_> =
        (1..=9).map(|nth| at(sample(), &format!("2026-01-{nth:02}"), &format!("c{nth}"))).collect();
    scale(&mut runs[8], "polling", "after", 1.3);
    let text = trends_text(&of(&runs), &TextOptions::default());
    for width in [40, 80, 160] {
        let text = trends_text(&of(&runs), &TextOptions { width, ..TextOptions::default() });
        assert!(text.lines().all(|line| line.chars().count() <= width), "{width} columns: {text}");
    }
    assert!(text.contains("Runs 1 to 5 are left out here") && text.contains("▲ ×1.27 ± "), "{text}");
    let page = page(&runs);
    let same = "All runs have machine: AMD EPYC 7763 64-Core Processor, 2 cores, Linux 6.8 x86_64; ratios are to: naive.";
    assert!(unwrapped(&text).contains(same), "what is the same in all runs is said once: {text}");
    assert!(page.contains("<td>▲ ×1.27") && page.contains("run 1 (c1)</th>"), "the page has all");
}

#[test]
fn what_is_written_as_json_is_read_again() {
    let found = of(&four(&sample()));
    assert_eq!(serde_json::from_str::<Trends>(&found.to_json()).unwrap(), found);
    let change = &found.diffs[0].changes.iter().find(|it| it.strategy == "after").unwrap();
    assert_eq!(change.outcome, Outcome::Regression);
}

#[test]
fn files_are_written_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let runs = four(&sample());
    write_trends(&of(&runs), runs.last().unwrap(), folder.path().join("new")).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join("new").join(name)).unwrap();
    assert_eq!(read("trends.html"), page(&runs));
    assert_eq!(read("trends.md"), trends_summary(&of(&runs)));
}

/// Lines that were broken between words, joined again.
fn unwrapped(text: &str) -> String {
    text.split('\n').collect::<Vec<_>>().join(" ")
}
