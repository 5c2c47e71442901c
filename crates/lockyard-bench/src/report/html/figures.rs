//! Every figure of a scenario, a column each, and what is recommended from them, scenario by scenario.

use maud::{Markup, html};

use super::super::advice::{self, Recommendation};
use super::super::columns::{Align, Column, ColumnWidth, Part, Tone};
use super::super::combination_name::combination_name;
use super::super::markup;
use super::super::rows::{self, Row, Table};
use super::palette::Palette;
use super::parts;

/// All tables, folded.
pub(super) fn section(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    parts::folded("figures", "Every figure", &parts::panels(tables, |table| every_figure(table, palette)))
}

/// One of many points.
pub(super) fn every_figure(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let notes = table.notes();
    html! {
        (rows_of(table, &table.rows, palette))
        @if !table.combinations.is_empty() {
            details {
                summary { (rows::COMBINATIONS) ": " (table.combinations.len()) " combinations" }
                (rows_of(table, &table.combinations, palette))
            }
        }
        @if !notes.is_empty() { ul.notes { @for note in &notes { li { (note) } } } }
    }
}

fn rows_of(table: &Table<'_>, rows: &[Row<'_>], palette: &Palette<'_>) -> Markup {
    // Latencies have a section of their own.
    let columns: Vec<_> = Column::all(table).into_iter().filter(|it| it.part != Part::Latency).collect();
    let caption = format!("{}: {}", table.scenario, table.settings());
    let combination = |row: &Row<'_>| combination_name(table.record, &row.cell.strategy);
    let name = |row: &Row<'_>| combination(row).unwrap_or_else(|| row.cell.strategy.clone());
    // Whoever asks for it by its name needs the whole one.
    let hint = |row: &Row<'_>| combination(row).map(|_| row.cell.strategy.clone());
    let markup = html! { table.figures {
        caption { (caption) }
        thead { tr {
            th scope="col" { "strategy" }
            @for it in &columns { (head(it)) }
        } }
        tbody { @for row in rows { tr data-s=(palette.number(&row.cell.strategy)) {
            th scope="row" title=[hint(row)] { (name(row)) }
            @for it in &columns { (cell(it, row)) }
        } } }
    } };
    markup::scroll(&format!("Every figure under {}", table.scenario), &markup)
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
        Tone::Plain => None,
        Tone::Muted => Some("muted"),
        Tone::Good => Some("faster"),
        Tone::Bad => Some("slower"),
        Tone::Open => Some("open"),
    };
    // Numbers are flush right by the style of the table.
    let align = (column.align == Align::CellText).then_some("words");
    let classes: Vec<_> = align.into_iter().chain(tone).collect();
    html! { td class=[(!classes.is_empty()).then(|| classes.join(" "))] { (words) } }
}

/// "Which one should I use?", scenario by scenario, and the limits of the answer.
pub(super) fn advice(it: &Recommendation) -> Markup {
    let body = html! { @for row in &it.rows { tr {
        th scope="row" { (row.scenario) br; span.muted { (row.situation) } }
        @for cell in [&row.most, &row.tied, &row.shortest, &row.fairest] { td { (cell) } }
    } } };
    html! {
        section #which-lock aria-labelledby="which-lock-title" {
            (parts::heading("which-lock", "Which one under which scenario, and the limits of that"))
            p { (it.answer) }
            details {
                summary { "Scenario by scenario" }
                (markup::table("Recommendation by scenario", advice::HEAD, &body))
            }
            ul { @for line in &it.limits { li { (line) } } }
        }
    }
}
