//! What failed, drawn: the wait-for graph, and the steps that led there.

use maud::{Markup, PreEscaped, html};

use crate::record::{Drawing, Finding, Record};
use crate::report::rows::counterexamples;

/// Whether there is anything to draw.
pub(super) fn any(record: &Record) -> bool {
    errors(record).next().is_some() || counterexamples(record).next().is_some()
}

fn errors(record: &Record) -> impl Iterator<Item = (&str, &str, &Finding)> {
    record.cells.iter().flat_map(|cell| {
        let wrong = cell.findings.iter().filter(|it| it.is_error());
        wrong.map(|it| (cell.strategy.as_str(), cell.scenario.as_str(), it))
    })
}

pub(super) fn section(record: &Record) -> Markup {
    html! {
        section #violations {
            h2 { "Failures in detail" }
            @for (strategy, scenario, it) in errors(record) {
                article {
                    h3 { (it.name()) " in “" (strategy) "” under " (scenario) }
                    (drawn(&it.drawing()))
                    (tasks(it))
                    (places(it))
                }
            }
            @for (model, it) in counterexamples(record) {
                article {
                    h3 { "Model " (model.model) " over “" (model.strategy) "”" }
                    (drawn(&it.drawing()))
                }
            }
        }
    }
}

/// A drawing: what it shows is escaped by it.
pub(super) fn drawn(drawing: &Drawing<'_>) -> Markup {
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
