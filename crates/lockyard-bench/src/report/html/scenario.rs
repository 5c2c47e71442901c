//! One scenario on the page: its table, and a chart of who is how fast in it.

use maud::{Markup, html};

use super::super::rows::{self, Table};
use super::super::{format, rows::Row};
use super::chart::{self, Axis, chart};
use super::palette::Palette;
use crate::record::{Comparison, Verdict};

pub(super) fn section(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    html! {
        section {
            h2 { (table.scenario) }
            p.muted { (table.settings()) "." }
            (strategies(table, palette))
            (violations(table))
            (notes(table))
            div.charts {
                (throughput(table, palette))
            }
        }
    }
}

fn strategies(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("Strategies under {}", table.scenario)) {
            table {
                thead {
                    tr {
                        th scope="col" { "strategy" }
                        th.number scope="col" { "operations/s" }
                        @if let Some(baseline) = table.baseline {
                            th.number scope="col" { "against " (baseline) }
                            th scope="col" { "verdict" }
                        }
                        @if table.against_naive { th.number scope="col" { "against " (rows::NAIVE) } }
                        @for operation in &table.operations {
                            th.number scope="col" { (operation) br; span.muted { "p50 / p99" } }
                        }
                        th.number scope="col" { "errors" }
                        th.number scope="col" { "refused" }
                        @for name in rows::CORRECTNESS { th scope="col" { (name) } }
                    }
                }
                tbody { @for row in &table.rows { (strategy(table, row, palette)) } }
            }
        }
    }
}

fn strategy(table: &Table<'_>, row: &Row<'_>, palette: &Palette<'_>) -> Markup {
    let correctness = match (row.wrong().next(), &row.cell.verification) {
        (Some(_), _) => "slower",
        (None, Some(_)) => "",
        (None, None) => "muted",
    };
    html! {
        tr data-s=(palette.number(&row.cell.strategy)) {
            th scope="row" { (row.cell.strategy) }
            td.number { (interval(&row.throughput())) }
            @if let Some(baseline) = table.baseline {
                td.number { (interval(&rows::ratio(row.against_baseline))) }
                td class=(row.against_baseline.map_or("muted", class)) { (rows::verdict(row, baseline)) }
            }
            @if table.against_naive { td.number { (interval(&rows::ratio(row.against_naive))) } }
            @for operation in &table.operations { td.number { (row.latency(operation)) } }
            td.number { (format::count(row.cell.errors as f64)) }
            td.number { (format::count(row.cell.refused as f64)) }
            td class=(correctness) { (row.linearizable()) }
            td class=(correctness) { (row.found()) }
        }
    }
}

/// A value with its interval, the interval a little quieter.
fn interval(text: &str) -> Markup {
    let (value, interval) = text.split_at(text.find(" [").unwrap_or(text.len()));
    html! { (value) span.muted { (interval) } }
}

fn violations(table: &Table<'_>) -> Markup {
    html! {
        @for (strategy, violation) in table.violations() {
            figure {
                figcaption { (rows::caption(strategy, violation)) }
                pre { code { (violation.text) } }
            }
        }
    }
}

fn notes(table: &Table<'_>) -> Markup {
    let notes = table.notes();
    html! {
        @if !notes.is_empty() { ul.notes { @for note in &notes { li { (note) } } } }
    }
}

fn throughput(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let (drawing, caption) = match table.baseline {
        Some(baseline) => (ratios(table, baseline, palette), ratios_caption(table, baseline)),
        None => (rates(table, palette), rates_caption(table)),
    };
    html! {
        figure {
            h3 { "Throughput" @if let Some(baseline) = table.baseline { " against " (baseline) } }
            figcaption { (caption) }
            (drawing)
            details {
                summary { "The numbers behind this chart" }
                div.scroll tabindex="0" role="region" aria-label="Throughput in numbers" { table {
                    thead { tr {
                        th scope="col" { "strategy" }
                        th.number scope="col" { "operations/s" }
                        th.number scope="col" { "interval" }
                        th.number scope="col" { "operations" }
                        th.number scope="col" { "ratio" }
                        th.number scope="col" { "noise floor" }
                    } }
                    tbody { @for row in &table.rows { tr data-s=(palette.number(&row.cell.strategy)) {
                        th scope="row" { (row.cell.strategy) }
                        td.number { (format!("{:.0}", row.cell.throughput.ops_per_s)) }
                        td.number { (format!("{:.0}–{:.0}", row.cell.throughput.ci[0], row.cell.throughput.ci[1])) }
                        td.number { (row.cell.operations) }
                        td.number { (rows::ratio(row.against_baseline)) }
                        td.number { (noise(row.against_baseline)) }
                    } } }
                } }
            }
        }
    }
}

fn noise(comparison: Option<&Comparison>) -> String {
    comparison.and_then(|it| it.noise_floor).map_or_else(|| rows::NOT_MEASURED.to_owned(), format::percent)
}

fn ratios(table: &Table<'_>, baseline: &str, palette: &Palette<'_>) -> Markup {
    let marks: Vec<_> = table
        .rows
        .iter()
        .filter_map(|row| {
            let it = row.against_baseline?;
            let strategy = &row.cell.strategy;
            let colour = palette.verdict(strategy, it.verdict);
            let tip = format!("{strategy}: {}, {}", format::ratio(it.ratio, it.ci), it.verdict);
            Some(chart::Row { label: strategy, value: it.ratio, span: it.ci, tail: false, colour, tip })
        })
        .collect();
    chart(
        &marks,
        Axis::Ratio,
        &format!("Ratio of throughput to {baseline}, with intervals, for each strategy"),
    )
}

fn ratios_caption(table: &Table<'_>, baseline: &str) -> String {
    let compared = table.rows.iter().filter_map(|row| row.against_baseline);
    let best = compared.max_by(|a, b| a.ratio.total_cmp(&b.ratio));
    let highest = best
        .map(|it| {
            format!("“{}” is highest at {} of “{baseline}”. ", it.candidate, format::ratio(it.ratio, it.ci))
        })
        .unwrap_or_default();
    let counts: Vec<_> = [
        (Verdict::Faster, "faster"),
        (Verdict::Slower, "slower"),
        (Verdict::NoDifference, "no different"),
        (Verdict::NoVerdict, "without a verdict"),
    ]
    .into_iter()
    .map(|(verdict, word)| (rows::with_verdict(table, verdict), word))
    .filter(|(count, _)| *count > 0)
    .collect();
    let candidates = format::counted(counts.iter().map(|(count, _)| *count as u64).sum(), "candidate");
    let counts: Vec<_> = counts.iter().map(|(count, word)| format!("{count} {word}")).collect();
    format!(
        "{highest}Of {candidates}: {}. The dashed line is “{baseline}”; a line that crosses it decides nothing.",
        format::list(&counts)
    )
}

fn rates(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let marks: Vec<_> = table
        .rows
        .iter()
        .map(|row| chart::Row {
            label: &row.cell.strategy,
            value: row.cell.throughput.ops_per_s,
            span: row.cell.throughput.ci,
            tail: false,
            colour: palette.tone(&row.cell.strategy, "accent"),
            tip: format!("{}: {}", row.cell.strategy, row.throughput()),
        })
        .collect();
    chart(&marks, Axis::Rate, "Operations a second, with intervals, for each strategy")
}

fn rates_caption(table: &Table<'_>) -> String {
    let by_rate =
        |a: &&Row<'_>, b: &&Row<'_>| a.cell.throughput.ops_per_s.total_cmp(&b.cell.throughput.ops_per_s);
    let told = |row: &Row<'_>| format!("{} ({})", row.throughput(), row.cell.strategy);
    match (table.rows.iter().min_by(by_rate), table.rows.iter().max_by(by_rate)) {
        (Some(low), Some(high)) if table.rows.len() > 1 => {
            format!("From {} to {} operations a second. Nothing was compared.", told(low), told(high))
        }
        (Some(only), _) => format!("{} operations a second. Nothing was compared.", only.throughput()),
        _ => String::new(),
    }
}

fn class(comparison: &Comparison) -> &'static str {
    match comparison.verdict {
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
        Verdict::NoDifference | Verdict::NoVerdict => "open",
    }
}
