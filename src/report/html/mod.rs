//! index.html: the report as one page that needs nothing but itself.
//!
//! It makes no request and runs no script, and its policy says so to the browser. Whatever stands in a record, a
//! hostile name included, can therefore be text on this page and nothing else.

mod chart;
mod curves;
mod more;
mod scaling;
mod scenario;

use std::fmt::Write as _;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::failures::failures;
use super::rows::Table;
use super::{format, rows, verdict};
use crate::record::Record;

const STYLE: &str = include_str!("style.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The report as a page for a browser.
pub fn page(record: &Record) -> String {
    let failures = failures(record);
    let tables = Table::all(record);
    let scenarios: Vec<_> = tables.iter().map(|table| table.scenario.to_owned()).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Lockyard" @if !scenarios.is_empty() { ": " (format::list(&scenarios)) } }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Lockyard" }
                    p.verdict { (verdict::verdict(record)) }
                }
                main {
                    @if !failures.is_empty() {
                        section.failures {
                            h2 { "Failures" }
                            ul { @for failure in &failures { li { (failure) } } }
                        }
                    }
                    (environment(record))
                    @for table in &tables { (scenario::section(table)) }
                    (more::sections(record))
                    (method(record))
                    (reproduce(record))
                }
            }
        }
    };
    page.into_string()
}

fn environment(record: &Record) -> Markup {
    let it = &record.environment;
    let version = match &it.commit {
        Some(commit) => format!("{} ({commit})", it.version),
        None => it.version.clone(),
    };
    let mut facts = vec![
        ("Measured", rows::began(record)),
        ("Processor", it.cpu_model.clone().unwrap_or_else(|| "unknown".to_owned())),
        ("Cores", it.cores.to_string()),
        ("System", it.os.clone()),
        ("Lockyard", version),
        ("rustc", it.rustc.clone()),
    ];
    if let Some(limits) = &record.limits {
        facts.push((
            "Limits",
            format!(
                "{} operations/s without shared writes, {} shared read-modify-writes/s",
                format::count(limits.no_shared_write_ops_per_s),
                format::count(limits.shared_rmw_per_s)
            ),
        ));
    }
    if let Some(effect) = record.probe_effect {
        facts.push(("Tracking", format!("keeps {} of the throughput", format::percent(effect))));
    }
    html! {
        section.environment aria-label="Environment" {
            dl { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } }
        }
    }
}

fn method(record: &Record) -> Markup {
    let mut clocks: Vec<_> = record.cells.iter().map(|cell| cell.arrival.latency_clock()).collect();
    clocks.dedup();
    clocks.sort_unstable();
    clocks.dedup();
    html! {
        section {
            h2 { "How to read this" }
            ul {
                li { "A ratio is candidate ÷ baseline. For throughput, above ×1 is faster; for latency and bytes, below." }
                li { "Rounds of rivals are interleaved and paired, so that a slow spell of the machine hits them alike. The bracketed interval is that of the paired ratio, which is why it can be narrower than the intervals of the rates." }
                li { "Faster and slower mean that the whole interval is on one side of ×1; no difference, that it lies within the margin around ×1; no verdict, that this run cannot tell." }
                @if !clocks.is_empty() {
                    li { "Latency clock: " (clocks.join("; ")) "." }
                }
                li { "“" (rows::NOT_MEASURED) "” and “not checked” are just that; they are never a zero." }
            }
        }
    }
}

fn reproduce(record: &Record) -> Markup {
    html! {
        section {
            h2 { "To reproduce" }
            p { "With seed " (record.seed) ":" }
            pre { code { (record.command) } }
            p { a download="run.json" href=(data_url(record)) { "Download the record" } " (JSON, schema " (record.schema_version) ")" }
        }
    }
}

/// The record as a link to itself, without the indentation of its file. All but letters, digits and a few marks is
/// percent-encoded, so nothing in it can end the attribute.
fn data_url(record: &Record) -> String {
    let json = serde_json::to_string(record).expect("a record has nothing but string keys");
    let mut url = "data:application/json;charset=utf-8,".to_owned();
    for byte in json.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.,:[]{}".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}
