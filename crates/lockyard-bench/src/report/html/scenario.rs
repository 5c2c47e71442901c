//! One scenario on the page: its table, and a chart of throughput in it.

use maud::{Markup, html};

use super::super::columns::{Align, Column, ColumnWidth, Tone};
use super::super::format;
use super::super::rows::{self, Row, Table};
use super::chart::{self, Axis, chart};
use super::palette::Palette;
use super::parts;
use super::violations::drawn;
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
    let columns = Column::all(table);
    let markup = html! { table {
        thead { tr {
            th scope="col" { "strategy" }
            @for it in &columns { (head(it)) }
        } }
        tbody { @for row in &table.rows { tr data-s=(palette.number(&row.cell.strategy)) {
            th scope="row" title=[made_of(row)] { (row.cell.strategy) }
            @for it in &columns { (cell(it, row)) }
        } } }
    } };
    parts::scroll(&format!("Strategies under {}", table.scenario), &markup)
}

/// What the strategy is made of, where its name alone does not say it.
fn made_of(row: &Row<'_>) -> Option<String> {
    let factors = row.cell.factors.as_ref()?;
    let shown: Vec<_> = factors.iter().map(|(factor, choice)| format!("{factor}={choice}")).collect();
    Some(shown.join(", ")).filter(|shown| !shown.is_empty())
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

/// A value with its interval, the interval a little quieter.
fn interval(text: &str) -> Markup {
    let (value, interval) = text.split_at(text.find(" [").unwrap_or(text.len()));
    html! { (value) @if !interval.is_empty() { span.muted { (interval) } } }
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
    let compared = table.rows.iter().filter_map(|row| row.against_baseline);
    let best = compared.max_by(|a, b| a.ratio.total_cmp(&b.ratio));
    let highest = best
        .map(|it| {
            format!("“{}” is highest at {} of {baseline}. ", it.candidate, format::ratio(it.ratio, it.ci))
        })
        .unwrap_or_default();
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
    let shown = |row: &Row<'_>| format!("{} ({})", row.throughput(), row.cell.strategy);
    match (table.rows.iter().min_by(by_rate), table.rows.iter().max_by(by_rate)) {
        (Some(low), Some(high)) if table.rows.len() > 1 => {
            format!("From {} to {} operations a second. Nothing was compared.", shown(low), shown(high))
        }
        (Some(only), _) => format!("{} operations a second. Nothing was compared.", only.throughput()),
        _ => String::new(),
    }
}
