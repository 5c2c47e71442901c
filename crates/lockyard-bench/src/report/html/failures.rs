//! What failed, before anything else: each in a line, and drawn, the wait-for graph and the steps that led there.

use maud::{Markup, PreEscaped, html};

use super::super::failures::failures;
use super::super::rows::{self, Table, counterexamples};
use crate::record::{Drawing, Finding, Record};

pub(super) const ID: &str = "failures";

/// So many are drawn at once; the others are folded.
const SHOWN: usize = 3;

/// Everything that failed; nothing where nothing did.
pub(super) fn section(record: &Record, tables: &[Table<'_>]) -> Markup {
    let failures = failures(record);
    let drawings = drawings(record, tables);
    html! {
        @if !failures.is_empty() {
            section.failures id=(ID) aria-labelledby="failures-title" {
                h2 #failures-title { (super::super::format::counted(failures.len() as u64, "failure")) }
                ol { @for (nth, failure) in (1..).zip(&failures) {
                    li id=(format!("failure-{nth}")) tabindex="-1" { (lines(failure)) }
                } }
                @for drawing in drawings.iter().take(SHOWN) { (drawing) }
                @if drawings.len() > SHOWN {
                    details {
                        summary { (drawings.len() - SHOWN) " more, drawn" }
                        @for drawing in &drawings[SHOWN..] { (drawing) }
                    }
                }
            }
        }
    }
}

/// What is told in several lines keeps them.
fn lines(failure: &str) -> Markup {
    let (first, rest) = failure.split_once('\n').unwrap_or((failure, ""));
    html! { (first) @if !rest.is_empty() { pre tabindex="0" { (rest) } } }
}

fn drawings(record: &Record, tables: &[Table<'_>]) -> Vec<Markup> {
    let errors = record.cells.iter().flat_map(|cell| {
        let wrong = cell.findings.iter().filter(|it| it.is_error());
        wrong.map(|it| (cell.strategy.as_str(), cell.scenario.as_str(), it))
    });
    let of_findings = errors.map(|(strategy, scenario, it)| {
        html! { article {
            h3 { (it.name()) " in “" (strategy) "” under " (scenario) }
            (drawn(&it.drawing()))
            (tasks(it))
            (places(it))
        } }
    });
    let of_models = counterexamples(record).map(|(model, it)| {
        html! { article {
            h3 { "Model " (model.model) " over “" (model.strategy) "”" }
            (drawn(&it.drawing()))
        } }
    });
    let of_histories = tables.iter().flat_map(|table| {
        table
            .violations()
            .map(|(strategy, it)| {
                html! { article {
                    h3 { "Not linearizable: " (rows::caption(strategy, it)) " under " (table.scenario) }
                    (drawn(&it.drawing()))
                } }
            })
            .collect::<Vec<_>>()
    });
    of_findings.chain(of_models).chain(of_histories).collect()
}

/// A drawing: what it shows is escaped by it.
fn drawn(drawing: &Drawing<'_>) -> Markup {
    PreEscaped(drawing.to_html())
}

/// Who took part, where no graph says so: records of schema 1 have the tasks of a cycle without its edges.
fn tasks(it: &Finding) -> Markup {
    let label = if it.kind.is_cycle() { "Each task waits for the next: " } else { "Tasks: " };
    html! {
        @if it.edges.is_empty() && it.tasks.len() > 1 { p.muted { (label) (it.tasks.join(", ")) "." } }
    }
}

fn places(it: &Finding) -> Markup {
    html! {
        @if !it.places.is_empty() {
            ul.notes { @for place in &it.places { li { code { (place) } } } }
        }
    }
}
