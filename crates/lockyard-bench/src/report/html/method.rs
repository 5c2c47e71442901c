//! The end of the page: where it was measured, how to read it, what is not in it, and how to make it again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use super::super::markup;
use super::super::rows::{self, Table};
use super::super::{format, machines, strategies};
use super::{glossary, parts, resources, timeline};
use crate::record::{Environment, Record};

/// What stands at the end, folded but for the command.
pub(super) fn sections(record: &Record, tables: &[Table<'_>]) -> Markup {
    html! {
        (known_as(record))
        (of_machines(record))
        (parts::folded("environment", "Environment", &environment(record)))
        (parts::folded("method", "Method: how to read this", &method(record)))
        (parts::folded("glossary", "Glossary", &glossary::terms()))
        (absent(record, tables))
        (reproduce(record))
    }
}

/// What each strategy is.
fn known_as(record: &Record) -> Markup {
    let rows = strategies::rows(record);
    let content = html! {
        @if let Some(beside) = strategies::beside_the_reference(record) { p { (beside) } }
        (markup::table(strategies::TITLE, strategies::HEAD, &markup::rows(&rows)))
    };
    html! { @if !rows.is_empty() { (parts::folded("strategies", strategies::TITLE, &content)) } }
}

/// What several load machines did together.
fn of_machines(record: &Record) -> Markup {
    let sentences = machines::sentences(record);
    let content = html! {
        @for sentence in &sentences { p { (sentence) } }
        (markup::table(machines::TITLE, machines::HEAD, &markup::rows(machines::rows(record))))
    };
    html! { @if !sentences.is_empty() { (parts::section("machines", machines::TITLE, &content)) } }
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
        ("Cores", cores(it)),
        ("System", it.os.clone()),
        ("Lockyard", version),
        ("rustc", it.rustc.clone()),
    ];
    if let Some(governor) = &it.governor {
        facts.push(("Frequency governor", governor.clone()));
    }
    if let Some(cpus) = &it.pinned {
        let cpus: Vec<_> = cpus.iter().map(u32::to_string).collect();
        facts.push(("Workers pinned to", format!("CPU {}", cpus.join(", "))));
    }
    if let Some(locks) = &record.locks {
        facts.push(("Calibrated work", format!("{:.3} iterations/ns", locks.iterations_per_ns)));
    }
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
        facts.push((
            "Probe effect",
            format!("{} of the throughput with latencies recorded", format::percent(effect)),
        ));
    }
    html! { dl { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } } }
}

/// Logical cores, with how they stand together where that is known.
fn cores(it: &Environment) -> String {
    let sockets = it.sockets.map(|sockets| format::counted(sockets.into(), "socket"));
    let threads = it.threads_per_core.map(|threads| match threads {
        1 => "no SMT".to_owned(),
        several => format!("{several} threads a core"),
    });
    let known: Vec<_> = sockets.into_iter().chain(threads).collect();
    if known.is_empty() { it.cores.to_string() } else { format!("{} ({})", it.cores, known.join(", ")) }
}

fn method(record: &Record) -> Markup {
    let mut clocks: Vec<_> = record.cells.iter().map(|cell| cell.arrival.latency_clock()).collect();
    clocks.sort_unstable();
    clocks.dedup();
    html! {
            ul {
                li { "A ratio is candidate ÷ baseline. For throughput, above ×1 is faster; for latency and bytes, below." }
                li { "Rounds are interleaved and paired, so that machine noise hits all candidates alike. The bracketed confidence interval is that of the paired ratio, which is why it can be narrower than the intervals of the rates." }
                li { "Faster and slower mean that the whole interval is on one side of ×1; no difference, that it lies within the equivalence margin around ×1; no verdict, that the result is inconclusive." }
                @if record.against.is_some() {
                    li { "Against another build a round is one process of each, one right after the other, so that the interval also holds what differs from one process to the next. A percentile is that of the median process." }
                }
                @if let Some(seconds) = record.cells.iter().find_map(|cell| cell.tracked_beside_s) {
                    li { "Deadlocks, inversions, starvation, waits and holds are of " (format!("{seconds:.1}")) " s a cell with tracked locks, beside the measured time: tracking has a cost, which is in no throughput and no latency here." }
                }
                @if !clocks.is_empty() {
                    li { "Latency clock: " (clocks.join("; ")) "." }
                }
                li { "“" (rows::NOT_MEASURED) "” and “not checked” mean no data; they are never a zero." }
            }
    }
}

/// What another run could hold and this one does not, so that readers do not search for it.
fn absent(record: &Record, tables: &[Table<'_>]) -> Markup {
    let cells = || record.cells.iter();
    let missing: Vec<_> = [
        ("latency over time", tables.iter().any(|table| timeline::kept(table).next().is_some())),
        ("lock contention", cells().any(|cell| cell.wait_ns.is_some() || cell.hold_ns.is_some())),
        ("fairness", cells().any(|cell| cell.fairness.is_some())),
        ("memory", tables.iter().any(resources::has_bytes)),
        ("ablation", !record.ablations.is_empty()),
        ("scaling", !record.scaling.is_empty()),
        ("runtime checks", cells().any(|cell| cell.verification.is_some())),
        ("models", record.models.is_some()),
        ("pitfalls", record.pitfalls.is_some()),
    ]
    .into_iter()
    .filter(|(_, has)| !has)
    .map(|(name, _)| name.to_owned())
    .collect();
    html! {
        @if !missing.is_empty() {
            p #absent.muted { "Not in this record: " (format::list(&missing)) "." }
        }
    }
}

fn reproduce(record: &Record) -> Markup {
    let content = html! {
        p { "With seed " (record.seed) ":" }
        pre tabindex="0" { code { (record.command) } }
        p {
            a download="run.json.gz" href=(data_url(record)) { "Download the record" }
            " (JSON, schema " (record.schema_version) ", compressed; " code { "report run.json.gz" } " reads it"
            @if record.cells.iter().any(|cell| cell.lock_uses.is_some()) {
                "; without the histograms of single locks, which run.json beside this page has"
            }
            ")"
        }
    };
    parts::section("reproduce", "To reproduce", &content)
}

/// The record as a link to itself: compressed, for it is several times as large as the page, and without what would be half of it
/// and is on no page.
fn data_url(record: &Record) -> String {
    let mut record = record.clone();
    record.cells.iter_mut().for_each(|cell| cell.lock_uses = None);
    format!("data:application/gzip;base64,{}", STANDARD.encode(record.to_gzip()))
}
