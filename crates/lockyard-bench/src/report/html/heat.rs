//! Strategy × scenario: how fast and whether right, in one row. What most readers came for.

use maud::{Markup, html};

use super::super::rows::{self, Table};
use super::super::{correct, format, strategies};
use super::palette::Palette;
use super::parts;
use crate::record::{Cell, Record};

pub(super) fn section(record: &Record, palette: &Palette<'_>) -> Markup {
    let tables = Table::all(record);
    let table = html! { table.heat {
        thead {
            tr {
                th scope="col" { "strategy" }
                @for table in &tables { th.number scope="col" { (table.scenario) } }
                @for check in correct::HEAD { th scope="col" { (check) } }
            }
        }
        tbody {
            @for (number, strategy) in palette.strategies() {
                @if record.cells.iter().any(|cell| cell.strategy == strategy) {
                    tr data-s=(number) {
                        th scope="row" title=[strategies::hint(record, strategy, None)] { (strategy) }
                        @for table in &tables { (speed(table, strategy)) }
                        @for check in correct::checks(record, strategy) {
                            td class=(if check.wrong { "wrong" } else if check.known { "" } else { "muted" }) { (check.words) }
                        }
                    }
                }
            }
        }
    } };
    html! {
        section #overview aria-labelledby="overview-title" {
            h2 #overview-title { "Speed and correctness" }
            p.muted { (sentence(record, &tables)) }
            (parts::scroll("Strategies by scenario", &table))
        }
    }
}

fn sentence(record: &Record, tables: &[Table<'_>]) -> String {
    let Some(baseline) = tables.iter().find_map(Table::baseline_quoted) else {
        return "Operations a second; nothing was compared.".to_owned();
    };
    let confidence = record.comparisons.first().map_or(String::new(), |it| {
        format!(" Each interval has confidence {}.", format::percent(it.confidence))
    });
    format!(
        "Throughput ÷ that of {baseline} under the same scenario, with its interval: green is faster, red slower, and \
         no tint means not significant.{confidence} What failed anywhere has no tint, and is never recommended."
    )
}

fn speed(table: &Table<'_>, strategy: &str) -> Markup {
    let Some(row) = table.rows.iter().find(|row| row.cell.strategy == strategy) else {
        return html! { td.number.muted { "not measured" } };
    };
    let wrong = row.wrong().next().is_some();
    if table.baselines.is_empty() {
        return html! { td.number { (row.throughput()) @if wrong { span.wrong { " failed" } } } };
    }
    let it = row.against_baseline;
    let tint = match it {
        Some(it) if !row.excluded && it.ci[0] > 1.0 => shade("up", it.ratio),
        Some(it) if !row.excluded && it.ci[1] < 1.0 => shade("down", 1.0 / it.ratio),
        _ => String::new(),
    };
    let text = match it {
        Some(it) => format::ratio(it.ratio, it.ci),
        None => rows::verdict(row, &table.baselines).to_owned(),
    };
    let (value, interval) = text.split_at(text.find(" [").unwrap_or(text.len()));
    html! {
        td class=(format!("number {tint}")) title=(tooltip(row.cell)) {
            (value) br; span.interval { (interval.trim_start()) }
            @if wrong { " " span.wrong { "failed" } }
        }
    }
}

fn tooltip(cell: &Cell) -> String {
    format!("{} operations/s", format::with_interval(cell.throughput.ops_per_s, cell.throughput.ci))
}

/// How strong a tint is: by a tenth, by half, twofold, and more.
fn shade(way: &str, ratio: f64) -> String {
    let strength = [1.1, 1.5, 2.0].iter().filter(|step| ratio >= **step).count() + 1;
    format!("{way}{strength}")
}
