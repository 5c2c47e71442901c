//! index.html: the report as one page that needs nothing but itself.
//!
//! It makes no request, and its policy says so to the browser. It has one small script, for switching strategies off and
//! for stepping through what failed; the policy names it by its hash, so nothing else can run. Whatever stands in a record, a hostile name included, can
//! therefore be text on this page and nothing else.

mod ablation;
mod bars;
mod chart;
mod curves;
mod heat;
mod latency;
mod locks;
mod matrix;
mod method;
mod palette;
mod pareto;
mod parts;
mod plot;
mod recommend;
mod scaling;
mod scenario;
mod simulated;
mod timeline;
mod violations;
mod xy;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::failures::failures;
use super::rows::Table;
use super::{format, verdict};
use crate::record::Record;
use palette::Palette;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");

/// The page's own script and that of drawings, as one: the policy has one hash to name.
fn script() -> String {
    [SCRIPT, lockyard_evidence::SCRIPT].join("\n")
}

/// The report as a page for a browser.
pub fn page(record: &Record) -> String {
    let failures = failures(record);
    let tables = Table::all(record);
    let palette = Palette::of(record);
    let scenarios: Vec<_> = tables.iter().map(|table| table.scenario.to_owned()).collect();
    // Points of locks alone are too many for a title.
    let title = if record.locks.is_some() { "locks alone".to_owned() } else { format::list(&scenarios) };
    let script = script();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&script));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Lockyard" @if !title.is_empty() { ": " (title) } }
                style { (PreEscaped(STYLE)) (PreEscaped(lockyard_evidence::STYLE)) }
            }
            body {
                header {
                    h1 { "Lockyard" }
                    p.verdict { (verdict::verdict(record)) }
                    @if !failures.is_empty() {
                        p { a.jump href="#failure-1" { "Jump to the first failure" } }
                    }
                }
                (switches(&palette))
                main {
                    @if !failures.is_empty() {
                        section.failures #failures {
                            h2 { "Failures" }
                            ol { @for (nth, failure) in (1..).zip(&failures) {
                                li id=(format!("failure-{nth}")) tabindex="-1" { (failure) }
                            } }
                        }
                    }
                    @if record.locks.is_some() {
                        (locks::sections(record, &tables, &palette))
                        @if let Some(simulation) = record.locks.as_ref().and_then(|it| it.simulation.as_ref()) {
                            (simulated::section(record, simulation, &palette))
                        }
                    } @else {
                        @if !tables.is_empty() { (heat::section(record, &palette)) }
                        (recommend::section(record))
                        (charts(record, &tables, &palette))
                    }
                    (method::sections(record, &tables))
                }
                script { (PreEscaped(&script)) }
            }
        }
    };
    page.into_string()
}

/// In the order in which questions come: how fast, how far, how long, how steady, why, at what price.
fn charts(record: &Record, tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    let cells = || record.cells.iter();
    html! {
        @for table in tables { (scenario::section(table, palette)) }
        @if !record.scaling.is_empty() { (scaling::section(record, palette)) }
        @if cells().any(|cell| !cell.latency_ns.is_empty()) { (latency::section(tables, palette)) }
        @if cells().any(|cell| cell.timeline.is_some()) { (timeline::section(tables, palette)) }
        @if cells().any(|cell| cell.wait_ns.is_some() || cell.hold_ns.is_some()) { (bars::locks(tables, palette)) }
        @if cells().any(|cell| cell.fairness.is_some()) { (bars::fairness(tables, palette)) }
        @if tables.iter().any(bars::has_bytes) { (bars::memory(tables, palette)) }
        @if !record.ablations.is_empty() { (ablation::section(record)) }
        @if tables.iter().any(|table| table.rows.len() > 1) { (pareto::section(tables, palette)) }
        @if violations::any(record) { (violations::section(record)) }
        @if let Some(models) = &record.models { (matrix::models(models)) }
        @if let Some(pitfalls) = &record.pitfalls { (matrix::pitfalls(pitfalls)) }
    }
}

/// A button for each strategy. Without the script they would do nothing, so it is the script that shows them.
fn switches(palette: &Palette<'_>) -> Markup {
    html! {
        @if palette.strategies().count() > 1 {
            nav.switches hidden aria-label="Strategies shown" {
                span.muted { "Show" }
                @for (number, strategy) in palette.strategies() {
                    button type="button" data-switch=(number) data-name=(strategy) aria-pressed="true" {
                        span.swatch style=(format!("color: {}", palette.colour(strategy))) {}
                        (strategy)
                    }
                }
                button type="button" data-all { "all" }
            }
        }
    }
}

/// Nothing may be fetched, and no script may run but the one.
fn policy(script: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(script));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    )
}
