//! The page from the outside: its order, what it says of each strategy, and that nothing in a record can break out of it.

use std::io::Read as _;

use crate::pages::{HOSTILE, hostile};
use crate::rich::rich;
use crate::sample::sample;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use lockyard_bench::record::{LatencyCurve, Record, Throughput};
use lockyard_bench::report::page;
use sha2::{Digest, Sha256};

/// The page, where its name is taken.
fn rendered(record: &Record) -> String {
    page(record)
}

/// A part of the page, up to the end of its section.
fn section(page: &str, id: &str) -> String {
    let from = page.split(&format!("id=\"{id}\"")).nth(1).unwrap_or_else(|| panic!("there is no {id}"));
    from.split("</section>").next().unwrap().to_owned()
}

/// The row of a strategy in the first table of the ranking.
fn ranked(page: &str, strategy: &str) -> String {
    let ranking = section(page, "ranking");
    let mut rows = ranking.split("<tr data-s=").skip(1).map(|row| row.split("<tr").next().unwrap());
    rows.find(|row| row.contains(&format!("data-name=\"{strategy}\""))).expect("it is ranked").to_owned()
}

#[test]
fn the_page_makes_no_request_and_runs_its_own_scripts_alone() {
    for record in [sample(), rich(), hostile()] {
        let page = page(&record).replace("xmlns=\"http://www.w3.org/2000/svg\"", "").replace("url(#tip)", "");
        // The namespace that the script makes its line in is a name, and no address.
        let page = page.replace("\"http://www.w3.org/2000/svg\"", "");
        for word in ["http://", "https://", " src=", "@import", "url(", "<link", "<iframe", "<object"] {
            assert!(!page.contains(word), "the page has {word:?}");
        }
        assert!(page.contains("default-src 'none'") && !page.contains("unsafe-eval"));
        let scripts: Vec<_> =
            page.split("<script>").skip(1).map(|it| it.split("</script>").next().unwrap()).collect();
        assert_eq!(scripts.len(), 2);
        for script in unreplaced(&record) {
            let hash = STANDARD.encode(Sha256::digest(&script));
            assert!(
                page.contains(&format!("'sha256-{hash}'")),
                "the policy does not name {hash}: write it down"
            );
        }
    }
}

/// The scripts of the page as they are.
fn unreplaced(record: &Record) -> Vec<String> {
    let page = page(record);
    page.split("<script>").skip(1).map(|it| it.split("</script>").next().unwrap().to_owned()).collect()
}

#[test]
fn a_hostile_name_is_text_on_the_page() {
    let page = page(&hostile());
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"), "the name is shown");
    assert!(!page.contains("<img"));
    assert_eq!(page.matches("<script>").count(), 2, "its own");
    assert_eq!(page.matches("<script").count(), page.matches("</script>").count());
    assert!(page.contains("\\u003c/script>"), "in the data of a chart, too");
    // A quote that got through would end an attribute: no tag may have one that the page did not write.
    assert_eq!(
        page.matches(" onerror").count(),
        page.matches("&lt;img onerror").count() + page.matches("\\u003cimg onerror").count()
    );
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert!(HOSTILE.contains("<img"));
}

/// The order of the page is that of a reader's questions: what is wrong, which one, how they rank, why, at what price.
#[test]
fn the_page_keeps_its_order() {
    let page = page(&rich());
    let marks = [
        "id=\"failures\"",
        "<h1>",
        "id=\"answer\"",
        "id=\"ranking\"",
        "id=\"why\"",
        "id=\"trade-off\"",
        "id=\"latency\"",
        "id=\"scaling\"",
        "id=\"correctness\"",
        "id=\"which-lock\"",
        "id=\"figures\"",
        "id=\"over-time\"",
        "id=\"locks\"",
        "id=\"fairness\"",
        "id=\"memory\"",
        "id=\"strategies\"",
        "id=\"environment\"",
        "id=\"method\"",
        "id=\"glossary\"",
        "id=\"reproduce\"",
        "download=\"run.json.gz\"",
    ];
    let places: Vec<_> =
        marks.iter().map(|mark| page.find(mark).unwrap_or_else(|| panic!("{mark}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(!page.contains("Not in this record"), "it has everything");
    assert!(!page.contains("NaN") && !page.contains("inf"), "a number is not finite");
    for id in ["ranking", "why", "trade-off", "latency", "scaling", "correctness"] {
        assert!(page.contains(&format!("<a href=\"#{id}\">")), "{id} is in the contents");
    }
}

#[test]
fn every_chart_of_the_page_is_drawn_once_and_has_a_sentence_and_its_numbers() {
    let page = page(&rich());
    let figures: Vec<_> =
        page.split("<figure>").skip(1).map(|rest| rest.split("</figure>").next().unwrap()).collect();
    let charts: Vec<_> = figures.iter().filter(|it| it.contains("class=\"plane\"")).collect();
    // Trade-off and latency of three scenarios, and one sweep.
    assert_eq!((charts.len(), figures.len()), (3 + 3 + 1, 3 + 3 + 1 + 1), "and a waterfall");
    for figure in &figures {
        let sentence = figure.split("<figcaption>").nth(1).unwrap().split("</figcaption>").next().unwrap();
        assert!(sentence.contains(|c: char| c.is_ascii_digit()), "of these numbers: {sentence}");
        assert!(figure.contains("<details>") && figure.contains("<td"));
    }
    for chart in charts {
        assert_eq!((chart.matches("role=\"img\"").count(), chart.matches("<svg").count()), (1, 1));
        assert!(chart.contains("preserveAspectRatio=\"none\"") && chart.contains("aria-label=\""));
    }
}

#[test]
fn the_first_screen_answers_which_whether_and_at_what_price() {
    let page = page(&sample());
    let answer = page.split("id=\"answer\"").nth(1).unwrap().split("</section></div>").next().unwrap();
    let questions: Vec<_> =
        answer.split("<h2>").skip(1).map(|it| it.split("</h2>").next().unwrap()).collect();
    assert_eq!(questions, ["Use", "Correct?", "Cost"]);
    let headlines: Vec<_> =
        answer.split("headline\">").skip(1).map(|it| it.split("</p>").next().unwrap()).collect();
    assert_eq!(headlines[1], "not checked");
    assert!(headlines[2].starts_with("worst p99 "), "{headlines:?}");
    assert!(answer.contains("geometric mean of 3 scenarios"), "{answer}");
    assert!(page.find("id=\"answer\"") < page.find("<main"));
    let failing = rendered(&rich());
    assert!(failing.contains("<section class=\"card bad\"><h2>Correct?</h2>"));
    assert!(failing.find("id=\"failures\"") < failing.find("id=\"answer\""), "what failed comes first");
}

#[test]
fn speed_and_correctness_stand_in_one_row() {
    let page = page(&rich());
    let first = ranked(&page, "parking-lot-mutex");
    assert!(first.contains("tied first") && first.contains(">1=<"), "{first}");
    assert!(
        first.contains("class=\"bar ci\" style=\"--v:") && first.contains("×1.43 <span class=\"muted\">["),
        "{first}"
    );
    let before = ranked(&page, "before");
    assert!(before.contains("FAILED: deadlock under hot-context") && before.contains(">–<"), "{before}");
    assert!(before.contains("<td class=\"t muted\" data-v=\"0\">failed<"), "no bar of what failed: {before}");
    let naive = ranked(&page, "naive");
    assert!(naive.contains(">×1 <"), "ratios are to it: {naive}");
    // Those that failed stand last.
    let ranking = section(&page, "ranking");
    let table = ranking.split("class=\"rank\"").nth(1).unwrap().split("</table>").next().unwrap();
    assert!(table.find("data-name=\"naive\"") < table.find("data-name=\"before\""));
    let checks = section(&page, "correctness");
    for words in ["yes (60,000 operations)", ">none<", "2 of 3 passed", "<td class=\"wrong\">1<"] {
        assert!(checks.contains(words), "{words:?} is not in {checks}");
    }
}

/// A place is one more than the number of those that are better by intervals that part.
#[test]
fn places_are_by_intervals() {
    let mut record = sample();
    record.comparisons.clear();
    record.cells.retain(|cell| cell.scenario == "polling");
    record.cells.truncate(4);
    let rates =
        [(100.0, [90.0, 110.0]), (108.0, [101.0, 115.0]), (95.0, [80.0, 100.0]), (50.0, [45.0, 55.0])];
    for (cell, (ops_per_s, ci)) in record.cells.iter_mut().zip(rates) {
        cell.throughput = Throughput { ops_per_s, ci };
    }
    let names: Vec<_> = record.cells.iter().map(|cell| cell.strategy.clone()).collect();
    let page = page(&record);
    let place = |name: &str| {
        let row = ranked(&page, name);
        row.split("data-v=\"")
            .nth(1)
            .unwrap()
            .split('>')
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .to_owned()
    };
    let places: Vec<_> = names.iter().map(|name| place(name)).collect();
    assert_eq!(places, ["1=", "1=", "2", "4"], "the third is worse than one, the last than three");
}

/// Over several scenarios: the best mean first, what leads under each in bold, and what failed last and without one.
#[test]
fn all_scenarios_stand_side_by_side() {
    let page = page(&rich());
    let overview = section(&page, "ranking").split("</table>").next().unwrap().to_owned();
    let rows: Vec<_> = overview.split("<tr data-s=").skip(1).collect();
    let mean = |row: &str| row.split("<td>").nth(1).unwrap().split("<t").next().unwrap().to_owned();
    let means: Vec<_> = rows.iter().map(|row| mean(row)).collect();
    assert!(means[0] >= means[1] && means[0].starts_with('×'), "{means:?}");
    assert_eq!(means[means.len() - 2..], ["–", "–"], "before and after failed");
    assert!(overview.contains("<td><strong>×1.43 <span class=\"muted\">1=</span></strong><"), "{overview}");
    assert!(
        !rendered(&of_polling()).contains("Ranking over all scenarios"),
        "of one there is nothing to average"
    );
}

fn of_polling() -> Record {
    let mut record = sample();
    record.cells.retain(|cell| cell.scenario == "polling");
    record
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
    let section = section(&rendered, "which-lock");
    for words in [
        "No single strategy is best everywhere: under polling use “parking-lot-mutex”, at ×1.43",
        "under hot-context use “tokio-rwlock”",
        "<td>std-mutex, std-rwlock, parking-lot-rwlock<",
        "95 % reads, 64 tasks on 2 workers, “session” hold 310 ns (p50)",
        "If fairness matters under polling: fairer than “parking-lot-mutex” (Jain's index 0.894) is “naive” (0.978).",
        "Never recommended, for they failed: “before” (deadlock under hot-context) and “after” (model save fails).",
        "Measured range: 1 to 2 workers, 17 to 64 tasks",
    ] {
        assert!(section.contains(words), "{words:?} is not in {section}");
    }
    assert!(!page(&Record { comparisons: vec![], ..sample() }).contains("which-lock"), "nothing to go by");
}

/// What a change gave begins where the one before has ended.
#[test]
fn the_waterfall_goes_from_the_first_to_the_last() {
    let page = page(&rich());
    let why = section(&page, "why");
    assert!(why.contains("<th scope=\"row\">borrowing the DTO<"), "{why}");
    assert!(why.contains("class=\"up\" style=\"left:"), "{why}");
    let without = rendered(&Record { ablations: vec![], models: None, ..rich() });
    assert!(
        section(&without, "why").contains("What each change gave was not measured"),
        "and how to measure it"
    );
}

/// The curves are those of histograms, where the record has them, and percentiles where it has not.
#[test]
fn another_operation_is_drawn_from_the_data_of_the_chart() {
    let mut record = sample();
    let cell = &mut record.cells[0];
    let slowest = cell.latency_ns["get_context"].max;
    let curve = LatencyCurve::of(1_000, |share| (share * slowest as f64) as u64);
    cell.latency_curves_ns.insert("get_context".to_owned(), curve);
    let data = |record: &Record| -> serde_json::Value {
        let page = page(record);
        let json =
            page.split("type=\"application/json\">").nth(1).unwrap().split("</script>").next().unwrap();
        serde_json::from_str(json).unwrap()
    };
    let [curves, percentiles] = [data(&record), data(&sample())].map(|it| it["of"]["get_context"][0].clone());
    assert_eq!((curves[0].clone(), curves[1].clone()), (percentiles[0].clone(), percentiles[1].clone()));
    let len = |of: &serde_json::Value| of[3].as_array().unwrap().len();
    assert_eq!(
        (len(&curves), len(&percentiles)),
        (7 + 1, 4 + 1),
        "halves of nines, four percentiles; and the slowest"
    );
}

#[test]
fn the_record_can_be_taken_from_the_page() {
    for record in [sample(), hostile()] {
        let page = page(&record);
        let (_, rest) = page.split_once("data:application/gzip;base64,").unwrap();
        let (url, _) = rest.split_once('"').unwrap();
        let compressed = STANDARD.decode(url).unwrap();
        let mut json = Vec::new();
        GzDecoder::new(&compressed[..]).read_to_end(&mut json).unwrap();
        assert_eq!(serde_json::from_slice::<Record>(&json).unwrap(), record);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("run.json.gz");
        std::fs::write(&file, compressed).unwrap();
        assert_eq!(Record::read(file).unwrap(), record, "and read again as it is");
    }
}

/// Of a whole main job: as many strategies and scenarios, with timelines and curves.
#[test]
fn the_page_of_a_whole_job_is_small_enough() {
    let mut record = rich();
    for scenario in ["polling", "hot-context", "one-worker"] {
        for nth in 0..5 {
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
    for cell in &mut record.cells {
        let curve = |it: &lockyard_bench::record::Latency| {
            LatencyCurve::of(it.count, |share| it.p50 + ((it.max - it.p50) as f64 * share.powi(9)) as u64)
        };
        cell.latency_curves_ns = cell.latency_ns.iter().map(|(name, it)| (name.clone(), curve(it))).collect();
    }
    let size = page(&record).len();
    assert!(size < 350_000, "{size} bytes");
}
