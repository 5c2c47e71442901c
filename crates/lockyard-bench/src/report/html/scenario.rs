//! One scenario on the page: its table, and a chart of throughput in it.

use maud::{Markup, html};

use super::super::columns::{Align, Column, ColumnWidth, Tone};
use super::super::format;
use super::super::leaders::{self, Lead};
use super::super::rows::{self, Row, Table};
use super::super::strategies;
use super::chart::{self, Axis, chart};
use super::palette::Palette;
use super::parts;
use super::violations::drawn;
use crate::record::{Comparison, Verdict};
use crate::stats::Direction;

pub(super) fn section(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    html! {
        section {
            h2 { (table.scenario) }
            p.muted { (table.settings()) "." }
            (rows_of(table, &table.rows, palette))
            @if !table.combinations.is_empty() {
                details {
                    summary { (rows::COMBINATIONS) ": " (table.combinations.len()) " combinations" }
                    (rows_of(table, &table.combinations, palette))
                }
            }
            (violations(table))
            (notes(table))
            div.charts {
                (throughput(table, palette))
            }
        }
    }
}

/// The table alone, for one of many points.
pub(super) fn section_of_rows(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    html! {
        h3 { (table.scenario) }
        p.muted { (table.settings()) "." }
        (rows_of(table, &table.rows, palette))
        (violations(table))
        (notes(table))
    }
}

fn rows_of(table: &Table<'_>, rows: &[Row<'_>], palette: &Palette<'_>) -> Markup {
    let columns = Column::all(table);
    let hint = |row: &Row<'_>| strategies::hint(table.record, &row.cell.strategy, row.cell.factors.as_ref());
    let markup = html! { table {
        thead { tr {
            th scope="col" { "strategy" }
            @for it in &columns { (head(it)) }
        } }
        tbody { @for row in rows { tr data-s=(palette.number(&row.cell.strategy)) {
            th scope="row" title=[hint(row)] { (row.cell.strategy) }
            @for it in &columns { (cell(it, row)) }
        } } }
    } };
    parts::scroll(&format!("Strategies under {}", table.scenario), &markup)
}

fn head(column: &Column<'_>) -> Markup {
    let words = html! { (column.head) @if !column.unit.is_empty() { br; span.muted { (column.unit) } } };
    match column.align {
        Align::CellText => html! { th scope="col" { (words) } },
        Align::Numbers | Align::Ratios => html! { th.number scope="col" { (words) } },
    }
}

fn cell(column: &Column<'_>, row: &Row<'_>) -> Markup {
    let words = (column.cell)(row, ColumnWidth::Wide);
    let tone = match (column.tone)(row) {
        Tone::Plain => "",
        Tone::Muted => "muted",
        Tone::Good => "faster",
        Tone::Bad => "slower",
        Tone::Open => "open",
    };
    match column.align {
        Align::CellText => html! { td class=(tone) { (words) } },
        Align::Numbers | Align::Ratios => {
            html! { td class=(format!("number {tone}").trim_end()) { (interval(&words)) } }
        }
    }
}

/// Values with their intervals and counts, these a little quieter.
fn interval(text: &str) -> Markup {
    let mut rest = text;
    let mut parts = Vec::new();
    while let Some((open, close)) = next_aside(rest) {
        parts.push((&rest[..open], &rest[open..close]));
        rest = &rest[close..];
    }
    html! { @for (value, aside) in parts { (value) span.muted { (aside) } } (rest) }
}

/// Where the next interval or count begins and ends, with the space before it.
fn next_aside(text: &str) -> Option<(usize, usize)> {
    let open = [" [", " ("].into_iter().filter_map(|mark| text.find(mark)).min()?;
    let close = text[open..].find([']', ')'])? + 1;
    Some((open, open + close))
}

fn violations(table: &Table<'_>) -> Markup {
    html! {
        @for (strategy, violation) in table.violations() {
            figure {
                figcaption { (rows::caption(strategy, violation)) }
                (drawn(&violation.drawing()))
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
    let (against, drawing, caption) = match table.baseline() {
        Some(baseline) => {
            let against = format!(" against {baseline}");
            let quoted = table.baseline_quoted().unwrap_or_default();
            (against, ratios(table, baseline, palette), ratios_caption(table, &quoted))
        }
        None => (String::new(), rates(table, palette), rates_caption(table)),
    };
    let rows = table.rows.iter().map(|row| {
        let it = &row.cell.throughput;
        let cells = vec![
            format!("{:.0}", it.ops_per_s),
            format!("{:.0}–{:.0}", it.ci[0], it.ci[1]),
            row.cell.operations.to_string(),
            rows::ratio(row.against_baseline),
            noise(row.against_baseline),
        ];
        (row.cell.strategy.as_str(), cells)
    });
    let head = ["operations/s", "interval", "operations", "ratio", "noise floor"];
    let numbers = parts::numbers(palette, "Throughput in numbers", &head, rows);
    parts::figure(&format!("Throughput{against}"), &caption, &drawing, &numbers)
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
    let highest = highest(table).unwrap_or_default();
    let counts: Vec<_> = [
        (Verdict::Faster, "faster"),
        (Verdict::Slower, "slower"),
        (Verdict::NoDifference, "no different"),
        (Verdict::NoVerdict, "inconclusive"),
    ]
    .into_iter()
    .map(|(verdict, word)| (rows::with_verdict(table, verdict), word))
    .filter(|(count, _)| *count > 0)
    .collect();
    let candidates = format::counted(counts.iter().map(|(count, _)| *count as u64).sum(), "candidate");
    let counts: Vec<_> = counts.iter().map(|(count, word)| format!("{count} {word}")).collect();
    format!(
        "{highest}Of {candidates}: {}. The dashed line is {baseline}; an interval that crosses 1× is not significant.",
        format::list(&counts)
    )
}

/// "“arc-swap” is highest at ×1.71 [1.67, 1.75] of “before”. " With those that are tied.
fn highest(table: &Table<'_>) -> Option<String> {
    let lead = Lead::of(leaders::throughputs(table), Direction::HigherIsBetter)?;
    let Some((first, tied)) = lead.first() else { return Some(format!("Highest: {}. ", lead.undecided())) };
    // The chart has ratios to the baseline, whatever strategies are ranked by.
    let at = match first.row.against_baseline {
        Some(it) => format!(" at {} of “{}”", format::ratio(it.ratio, it.ci), it.baseline),
        None => String::new(),
    };
    let tied = if tied.is_empty() {
        String::new()
    } else {
        format!(", statistically tied with {}", leaders::names(&tied))
    };
    Some(format!("“{}” is highest{}{at}{tied}. ", first.strategy(), leaders::among(table)))
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
    let rates = table.rows.iter().map(|row| row.cell.throughput.ops_per_s);
    let (low, high) =
        rates.fold((f64::INFINITY, 0.0), |(low, high), it| (f64::min(low, it), f64::max(high, it)));
    match &table.rows[..] {
        [] => String::new(),
        [only] => format!("{} operations a second. Nothing was compared.", only.throughput()),
        _ => format!(
            "From {} to {} operations a second. {}Nothing was compared.",
            format::count(low),
            format::count(high),
            highest(table).unwrap_or_default()
        ),
    }
}
