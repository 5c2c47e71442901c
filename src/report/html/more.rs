//! The parts of the page that only some records have: ablations, sweeps, models and pitfalls, a table each.

use maud::{Markup, html};

use super::super::ablation::{self, Way};
use super::super::rows;
use super::scaling;
use crate::record::{Check, ModelResult, PitfallResult, Record};

/// All of them that the record has.
pub(super) fn sections(record: &Record) -> Markup {
    html! {
        @if !record.ablations.is_empty() { (ablations(record)) }
        @if !record.scaling.is_empty() { (scaling::section(record)) }
        @if let Some(models) = &record.models { (self::models(models)) }
        @if let Some(pitfalls) = &record.pitfalls { (self::pitfalls(pitfalls)) }
    }
}

fn ablations(record: &Record) -> Markup {
    html! {
        section {
            h2 { "What each change gave" }
            p.muted {
                "Every combination of the old and the new choices was measured in the same rounds. A change's figure is \
                 its ratio on average over all choices of the others; two changes stand together where they gave more or \
                 less than each alone."
            }
            @for way in Way::all(record) {
                h3 { (way.title()) }
                p { (way.sentence()) }
                div.scroll { table.prose {
                    thead { tr { @for name in ablation::HEAD { th scope="col" { (name) } } } }
                    tbody { @for [change, ratio, verdict] in way.rows() { tr {
                        td { (change) } td { (ratio) } td { (verdict) }
                    } } }
                } }
            }
        }
    }
}

fn models(models: &[ModelResult]) -> Markup {
    let rows = models.iter().map(|it| {
        let searched = rows::searched(it);
        let holds = match &it.counterexample {
            None if it.holds => "holds".to_owned(),
            None => "does not hold".to_owned(),
            Some(how) => format!("does not hold: {}; replay: {}", how.message, how.replay),
        };
        [it.model.clone(), it.strategy.clone(), it.engine.as_str().to_owned(), searched, holds]
    });
    let note =
        "Interleavings of small concurrent programs. A bounded search says nothing about what it left out.";
    section("Models", note, ["model", "strategy", "engine", "schedules", "property"], rows)
}

fn pitfalls(pitfalls: &[PitfallResult]) -> Markup {
    let rows = pitfalls.iter().map(|it| {
        [
            it.pitfall.clone(),
            it.class.clone(),
            checks(&it.caught_by),
            checks(&it.missed_by),
            checks(&it.not_run),
            checks(&it.twin_alarms),
        ]
    });
    let note = "Known-bad variants that the checks must catch, and alarms over their correct twins.";
    section("Pitfalls", note, ["pitfall", "class", "caught by", "missed by", "not run", "false alarms"], rows)
}

fn checks(checks: &[Check]) -> String {
    match checks {
        [] => rows::NONE.to_owned(),
        checks => rows::checks(checks),
    }
}

fn section<const N: usize>(
    title: &str,
    note: &str,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Markup {
    html! {
        section {
            h2 { (title) }
            p.muted { (note) }
            div.scroll tabindex="0" role="region" aria-label=(title) { table.prose {
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody { @for row in rows { tr {
                    th scope="row" { (row[0]) }
                    @for cell in &row[1..] { td { (cell) } }
                } } }
            } }
        }
    }
}
