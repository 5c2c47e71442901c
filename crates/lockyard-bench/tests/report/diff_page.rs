//! A diff as a page: the verdict first, a bar for each ratio, and nothing in it but text.

use crate::runs::four;
use crate::sample::sample;
use lockyard_bench::Share;
use lockyard_bench::gate::{Tolerance, diff};
use lockyard_bench::record::{Diff, Record};
use lockyard_bench::report::{diff_page, diff_verdict};
use lockyard_bench::stats::Confidence;

const TENTH: Share = Share::of_percent(10.0).unwrap();

fn of(before: &Record, after: &Record) -> Diff {
    diff(before, after, TENTH, Confidence::default())
}

/// The first two runs, of which the second has a regression.
fn regressed() -> Diff {
    let runs = four(&sample());
    of(&runs[0], &runs[1])
}

fn card(page: &str) -> &str {
    page.split("<section class=\"card").nth(1).unwrap().split("</section>").next().unwrap()
}

#[test]
fn the_verdict_stands_first_in_words_and_in_the_heading() {
    let found = regressed();
    let page = diff_page(&found);
    assert!(page.contains("<h1>Two runs compared: 1 regression</h1>"), "{page}");
    let card = card(&page);
    assert!(card.starts_with(" bad\"") && card.contains(">1 regression</p>"), "{card}");
    assert!(card.contains(&diff_verdict(&found)), "{card}");
    assert!(page.find("class=\"card").unwrap() < page.find("<table").unwrap());
    for fact in ["Before: 2026-01-02 10:00 UTC", "(aaaaaaa11111)", "After: 2026-02-03 10:00 UTC", "2 cores"] {
        assert!(page.find(fact).unwrap() < page.find("class=\"card").unwrap(), "{fact} is in the header");
    }
}

#[test]
fn each_outcome_is_said_in_its_cell() {
    let page = diff_page(&regressed());
    let table = page.split("id=\"ratios\"").nth(1).unwrap().split("</table>").next().unwrap();
    let row = table.split("<th scope=\"row\">after</th>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains("×0.80") && row.contains("class=\"outcome bad\">regression<"), "{row}");
    assert_eq!(row.matches("class=\"bar\"").count(), 3, "a bar for each scenario");
    assert_eq!(row.matches("class=\"tolerated\"").count(), 3, "and what the gate tolerates behind it");
    assert_eq!(row.matches(">within the gate<").count(), 2, "{row}");
    assert!(page.contains("<summary>Before and after, in numbers</summary>") && page.contains("<td>×0.98"));
    // The interval of the loss lies left of the middle, with a width of its own.
    let style = row.split("class=\"interval\" style=\"left:").nth(1).unwrap().split('"').next().unwrap();
    let (left, width) = style.split_once("%;width:").unwrap();
    let (left, width): (f64, f64) = (left.parse().unwrap(), width.trim_end_matches('%').parse().unwrap());
    assert!(width > 0.0 && left + width < 50.0, "{style}");
}

#[test]
fn good_missing_and_not_comparable_have_a_card_each() {
    let good = diff_page(&of(&sample(), &sample()));
    assert!(card(&good).starts_with(" good\"") && good.contains("<h1>Two runs compared: no regression</h1>"));

    let mut less = sample();
    less.cells.retain(|it| it.strategy != "std-mutex");
    let missing = diff_page(&of(&sample(), &less));
    assert!(card(&missing).starts_with(" bad\"") && missing.contains("<li>“std-mutex” under polling</li>"));

    let mut other = sample();
    other.environment.cores = 64;
    let refused = diff_page(&of(&sample(), &other));
    assert!(
        card(&refused).starts_with('"') && card(&refused).contains("another machine"),
        "{}",
        card(&refused)
    );
    assert!(!refused.contains("id=\"ratios\""), "there is nothing to draw");
}

#[test]
fn notes_and_absolute_throughput_are_there_and_open_where_they_are_judged() {
    let (before, mut after) = (sample(), sample());
    after.environment.rustc = "9.9.9".to_owned();
    for cell in &mut after.cells {
        cell.throughput.ops_per_s /= 2.0;
        cell.throughput.ci = cell.throughput.ci.map(|end| end / 2.0);
    }
    let page = diff_page(&of(&before, &after));
    assert!(page.contains("another rustc: ") && page.contains("all strategies are at ×0.50"), "{page}");
    assert!(page.contains("<td>not judged</td>"), "{page}");
    let section = |page: &str| page.split("id=\"throughput\"").nth(1).unwrap().to_owned();
    assert!(!section(&page).contains("<details open"));
    let tolerance = Tolerance { absolute: Some(TENTH), ..TENTH.into() };
    let judged = diff_page(&diff(&before, &after, tolerance, Confidence::default()));
    assert!(section(&judged).contains("<details open>") && judged.contains("27 regressions"), "{judged}");
}

#[test]
fn the_page_loads_and_runs_nothing_and_a_hostile_name_is_text() {
    const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'&";
    let rename = |record: Record| {
        let json = record.to_json();
        let escaped = HOSTILE.replace('"', "\\\"");
        let json = ["polling", "after", "naive"]
            .iter()
            .fold(json, |json, name| json.replace(&format!("\"{name}\""), &format!("\"{name}{escaped}\"")));
        let mut record: Record = serde_json::from_str(&json).unwrap();
        record.environment.commit = Some(HOSTILE.to_owned());
        record.environment.cpu_model = Some(HOSTILE.to_owned());
        record.command = HOSTILE.to_owned();
        record
    };
    let found = of(&rename(sample()), &rename(sample()));
    assert!(found.refusals.is_empty(), "{:?}", found.refusals);
    let page = diff_page(&found);
    assert!(
        page.contains("after&lt;/script&gt;&lt;img") && !page.contains("<img") && !page.contains("</script>")
    );
    assert_eq!(page.matches(" onerror").count(), page.matches("&lt;img src=x onerror").count());
    for word in ["://", "url(", "@import", "<link", "<script"] {
        assert!(!page.contains(word), "the page has {word:?}");
    }
    assert!(page.contains("script-src 'none'"));
    assert_eq!(page.matches("<table").count(), page.matches("<caption").count());
}
