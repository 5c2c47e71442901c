//! What was searched: models of the good code, and the matrix of pitfalls and the checks that must see them.

use maud::{Markup, html};

use super::super::rows;
use crate::record::{Check, ModelResult, PitfallResult};

/// The columns of the matrix.
const CHECKS: [Check; 7] = [
    Check::Explorer,
    Check::Loom,
    Check::Shuttle,
    Check::Live,
    Check::History,
    Check::Invariants,
    Check::Contract,
];

pub(super) fn models(models: &[ModelResult]) -> Markup {
    let hold = models.iter().filter(|it| it.holds && it.schedules >= it.min_schedules).count();
    let bounded = models.iter().filter(|it| !it.exhaustive).count();
    html! {
        section #models {
            h2 { "Models" }
            p.muted {
                (hold) " of " (models.len()) " hold; " (bounded) " of the searches were bounded, and a bounded search says \
                 nothing about what it left out. A model that tried fewer schedules than it must does not count as holding."
            }
            div.scroll tabindex="0" role="region" aria-label="Models" { table.prose {
                thead { tr { @for name in ["model", "strategy", "engine", "schedules", "property"] { th scope="col" { (name) } } } }
                tbody { @for it in models { tr {
                    th scope="row" { (it.model) }
                    td { (it.strategy) }
                    td { (it.engine.as_str()) }
                    td { (rows::searched(it)) }
                    td class=(if fails(it) { "wrong" } else { "" }) { (property(it)) }
                } } }
            } }
        }
    }
}

fn fails(it: &ModelResult) -> bool {
    !it.holds || it.schedules < it.min_schedules
}

fn property(it: &ModelResult) -> String {
    match &it.counterexample {
        _ if it.holds && fails(it) => format!("too few schedules: {} are wanted", it.min_schedules),
        _ if it.holds => "holds".to_owned(),
        None => "does not hold".to_owned(),
        Some(how) => format!("does not hold: {}; replay: {}", how.message, how.replay),
    }
}

pub(super) fn pitfalls(pitfalls: &[PitfallResult]) -> Markup {
    let missed = pitfalls.iter().filter(|it| !it.missed_by.is_empty()).count();
    let caught = pitfalls.iter().filter(|it| !it.caught_by.is_empty() && it.missed_by.is_empty()).count();
    let alarms = pitfalls.iter().filter(|it| !it.twin_alarms.is_empty()).count();
    html! {
        section #pitfalls {
            h2 { "Pitfalls" }
            p.muted {
                "Known-bad variants that the checks must catch, and their correct twins, which must raise no alarm. Of "
                (pitfalls.len()) ": " (caught) " caught by every check that ran and must see them, " (missed)
                " missed by one, " (alarms) " with a false alarm over the twin."
            }
            div.scroll tabindex="0" role="region" aria-label="Pitfalls by check" { table.matrix {
                thead { tr {
                    th scope="col" { "pitfall" }
                    th scope="col" { "class" }
                    @for check in CHECKS { th scope="col" { (check.as_str()) } }
                } }
                tbody { @for it in pitfalls { tr {
                    th scope="row" { (it.pitfall) }
                    td { (it.class) }
                    @for check in CHECKS { (cell(it, check)) }
                } } }
            } }
        }
    }
}

fn cell(it: &PitfallResult, check: Check) -> Markup {
    let (class, word) = if it.missed_by.contains(&check) {
        ("wrong", "missed")
    } else if it.twin_alarms.contains(&check) {
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
