//! A diff as a page: the verdict, then each ratio to the reference as a bar in the cell of its strategy and scenario.

use maud::{Markup, html};

use super::super::format;
use super::super::markup::{self, RatioScale, Tone};
use super::super::side;
use super::words::{HEAD, diff_verdict, limits, row, throughputs};
use crate::record::{CellChange, Diff, DiffSide, Outcome, ThroughputDiff};

/// A diff as a page for a browser: one file that loads nothing and runs nothing.
///
/// ```
/// # use lockyard_bench::record::Diff;
/// # fn of(diff: &Diff) {
/// std::fs::write("diff.html", lockyard_bench::report::diff_page(diff)).expect("the page can be written");
/// # }
/// ```
pub fn diff_page(diff: &Diff) -> String {
    let (tone, headline) = headline(diff);
    let title = format!("Two runs compared: {}", lowercased(&headline));
    let body = html! {
        header {
            h1 { (title) }
            (markup::meta(&facts("Before", &diff.before)))
            (markup::meta(&facts("After", &diff.after)))
        }
        main {
            (markup::verdict(tone, &headline, &diff_verdict(diff)))
            (markup::notes(&diff.notes))
            (missing(diff))
            @if !diff.changes.is_empty() { (ratios(diff)) }
            @if let Some(throughput) = &diff.throughput { (absolute(throughput)) }
            section #limits {
                h2 { "How to read this" }
                ul {
                    @for limit in &limits(diff) { li { (limit) } }
                    li { "The command before: " code { (diff.before.command) } }
                    li { "The command after: " code { (diff.after.command) } }
                }
            }
        }
    };
    markup::document(&title, &[], &body)
}

/// The verdict in a few words.
fn headline(diff: &Diff) -> (Tone, String) {
    if !diff.refusals.is_empty() {
        return (Tone::Plain, "Not comparable".to_owned());
    }
    let regressions = diff.regressions().count() + diff.throughput_regressions().count();
    match (regressions, diff.missing.is_empty()) {
        (0, true) => (Tone::Good, "No regression".to_owned()),
        (0, false) => (Tone::Bad, "Something is missing".to_owned()),
        (count, _) => (Tone::Bad, format::counted(count as u64, "regression")),
    }
}

/// The words within a sentence.
fn lowercased(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn facts(which: &str, run: &DiffSide) -> Vec<String> {
    let began = format!("{which}: {}", side::started(run));
    let built = format!("Lockyard {}", side::build(run));
    let partial = run.partial.as_ref().map(|partial| format!("partial: {partial}"));
    [began, built].into_iter().chain(side::machine(run)).chain(partial).collect()
}

fn missing(diff: &Diff) -> Markup {
    html! {
        @if !diff.missing.is_empty() {
            section #missing {
                h2 { "Missing in the run after" }
                ul { @for it in &diff.missing { li { (it) } } }
            }
        }
    }
}

/// Strategies by scenarios, and all numbers below.
fn ratios(diff: &Diff) -> Markup {
    let (mut scenarios, mut strategies): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for it in &diff.changes {
        for (names, name) in [(&mut scenarios, &it.scenario), (&mut strategies, &it.strategy)] {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    let scale = RatioScale::of(diff.changes.iter().map(|it| &it.change)).tolerating(diff.gate);
    let of = |strategy: &str, scenario: &str| {
        diff.changes.iter().find(|it| it.strategy == strategy && it.scenario == scenario)
    };
    let rows: Vec<_> = strategies
        .iter()
        .map(|strategy| {
            let cells = scenarios
                .iter()
                .map(|scenario| of(strategy, scenario).map_or_else(|| html! { "–" }, |it| cell(&scale, it)));
            std::iter::once(html! { (strategy) }).chain(cells).collect::<Vec<_>>()
        })
        .collect();
    let head = std::iter::once("strategy").chain(scenarios.iter().copied());
    let band = if diff.gate > 0.0 { ", the band around it what the gate tolerates" } else { "" };
    let caption = format!(
        "Throughput ÷ that of “{}”, after ÷ before, with its interval. The line in the middle of a cell is ×1{band}; all cells have \
         one logarithmic scale.",
        diff.reference
    );
    let numbers = diff.changes.iter().map(row);
    html! {
        section #ratios {
            h2 { "What became of each ratio" }
            (markup::table(&caption, head, &markup::rows(rows)))
            details {
                summary { "Before and after, in numbers" }
                (markup::table("Ratios of both runs, and their change", HEAD, &markup::rows(numbers)))
            }
        }
    }
}

fn cell(scale: &RatioScale, it: &CellChange) -> Markup {
    let (tone, class) = match it.outcome {
        Outcome::Regression => (Tone::Bad, "outcome bad"),
        Outcome::Improvement => (Tone::Good, "outcome good"),
        Outcome::Within | Outcome::CannotTell => (Tone::Plain, "outcome muted"),
    };
    html! { (scale.cell(&it.change, tone)) span class=(class) { (it.outcome.as_str()) } }
}

/// Absolute throughput: open where it is judged.
fn absolute(throughput: &ThroughputDiff) -> Markup {
    let scale = RatioScale::of(throughput.changes.iter().filter_map(|it| it.change.as_ref()))
        .tolerating(throughput.gate.unwrap_or_default());
    let rows: Vec<_> = throughput
        .changes
        .iter()
        .map(|it| {
            let tone = match it.outcome {
                Some(Outcome::Regression) => Tone::Bad,
                Some(Outcome::Improvement) => Tone::Good,
                Some(Outcome::Within | Outcome::CannotTell) | None => Tone::Plain,
            };
            let change =
                it.change.as_ref().map_or_else(|| html! { "no interval" }, |it| scale.cell(it, tone));
            let outcome = it.outcome.map_or("not judged", Outcome::as_str);
            let words = [&*it.strategy, &*it.scenario, &*throughputs(it)].map(|it| html! { (it) });
            words.into_iter().chain([change, html! { (outcome) }]).collect::<Vec<_>>()
        })
        .collect();
    let head = ["strategy", "scenario", "throughput", "after ÷ before", "outcome"];
    html! {
        section #throughput {
            h2 { "Absolute throughput" }
            p.muted { "The drift of the machine is in it, and in no interval." }
            details open[throughput.gate.is_some()] {
                summary { "All " (throughput.changes.len()) ", in numbers" }
                (markup::table("Operations a second, before and after", head, &markup::rows(rows)))
            }
        }
    }
}
