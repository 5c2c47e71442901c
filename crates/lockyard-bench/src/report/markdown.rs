//! summary.md: the report for a pull request or a commit, short enough to be read there.

use std::fmt::Write as _;

use super::ablation::{self, AblationPath};
use super::columns::{Align, Column, ColumnWidth};
use super::failures::Failure;
use super::locks::{self, LockMap};
use super::rows::{self, Table};
use super::scaling::Sweep;
use super::simulated;
use super::{format, machines, strategies, verdict};
use crate::record::{Drawing, Record};

/// The report as GitHub-flavoured markdown.
pub fn summary(record: &Record) -> String {
    let failures = Failure::all(record);
    let mut out = format!("{}\n", escaped(&verdict::verdict(record)));
    out += &failed(&failures);
    if record.locks.is_some() {
        out += &locks_alone(record);
    }
    // Points of locks alone are too many for a summary: their maps stand in their place.
    let tables = if record.locks.is_some() { Vec::new() } else { Table::all(record) };
    for table in tables {
        let _ = write!(out, "\n## {}\n\n{}.\n\n", escaped(table.scenario), escaped(&table.settings()));
        out += &scenario(&table);
        if !table.combinations.is_empty() {
            let _ = write!(out, "\n{}:\n\n", rows::COMBINATIONS);
            let lines = table.combinations.iter().map(|row| rows::combination(record, row));
            out.extend(lines.map(|it| format!("- {}\n", escaped(&it))));
        }
        let notes = table.notes();
        if !notes.is_empty() {
            out.push('\n');
            out.extend(notes.iter().map(|note| format!("- {}\n", escaped(note))));
        }
    }
    out.extend(AblationPath::all(record).iter().map(way));
    out.extend(Sweep::all(record).iter().map(sweep));
    out += &of_machines(record);
    out += &known_as(record);
    out += &origin(record);
    out
}

/// What failed, each with its cause, with what can be drawn of it, and with the command that shows it again.
fn failed(failures: &[Failure<'_>]) -> String {
    let mut out = if failures.is_empty() { String::new() } else { "\n## Failures\n".to_owned() };
    for alike in failures.chunk_by(|one, next| one.what == next.what) {
        let _ = write!(out, "\n### {}\n", escaped(&alike[0].what));
        for failure in alike {
            if failure.drawings.iter().all(Drawing::is_words_alone) {
                out.extend(failure.words().map(|words| paragraphs(words.lines())));
            } else {
                out.extend(failure.drawings.iter().map(told));
            }
            if let Some(replay) = failure.replay() {
                let _ = write!(out, "\nReplay:\n\n    {}\n", replay.replace(char::is_control, " "));
            }
        }
    }
    out
}

/// The cause, and the picture below it.
fn told(drawing: &Drawing<'_>) -> String {
    let picture = Drawing { cause: Vec::new(), replay: None, ..drawing.clone() };
    paragraphs(drawing.cause.iter().flat_map(|sentence| sentence.lines())) + "\n" + &drawn(&picture)
}

fn paragraphs<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    // What would make a heading, a list or code of a line stands at its beginning.
    let marks = |line: &str| if line.starts_with(['#', '-', '+', '=']) { "\\" } else { "" };
    let lines = lines.map(str::trim).filter(|line| !line.is_empty());
    lines.fold(String::new(), |out, line| out + "\n" + marks(line) + &escaped(line) + "\n")
}

/// Where which lock is fastest, what each costs besides, and what others have published.
fn locks_alone(record: &Record) -> String {
    let table = |head: &[&str], rows: Vec<Vec<String>>| {
        let mut out =
            line(head.iter().map(ToString::to_string)) + &line(head.iter().map(|_| "---".to_owned()));
        out.extend(rows.iter().map(|row| line(row.iter().map(|cell| escaped(cell)))));
        out
    };
    let mut out = String::new();
    for map in LockMap::all(record) {
        let _ = write!(out, "\n## {}\n\n", escaped(&map.title()));
        out.extend(locks::sentences(&map, record.baseline()).iter().map(|it| format!("- {}\n", escaped(it))));
    }
    let rows = locks::lock_rows(record).into_iter().map(Vec::from).collect();
    let _ = write!(out, "\n## {}\n\n{}\n", locks::LOCK_TITLE, table(&locks::LOCK_HEAD, rows));
    let _ = writeln!(out, "{}", locks::LOCK_NOTE);
    let rows: Vec<_> = locks::curve_rows(record).into_iter().map(Vec::from).collect();
    if !rows.is_empty() {
        let _ = write!(out, "\n## {}\n\n{}", locks::CURVE_TITLE, table(&locks::CURVE_HEAD, rows));
    }
    if let Some(simulation) = record.locks.as_ref().and_then(|locks| locks.simulation.as_ref()) {
        let _ = write!(out, "\n## {}\n\n", simulated::TITLE);
        out.extend(simulated::sentences(simulation).iter().map(|it| format!("- {}\n", escaped(it))));
        let rows = |rows: Vec<Vec<String>>, head: &[&str]| format!("\n{}", table(head, rows));
        let held_out = simulated::held_out(simulation).into_iter().map(Vec::from).collect();
        out += &rows(held_out, &simulated::HELD_OUT_HEAD);
        let points = simulated::points(simulation).into_iter().map(Vec::from).collect();
        out += &rows(points, &simulated::POINT_HEAD);
    }
    out
}

/// What several load machines did together.
fn of_machines(record: &Record) -> String {
    let sentences = machines::sentences(record);
    if sentences.is_empty() {
        return String::new();
    }
    let mut out = format!("\n## {}\n\n", machines::TITLE);
    out += &line(machines::HEAD.iter().map(ToString::to_string));
    out += &line(machines::HEAD.iter().map(|_| "---".to_owned()));
    out.extend(machines::rows(record).iter().map(|row| line(row.iter().map(|cell| escaped(cell)))));
    out.push('\n');
    out.extend(sentences.iter().map(|it| format!("- {}\n", escaped(it))));
    out
}

/// What each strategy is, and what ratios to the reference therefore hold.
fn known_as(record: &Record) -> String {
    let rows = strategies::rows(record);
    if rows.is_empty() {
        return String::new();
    }
    let mut out = format!("\n## {}\n\n", strategies::TITLE);
    out += &line(strategies::HEAD.iter().map(ToString::to_string));
    out += &line(["---"; 3].iter().map(ToString::to_string));
    out.extend(rows.iter().map(|row| line(row.iter().map(|cell| escaped(cell)))));
    out.extend(strategies::beside_the_reference(record).map(|it| format!("\n{}\n", escaped(&it))));
    out
}

/// A drawing as indented code, which takes any text as it is.
fn drawn(drawing: &Drawing<'_>) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    drawing.to_text(None).lines().map(line).collect()
}

fn way(way: &AblationPath<'_>) -> String {
    let mut out = format!("\n## {}\n\n{}\n\n", escaped(&way.title()), escaped(&way.sentence()));
    out += &line(ablation::HEAD.iter().map(ToString::to_string));
    out += &line(["---", "---:", "---"].iter().map(ToString::to_string));
    out.extend(way.rows().map(|row| line(row.iter().map(|cell| escaped(cell)))));
    out
}

fn sweep(sweep: &Sweep<'_>) -> String {
    let mut out = format!("\n## {}\n\n", escaped(&sweep.title()));
    let head = sweep.head();
    let align = (0..head.len()).map(|nth| if nth == 0 { "---" } else { "---:" }.to_owned());
    out = out + &line(head.iter().map(|name| escaped(name))) + &line(align);
    out.extend(sweep.rows().map(|row| line(row.iter().map(|cell| escaped(cell)))));
    out.push('\n');
    out.extend(sweep.laws().iter().chain(&sweep.notes()).map(|line| format!("- {}\n", escaped(line))));
    out
}

fn scenario(table: &Table<'_>) -> String {
    let columns = Column::all(table);
    let heads = columns.iter().map(|it| escaped(format!("{} {}", it.head, it.unit).trim_end()));
    let aligned = columns.iter().map(|it| match it.align {
        Align::CellText => "---".to_owned(),
        Align::Numbers | Align::Ratios => "---:".to_owned(),
    });
    let first = |text: &str| std::iter::once(escaped(text));
    let mut out = line(first("strategy").chain(heads)) + &line(first("---").chain(aligned));
    for row in &table.rows {
        let cells = columns.iter().map(|it| escaped(&(it.cell)(row, ColumnWidth::Wide)));
        out += &line(first(&row.cell.strategy).chain(cells));
    }
    out
}

fn origin(record: &Record) -> String {
    let it = &record.environment;
    let cpu = it.cpu_model.as_deref().unwrap_or("unknown processor");
    let commit = it.commit.as_ref().map(|commit| format!(" ({commit})")).unwrap_or_default();
    let place = format!(
        "Measured on {cpu}, {}, {}, with Lockyard {}{commit} built by rustc {}, on {}.",
        format::counted(it.cores.into(), "core"),
        it.os,
        it.version,
        it.rustc,
        rows::began(record),
    );
    // Indented code takes any text as it is, as long as it stays on its line.
    let command = record.command.replace(char::is_control, " ");
    format!("\n## To reproduce\n\n{}\n\nWith seed {}:\n\n    {command}\n", escaped(&place), record.seed)
}

pub(super) fn line(cells: impl Iterator<Item = String>) -> String {
    cells.fold("|".to_owned(), |line, cell| line + " " + &cell + " |") + "\n"
}

/// Text with nothing left that markdown or HTML would act on. A bracket is only a link before a parenthesis, so that
/// intervals stay readable in the source.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '\\' | '|' | '`' | '*' | '~' => out.extend(['\\', c]),
            '(' if before == ']' => out += "\\(",
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
        before = c;
    }
    out
}
