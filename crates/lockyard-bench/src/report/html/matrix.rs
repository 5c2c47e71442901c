//! What was searched: models of the good code, and the matrix of pitfalls and the checks that must see them.

use maud::{Markup, html};

use super::super::rows;
use super::parts;
use crate::record::{Check, ModelResult, PitfallResult};

pub(super) fn models(models: &[ModelResult]) -> Markup {
    let hold = models.iter().filter(|it| it.passes()).count();
    let bounded = models.iter().filter(|it| !it.exhaustive).count();
    let table = html! { table.prose {
        (parts::head(["model", "strategy", "engine", "schedules", "property"]))
        tbody { @for it in models { tr {
            th scope="row" { (it.model) }
            td { (it.strategy) @if !it.represents.is_empty() { br; span.muted { "and alike: " (it.represents.join(", ")) } } }
            td { (it.engine.as_str()) }
            td { (rows::searched(it)) }
            td class=(if it.passes() { "" } else { "wrong" }) { (property(it)) }
        } } }
    } };
    html! {
        section #models {
            h2 { "Models" }
            p.muted {
                (hold) " of " (models.len()) " passed; " (bounded) " of the searches were incomplete, and an incomplete search \
                 says nothing about the schedules it left out. A model that explored fewer schedules than its minimum does \
                 not pass."
            }
            (parts::scroll("Models", &table))
        }
    }
}

fn property(it: &ModelResult) -> String {
    match &it.counterexample {
        _ if it.holds && !it.passes() => format!("incomplete search: minimum {} schedules", it.min_schedules),
        _ if it.holds => "no violation".to_owned(),
        None => "violation".to_owned(),
        Some(how) => format!("violation: {}; replay: {}", how.message, how.replay),
    }
}

pub(super) fn pitfalls(pitfalls: &[PitfallResult]) -> Markup {
    let table = html! { table.matrix {
        (parts::head(["pitfall", "class"].into_iter().chain(Check::ALL.map(Check::as_str))))
        tbody { @for it in pitfalls { tr {
            th scope="row" { (it.pitfall) }
            td { (it.class) }
            @for check in Check::ALL { (cell(it, check)) }
        } } }
    } };
    html! {
        section #pitfalls {
            h2 { "Pitfalls" }
            p.muted {
                "Seeded bugs that the checks must detect, and their fixed variants, on which any report is a false positive. "
                (PitfallResult::summary(pitfalls)) ". A bug counts as detected only if every check that ran and is expected to see it \
                 did."
            }
            (parts::scroll("Pitfalls by check", &table))
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
    html! { td class=(class) { (word) } }
}
