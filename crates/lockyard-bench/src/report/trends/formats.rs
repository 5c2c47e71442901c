//! Trends for a terminal and in markdown.

use std::fmt::Write as _;

use super::super::columns::ColumnWidth;
use super::super::format;
use super::super::markdown::{escaped, line};
use super::super::terminal::{TextOptions, plain, wrapped};
use super::words::{Measure, STEP_HEAD, between, head, left_out, rows, runs, step_row, trends_verdict};
use crate::record::{TrendScenario, Trends};

/// So many runs have room beside each other in a terminal.
const IN_TERMINAL: usize = 4;

/// So many do in markdown.
const IN_MARKDOWN: usize = 12;

/// Trends for a terminal, all of them: the verdict, what differs between runs, step changes, and tables of the last runs.
pub fn trends_text(trends: &Trends, options: &TextOptions) -> String {
    let options = options.bounded();
    let wrapped = |text: &str| wrapped(text, options.width);
    let table = |head: &[String], rows: Vec<Vec<String>>| {
        format!("\n{}", plain(head, rows.into_iter(), comfy_table::CellAlignment::Left, &options))
    };
    let mut out = wrapped(&trends_verdict(trends));
    out.extend(between(trends).iter().map(|it| wrapped(&format!("note: {it}"))));
    let steps: Vec<_> = trends.steps().map(|it| step_row(trends, &it).to_vec()).collect();
    if !steps.is_empty() {
        out += &table(&STEP_HEAD.map(str::to_owned), steps);
    }
    let (columns, runs, common) = runs(trends);
    out += &table(&columns, runs);
    out.extend(common.map(|it| format!("\n{}", wrapped(&it))));
    let first = trends.runs.len().saturating_sub(IN_TERMINAL);
    for scenario in &trends.scenarios {
        for measure in Measure::of(scenario) {
            out = out + "\n" + &wrapped(&title(trends, scenario, measure));
            out += &table(&head(trends, first), rows(trends, scenario, measure, first, ColumnWidth::Narrow));
        }
    }
    if let Some(left_out) = left_out(first) {
        out = out + "\n" + &wrapped(&left_out);
    }
    out
}

/// Trends for a pull request: the verdict first, then step changes, and each scenario folded away.
pub fn trends_summary(trends: &Trends) -> String {
    let mark = if trends.steps().any(|it| it.is_loss()) { "🔴" } else { "🟢" };
    let comparable = trends.diffs.iter().any(|diff| diff.refusals.is_empty());
    let mut out = format!("{} {}\n", if comparable { mark } else { "⚪" }, escaped(&trends_verdict(trends)));
    let between = between(trends);
    if !between.is_empty() {
        out.push('\n');
        out.extend(between.iter().map(|it| format!("- {}\n", escaped(it))));
    }
    let steps: Vec<_> = trends.steps().map(|it| step_row(trends, &it).to_vec()).collect();
    if !steps.is_empty() {
        out = out + "\n" + &table(&STEP_HEAD.map(str::to_owned), &steps);
    }
    let (columns, runs, common) = runs(trends);
    out = out + "\n" + &table(&columns, &runs);
    out.extend(common.map(|it| format!("\n{}\n", escaped(&it))));
    let first = trends.runs.len().saturating_sub(IN_MARKDOWN);
    for scenario in &trends.scenarios {
        for measure in Measure::of(scenario) {
            let rows = rows(trends, scenario, measure, first, ColumnWidth::Wide);
            let table = table(&head(trends, first), &rows);
            let title = escaped(&title(trends, scenario, measure));
            let of = format::counted(rows.len() as u64, "row");
            // Writing to a string cannot fail.
            let _ = write!(out, "\n<details><summary>{title}: {of}</summary>\n\n{table}\n</details>\n");
        }
    }
    if let Some(left_out) = left_out(first) {
        out = out + "\n" + &escaped(&left_out) + "\n";
    }
    out
}

fn title(trends: &Trends, scenario: &TrendScenario, measure: Measure) -> String {
    format!("{} · {}", scenario.name, measure.title(trends, scenario))
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let first = line(head.iter().map(|it| escaped(it)));
    let align = line(head.iter().map(|_| "---".to_owned()));
    let rows = rows.iter().map(|row| line(row.iter().map(|cell| escaped(cell))));
    first + &align + &rows.collect::<String>()
}
