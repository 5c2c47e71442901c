//! index.html: the report as one page that needs nothing but itself.
//!
//! It answers in the order in which questions come: what failed, which one to use, how they rank, why, at what price, how far, and
//! whether it is right; what else was measured is folded at the end. It makes no request, and its policy names its scripts by
//! their hashes, so nothing else can run: whatever stands in a record, a hostile name included, is text on this page and nothing
//! else. Without its scripts it is whole.

mod correctness;
mod failures;
mod figures;
mod glossary;
mod header;
mod latency;
mod locks;
mod method;
mod palette;
mod parts;
mod ranking;
mod resources;
mod scaling;
mod simulated;
mod timeline;
mod tradeoff;
mod why;

use lockyard_evidence::{Document, PageScript};
use maud::{Markup, html};

use super::advice::recommendation;
use super::answer::Answer;
use super::failures::Failure;
use super::format;
use super::plane;
use super::rows::Table;
use crate::record::Record;
use palette::Palette;

const STYLE: &str = include_str!("style.css");

/// Picks scenarios and strategies, sorts, copies, and draws other operations.
const SCRIPT: PageScript =
    PageScript { text: include_str!("page.js"), sha256: "kAEnXz12r3P36wDZiQZRq5NWrCT1IgePEjokLjkD0fQ=" };

/// The report as a page for a browser.
pub fn page(record: &Record) -> String {
    let tables = Table::all(record);
    let answer = Answer::of(record);
    let answer = answer.as_ref();
    let failures = Failure::all(record);
    let palette = Palette::of(record, answer.map_or(&[], |it| &it.choices));
    let scenarios: Vec<_> = tables.iter().map(|table| table.scenario.to_owned()).collect();
    // Points of locks alone are too many for a title.
    let title = if record.locks.is_some() { "locks alone".to_owned() } else { format::list(&scenarios) };
    let sections =
        if record.locks.is_some() { Vec::new() } else { sections(record, &tables, &palette, answer) };
    let scenarios: Vec<_> =
        if record.locks.is_some() { Vec::new() } else { tables.iter().map(|table| table.scenario).collect() };
    let links: Vec<_> = sections.iter().map(|it| (it.id, it.title)).collect();
    let body = html! {
        // What failed stands before all else, and the way to it before that.
        @if !failures.is_empty() { a.skip.jump href="#failure-1" { "Jump to the first failure" } }
        a.skip href="#content" { "Skip to the results" }
        (failures::section(&failures))
        (header::header(record, &title, answer, &failures))
        (header::controls(&scenarios, &palette, &links))
        main #content tabindex="-1" {
            @if record.locks.is_some() {
                (locks::sections(record, &tables, &palette))
                @if let Some(simulation) = record.locks.as_ref().and_then(|it| it.simulation.as_ref()) {
                    (simulated::section(record, simulation, &palette))
                }
            }
            @for section in &sections { (section.content) }
            @if let Some(recommended) = recommendation(record) { (figures::advice(&recommended)) }
            (details(record, &tables, &palette))
            (method::sections(record, &tables))
        }
    };
    let title = if title.is_empty() { "Lockyard".to_owned() } else { format!("Lockyard: {title}") };
    Document {
        title: &title,
        styles: &[plane::STYLE, STYLE, &palette.style(), lockyard_evidence::STYLE],
        scripts: &[SCRIPT, lockyard_evidence::SCRIPT],
        body: &without_implied_ends(body.into_string()),
    }
    .to_html()
}

/// HTML without the end tags that HTML implies by what follows: of a page of tables they are a twelfth. A text has none, for it is
/// escaped, nor has the data of a chart.
fn without_implied_ends(html: String) -> String {
    ["</td>", "</th>", "</tr>", "</thead>", "</tbody>", "</li>"]
        .iter()
        .fold(html, |html, end| html.replace(end, ""))
}

/// A section that the contents lead to.
struct Section {
    id: &'static str,
    title: &'static str,
    content: Markup,
}

/// How fast, why, at what price, how slow the slow ones are, how far, and whether right: what there is of it.
fn sections(
    record: &Record,
    tables: &[Table<'_>],
    palette: &Palette<'_>,
    answer: Option<&Answer>,
) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut add = |id, title, content| sections.push(Section { id, title, content });
    if !tables.is_empty() {
        add(ranking::ID, ranking::TITLE, ranking::section(tables, palette));
    }
    if why::any(record, tables, answer) {
        add(why::ID, "Why", why::section(record, tables, answer));
    }
    if tradeoff::any(tables) {
        add(tradeoff::ID, "Trade-off", tradeoff::section(tables, palette));
    }
    if record.cells.iter().any(|cell| !cell.latency_ns.is_empty()) {
        add(latency::ID, latency::TITLE, latency::section(tables, palette));
    }
    if !record.scaling.is_empty() {
        add(scaling::ID, scaling::TITLE, scaling::section(record, palette));
    }
    if !record.cells.is_empty() || record.models.is_some() || record.pitfalls.is_some() {
        add(correctness::ID, correctness::TITLE, correctness::section(record, palette));
    }
    sections
}

/// What else was measured, folded.
fn details(record: &Record, tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    if record.locks.is_some() {
        return html! {};
    }
    let any = |has: fn(&Table<'_>) -> bool| tables.iter().any(has);
    html! {
        @if !tables.is_empty() { (figures::section(tables, palette)) }
        @if any(|table| timeline::kept(table).next().is_some()) { (timeline::section(tables, palette)) }
        @if any(resources::has_locks) { (resources::locks(tables, palette)) }
        @if record.cells.iter().any(|cell| cell.fairness.is_some()) { (resources::fairness(tables, palette)) }
        @if any(resources::has_bytes) { (resources::memory(tables, palette)) }
    }
}
