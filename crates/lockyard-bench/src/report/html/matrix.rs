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
            td { (it.strategy) }
            td { (it.engine.as_str()) }
            td { (rows::searched(it)) }
            td class=(if it.passes() { "" } else { "wrong" }) { (property(it)) }
        } } }
    } };
    html! {
        section #models {
            h2 { "Models" }
            p.muted {
                (hold) " of " (models.len()) " hold; " (bounded) " of the searches were bounded, and a bounded search says \
                 nothing about what it left out. A model that tried fewer schedules than it must does not count as holding."
            }
            (parts::scroll("Models", &table))
        }
    }
}

fn property(it: &ModelResult) -> String {
    match &it.counterexample {
        _ if it.holds && !it.passes() => format!("too few schedules: {} are wanted", it.min_schedules),
        _ if it.holds => "holds".to_owned(),
        None => "does not hold".to_owned(),
        Some(how) => format!("does not hold: {}; replay: {}", how.message, how.replay),
    }
}

pub(super) fn pitfalls(pitfalls: &[PitfallResult]) -> Markup {
    let missed = pitfalls.iter().filter(|it| !it.missed_by.is_empty()).count();
    let caught = pitfalls.iter().filter(|it| it.is_caught()).count();
    let alarms = pitfalls.iter().filter(|it| !it.false_positives.is_empty()).count();
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
                "Known-bad variants that the checks must catch, and their correct twins, which must raise no alarm. Of "
                (pitfalls.len()) ": " (caught) " caught by every check that ran and must see them, " (missed)
                " missed by one, " (alarms) " with a false alarm over the twin."
            }
            (parts::scroll("Pitfalls by check", &table))
        }
    }
}

fn cell(it: &PitfallResult, check: Check) -> Markup {
    let (class, word) = if it.missed_by.contains(&check) {
        ("wrong", "missed")
    } else if it.false_positives.contains(&check) {
        ("wrong", "false alarm")
    } else if it.caught_by.contains(&check) {
        ("caught", "caught")
    } else if it.not_run.contains(&check) {
        ("muted", "not run")
    } else {
        ("muted", rows::NONE)
    };
    html! { td class=(class) { (word) } }
}
