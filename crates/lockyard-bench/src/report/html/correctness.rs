//! Whether it is right: what was checked of each strategy, the models by strategy, and the seeded bugs that the checks must see.
//! What failed comes first, and what did not run says how to run it.

use maud::{Markup, html};

use super::super::correct;
use super::super::markup;
use super::super::rows;
use super::palette::Palette;
use super::{failures, parts};
use crate::record::{Check, Engine, ModelResult, PitfallResult, Record};

pub(super) const ID: &str = "correctness";
pub(super) const TITLE: &str = "Correctness";

pub(super) fn section(record: &Record, palette: &Palette<'_>) -> Markup {
    let models: &[ModelResult] = record.models.as_deref().unwrap_or_default();
    let content = html! {
        @if record.cells.iter().any(|cell| cell.verification.is_some()) || !models.is_empty() {
            (checked(record, palette))
        }
        @match &record.models {
            Some(models) => (model_tables(models, palette)),
            None => p.muted { "Models did not run: " code { "--verify" } " adds them, where the program has models." },
        }
        @match &record.pitfalls {
            Some(pitfalls) => (seeded_bugs(pitfalls)),
            None => p.muted { "Seeded bugs, which show that the checks see anything, did not run: " code { "--verify" } " adds them." },
        }
    };
    parts::section(ID, TITLE, &content)
}

/// A row a strategy: each check in a few words.
fn checked(record: &Record, palette: &Palette<'_>) -> Markup {
    let strategies: Vec<_> = palette
        .strategies()
        .filter(|(_, strategy)| record.cells.iter().any(|cell| cell.strategy == *strategy))
        .map(|(number, strategy)| (number, strategy, correct::checks(record, strategy)))
        .collect();
    // A check that ran nowhere is said once, and not for each strategy.
    let ran: Vec<bool> =
        (0..correct::HEAD.len()).map(|nth| strategies.iter().any(|it| it.2[nth].known)).collect();
    let missing: Vec<_> = correct::HEAD.iter().zip(&ran).filter(|it| !it.1).map(|it| *it.0).collect();
    let table = html! { table {
        caption { "What was checked of each strategy, over all scenarios" }
        thead { tr {
            th scope="col" { "strategy" }
            @for (name, _) in correct::HEAD.iter().zip(&ran).filter(|it| *it.1) { th scope="col" { (name) } }
        } }
        tbody { @for (number, strategy, checks) in &strategies { tr data-s=(number) {
            th scope="row" { (strategy) }
            @for (check, _) in checks.iter().zip(&ran).filter(|it| *it.1) {
                td class=[check.wrong.then_some("wrong").or((!check.known).then_some("muted"))] { (check.words) }
            }
        } } }
    } };
    html! {
        @if ran.contains(&true) { (markup::scroll("Checks by strategy", &table)) }
        @if !missing.is_empty() && !strategies.is_empty() { p.muted { "Not checked of any strategy: " (missing.join(", ")) "." } }
    }
}

/// Models of whole strategies as a matrix, and those of parts by themselves as a list.
fn model_tables(models: &[ModelResult], palette: &Palette<'_>) -> Markup {
    let passed = models.iter().filter(|it| it.passes()).count();
    let bounded = models.iter().filter(|it| !it.exhaustive).count();
    let strategies: Vec<_> =
        palette.strategies().filter(|(_, name)| models.iter().any(|it| it.is_of(name))).collect();
    let (of_strategies, of_parts): (Vec<_>, Vec<_>) = models
        .iter()
        .partition(|it| it.engine == Engine::Explorer && strategies.iter().any(|(_, name)| it.is_of(name)));
    html! {
        p.muted {
            (passed) " of " (models.len()) " models passed; " (bounded) " of the searches were incomplete, and an incomplete search \
             says nothing about the schedules it left out. A model that explored fewer schedules than its minimum does not pass."
        }
        @if !of_strategies.is_empty() { (matrix(&of_strategies, &strategies)) }
        @if !of_parts.is_empty() { (listed(&of_parts)) }
    }
}

fn matrix(models: &[&ModelResult], strategies: &[(usize, &str)]) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    for it in models {
        if !names.contains(&it.model.as_str()) {
            names.push(&it.model);
        }
    }
    let failed = |name: &&str| !models.iter().any(|it| it.model == **name && !it.passes());
    names.sort_by_key(failed);
    let of = |name: &str, strategy: &str| models.iter().find(|it| it.model == name && it.is_of(strategy));
    let caption = "Models by strategy: schedules that were tried; “all” where the search was exhaustive";
    let table = html! { table.matrix {
        caption { (caption) }
        thead { tr {
            th scope="col" { "model" }
            @for (number, name) in strategies { th scope="col" data-s=(number) { span { (name) } } }
        } }
        tbody { @for name in &names { tr {
            th scope="row" { (name) }
            @for (number, strategy) in strategies {
                @match of(name, strategy) {
                    None => td.muted data-s=(number) { "–" },
                    Some(it) => td class=[(!it.passes()).then_some("wrong")] data-s=(number)
                        title=[(!it.exhaustive || !it.passes()).then(|| rows::searched(it))] { (verdict(it)) },
                }
            }
        } } }
    } };
    markup::scroll(caption, &table)
}

/// "✓ all 4,209", "✓ 10,000".
fn verdict(it: &ModelResult) -> Markup {
    let count = super::super::format::grouped(it.schedules);
    match (it.passes(), it.exhaustive) {
        (false, _) => failures::link("✗ failed"),
        (true, true) => html! { "✓ all " (count) },
        (true, false) => html! { "✓ " (count) },
    }
}

fn listed(models: &[&ModelResult]) -> Markup {
    let mut models = models.to_vec();
    models.sort_by_key(|it| it.passes());
    let body = html! { @for it in &models { tr {
        th scope="row" { (it.model) }
        td { (it.strategy) @if !it.represents.is_empty() { br; span.muted { "and alike: " (it.represents.join(", ")) } } }
        td { (it.engine.as_str()) }
        td { (rows::searched(it)) }
        td class=[(!it.passes()).then_some("wrong")] { (property(it)) }
    } } };
    let is_failing = models.iter().any(|it| !it.passes());
    html! {
        details open[is_failing] {
            summary { "Models of parts: " (models.len()) }
            (markup::table("Models of parts by themselves", ["model", "part", "engine", "schedules", "property"], &body))
        }
    }
}

/// Whether it holds. How it does not is said where all that failed is.
fn property(it: &ModelResult) -> Markup {
    match (it.holds, it.passes()) {
        (true, true) => html! { "no violation" },
        (true, false) => failures::link("incomplete search"),
        (false, _) => failures::link("violation"),
    }
}

/// A line a class, failures first, and each bug by check where it is asked for.
fn seeded_bugs(pitfalls: &[PitfallResult]) -> Markup {
    let mut classes: Vec<(&str, Vec<&PitfallResult>)> = Vec::new();
    for it in pitfalls {
        match classes.iter_mut().find(|(class, _)| *class == it.class) {
            Some((_, all)) => all.push(it),
            None => classes.push((&it.class, vec![it])),
        }
    }
    classes.sort_by_key(|(_, all)| all.iter().all(|it| it.passes()));
    let body = html! { @for (class, all) in &classes { tr {
        @let caught = all.iter().filter(|it| it.is_caught()).count();
        th scope="row" { (class) }
        td class=[all.iter().any(|it| !it.passes()).then_some("wrong")] { (caught) " of " (all.len()) " detected" }
        td { @for (nth, it) in all.iter().filter(|it| it.outcome() != "detected").enumerate() {
            @if nth > 0 { "; " }
            (it.pitfall) ": " span class=(if it.passes() { "muted" } else { "wrong" }) { (it.outcome()) }
        } }
    } } };
    let each = html! { @for it in pitfalls { tr {
        th scope="row" { (it.pitfall) }
        td { (it.class) }
        @for check in Check::ALL { (cell(it, check)) }
    } } };
    html! {
        p.muted {
            "Seeded bugs that the checks must detect, and their fixed variants, on which any report is a false positive. "
            (PitfallResult::summary(pitfalls)) ". A bug counts as detected only if every check that ran and is expected to see it did."
        }
        (markup::table("Seeded bugs by class", ["class of bug", "detected", "otherwise"], &body))
        details {
            summary { "Each bug by check" }
            (markup::table("Seeded bugs by check", ["bug", "class"].into_iter().chain(Check::ALL.map(Check::as_str)), &each))
        }
    }
}

fn cell(it: &PitfallResult, check: Check) -> Markup {
    let (class, word) = if it.missed_by.contains(&check) {
        ("wrong", "missed")
    } else if it.false_positives.contains(&check) {
        ("wrong", "false positive")
    } else if it.caught_by.contains(&check) {
        ("caught", "detected")
    } else if it.not_run.contains(&check) {
        ("muted", "not run")
    } else {
        ("muted", rows::NONE)
    };
    html! { td class=[(word != rows::NONE).then_some(class)] { (word) } }
}
