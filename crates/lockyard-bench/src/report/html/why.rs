//! Why it is faster: what each change on the way from one strategy to another gave, as a waterfall.

use maud::{Markup, html};

use super::super::ablation::{self, AblationPath};
use super::super::answer::Answer;
use super::super::format;
use super::super::markup;
use super::super::rows::Table;
use super::super::strategies;
use super::parts;
use crate::record::{Metric, Record, Verdict};

pub(super) const ID: &str = "why";
pub(super) const TITLE: &str = "Why: the effect of each change";

/// Whether anything can be said of it.
pub(super) fn any(record: &Record, tables: &[Table<'_>], answer: Option<&Answer>) -> bool {
    !record.ablations.is_empty() || tables.iter().any(|table| difference(record, table, answer).is_some())
}

pub(super) fn section(record: &Record, tables: &[Table<'_>], answer: Option<&Answer>) -> Markup {
    let ways = AblationPath::all(record);
    let panels = parts::panels(tables, |table| {
        let mut of_table = ways.iter().filter(|way| way.scenario == table.scenario).peekable();
        html! {
            @if of_table.peek().is_none() { (difference(record, table, answer).unwrap_or_default()) }
            @for way in of_table { (waterfall(way)) }
        }
    });
    let content = html! {
        @if !ways.is_empty() {
            p.muted {
                "Every combination of the old and the new choices was measured in the same rounds (a full factorial design). A step \
                 is the effect of one change, averaged over all levels of the others; the scale is logarithmic, so that equal lengths \
                 are equal factors. What is grey is not significant."
            }
        }
        (panels)
    };
    parts::section(ID, TITLE, &content)
}

/// The steps from the first strategy to the last, each where the one before has ended.
fn waterfall(way: &AblationPath<'_>) -> Markup {
    let mut steps = Vec::new();
    let mut at = 1.0;
    for (label, it) in way.main_effects() {
        steps.push((label, at, at * it.ratio, it));
        at *= it.ratio;
    }
    let whole = way.whole().map(|it| (it.ratio, it.ci));
    let ends = steps.iter().flat_map(|(_, from, to, _)| [*from, *to]).chain(whole.map(|it| it.0));
    let (low, high) = ends.fold((1.0_f64, 1.0_f64), |(low, high), it| (low.min(it), high.max(it)));
    let (low, high) = (low / 1.02, high * 1.02);
    let share = |it: f64| (it / low).ln() / (high / low).ln() * 100.0;
    let bar = |from: f64, to: f64, class: &str| {
        let (left, right) = (share(from.min(to)), share(from.max(to)));
        let style = format!("left:{left:.1}%;width:{:.1}%", (right - left).max(0.4));
        html! { span.fall aria-hidden="true" { i class=(class) style=(style) {} } }
    };
    let caption =
        format!("From “{}” to “{}” under {}: throughput, step by step", way.from, way.to, way.scenario);
    let table = html! { table.water {
        caption { (caption) }
        thead { tr { th scope="col" { "change" } th scope="col" { "from ×1" } th.number scope="col" { "effect" } } }
        tbody {
            @for (label, from, to, it) in &steps {
                @let class = match it.verdict {
                    Verdict::Faster => "up",
                    Verdict::Slower => "down",
                    Verdict::NoDifference | Verdict::NoVerdict => "same",
                };
                tr {
                    th scope="row" { (label) }
                    td { (bar(*from, *to, class)) }
                    td.number { (format::ratio(it.ratio, it.ci)) }
                }
            }
            @if let Some((ratio, ci)) = whole {
                tr.sum {
                    th scope="row" { "all of it: “" (way.to) "” ÷ “" (way.from) "”" }
                    td { (bar(1.0, ratio, "whole")) }
                    td.number { (format::ratio(ratio, ci)) }
                }
            }
        }
    } };
    html! {
        figure {
            (markup::scroll(&caption, &table))
            figcaption { (way.sentence()) }
            details {
                summary { "All effects and interactions" }
                (markup::table(&way.title(), ablation::HEAD, &markup::rows(way.rows())))
            }
        }
    }
}

/// Without an ablation: in what the best differs from what it is held against, and the ratio of all that together.
fn difference(record: &Record, table: &Table<'_>, answer: Option<&Answer>) -> Option<Markup> {
    let from = record.baseline()?;
    let to = answer?.choices.iter().find(|it| *it != from)?;
    let it = record.comparison(table.scenario, from, to, &Metric::Throughput)?;
    let changes = strategies::changes(record, from, to)?;
    Some(html! {
        p {
            "“" (to) "” has " (format::ratio(it.ratio, it.ci)) " of the throughput of “" (from) "”, and differs in "
            (format::list(&changes)) ". What each change gave was not measured: " code { "--ablate " (from) ".." (to) } " does."
        }
    })
}
