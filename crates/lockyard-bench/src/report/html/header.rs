//! The head of the page: what ran where, and the three answers.

use maud::{Markup, html};

use super::super::answer::Answer;
use super::super::failures::Failure;
use super::super::markup::Tone;
use super::super::rows;
use super::super::{format, verdict};
use super::failures;
use crate::record::Record;

/// A longer command is shown whole at the end of the page.
const COMMAND: usize = 64;

pub(super) fn header(
    record: &Record,
    title: &str,
    answer: Option<&Answer>,
    failures: &[Failure<'_>],
) -> Markup {
    html! {
        header.page {
            h1 { "Lockyard" @if !title.is_empty() { ": " (title) } }
            p.meta { (meta(record)) }
            @if let Some(state) = verdict::state(record) { p.wrong { (state) } }
            @match answer {
                Some(answer) => (cards(answer)),
                None => (sentences(record, Failure::headline(failures))),
            }
        }
    }
}

/// The verdict, where no strategies are compared. What failed stands above.
fn sentences(record: &Record, failed: Option<String>) -> Markup {
    let others = verdict::without_failures(record).join(" ");
    html! { p.verdict {
        @match failed {
            Some(failed) => { span.wrong { (failures::link(&failed)) ". " } },
            None if others.is_empty() => "Nothing was measured.",
            None => {},
        }
        (others)
    } }
}

fn meta(record: &Record) -> Markup {
    let it = &record.environment;
    let cpu = it.cpu_model.as_deref().unwrap_or("unknown processor");
    let commit = it.commit.as_ref().map(|commit| format!("commit {commit}"));
    let command: String = match record.command.char_indices().nth(COMMAND) {
        Some((at, _)) => format!("{}…", &record.command[..at]),
        None => record.command.clone(),
    };
    html! {
        (rows::began(record)) " · " (cpu) ", " (format::counted(it.cores.into(), "core"))
        @if let Some(commit) = commit { " · " (commit) }
        @if !command.is_empty() { " · " code { (command) } }
    }
}

fn cards(answer: &Answer) -> Markup {
    html! {
        div.cards #answer {
            @for card in &answer.cards {
                section class=(if card.tone == Tone::Bad { "card bad" } else { "card" }) {
                    h2 { (card.question) }
                    p.headline {
                        @if card.tone == Tone::Bad { (failures::link(&card.headline)) } @else { (card.headline) }
                    }
                    ul { @for line in &card.lines { li { (line) } } }
                }
            }
        }
    }
}

/// Where readers go from here, and what is shown: the scenario, and which strategies. What the script alone can do, it shows.
pub(super) fn controls(
    scenarios: &[&str],
    palette: &super::palette::Palette<'_>,
    sections: &[(&str, &str)],
) -> Markup {
    let strategies: Vec<_> = palette.strategies().collect();
    html! {
        nav.contents aria-label="Contents" {
            @for (id, title) in sections { a href=(format!("#{id}")) { (title) } " " }
        }
        nav.controls aria-label="What is shown" hidden {
            @if scenarios.len() > 1 {
                div.scenarios role="group" aria-label="Scenario" {
                    span.muted { "Scenario" }
                    @for (nth, scenario) in scenarios.iter().enumerate() {
                        button type="button" data-show=(scenario) aria-pressed=(if nth == 0 { "true" } else { "false" }) { (scenario) }
                    }
                }
            }
            @if strategies.len() > 1 {
                div.strategies role="group" aria-label="Strategies: one alone by a click, one more or less by a click with Shift" {
                    span.muted { "Show one alone; with Shift, one more or less" }
                    @for (number, strategy) in &strategies {
                        button type="button" data-pick=(number) data-name=(strategy) aria-pressed="false" {
                            span.swatch data-s=(number) {}
                            (strategy)
                        }
                    }
                    button type="button" data-all { "all" }
                }
            }
        }
    }
}
