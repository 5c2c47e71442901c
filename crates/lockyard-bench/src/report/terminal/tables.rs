//! Every table of a record: speed, correctness, latency and what is counted besides, scenario by scenario; and at the end what
//! each strategy is.

use comfy_table::{Cell, CellAlignment, Color};

use super::super::ablation::{self, AblationPath};
use super::super::columns::{Align, Column, ColumnWidth, Part, Tone};
use super::super::locks::{self, LockMap};
use super::super::rows::{self, Row, Table};
use super::super::scaling::Sweep;
use super::super::{format, machines, simulated, strategies, verdict};
use super::grid::{plain, table};
use super::options::TextOptions;
use super::words::{printable, wrapped};
use crate::record::{LockTime, Record, SimulationRecord};

/// All tables.
pub(super) fn all(record: &Record, options: &TextOptions) -> String {
    let mut out = String::new();
    let verdict = verdict::without_failures(record);
    // Of locks alone the first screen has said it already.
    if record.locks.is_some() {
        out += &locks_alone(record, options);
    } else if !verdict.is_empty() {
        out = out + "\n" + &wrapped(&verdict.join(" "), options.width);
    }
    // Points of locks alone are too many for a terminal: their regions stand in their place.
    let tables = if record.locks.is_some() { Vec::new() } else { Table::all(record) };
    out.extend(tables.iter().map(|it| of_scenario(record, it, options)));
    for way in AblationPath::all(record) {
        out = out + "\n" + &wrapped(&way.title(), options.width) + "\n";
        let head = ablation::HEAD.map(str::to_owned);
        out += &plain(&head, way.rows().map(Vec::from), CellAlignment::Left, options);
        out = out + "\n" + &wrapped(&way.sentence(), options.width);
    }
    for sweep in Sweep::all(record) {
        out = out + "\n" + &wrapped(&sweep.title(), options.width) + "\n";
        out += &plain(&sweep.head(), sweep.rows(), CellAlignment::Right, options);
        out.push('\n');
        out.extend(sweep.laws().iter().chain(&sweep.notes()).map(|line| wrapped(line, options.width)));
    }
    out + &of_machines(record, options) + &known_as(record, options)
}

/// The tables of a scenario.
fn of_scenario(record: &Record, table: &Table<'_>, options: &TextOptions) -> String {
    let heading = format!("{} · {}", table.scenario, table.settings());
    let mut out = "\n".to_owned() + &wrapped(&heading, options.width) + "\n";
    let columns = Column::all(table);
    let parts = Part::ALL.into_iter().filter(|part| columns.iter().any(|it| it.part == *part));
    let parts: Vec<_> = parts.map(|part| of_part(&table.rows, &columns, part, options)).collect();
    out += &parts.join("\n");
    if !table.combinations.is_empty() {
        out = out + "\n" + &wrapped(&format!("{}:", rows::COMBINATIONS), options.width);
        let lines = table.combinations.iter().map(|row| rows::combination(record, row));
        out.extend(lines.map(|line| wrapped(&line, options.width)));
    }
    if table.rows.iter().any(|row| row.cell.hold_ns.is_some()) {
        out = out + "\n" + &tracked(table, options);
    }
    let notes = table.notes();
    if !notes.is_empty() {
        out.push('\n');
        out.extend(notes.iter().map(|note| wrapped(note, options.width)));
    }
    out
}

/// What several load machines did together.
fn of_machines(record: &Record, options: &TextOptions) -> String {
    // What is to be known of the plan stands on the first screen.
    if record.plan.is_none() {
        return String::new();
    }
    let out = format!("\n{}\n\n", machines::TITLE);
    let (head, rows) = (machines::HEAD.map(str::to_owned), machines::rows(record));
    out + &plain(&head, rows.into_iter().map(Vec::from), CellAlignment::Left, options)
}

/// Where which lock is fastest, what each costs besides, and what others have published.
fn locks_alone(record: &Record, options: &TextOptions) -> String {
    let mut out = String::new();
    for map in LockMap::all(record) {
        out = out + "\n" + &wrapped(&map.title(), options.width) + "\n";
        out.extend(locks::sentences(&map, record.baseline()).iter().map(|it| wrapped(it, options.width)));
    }
    let head = locks::LOCK_HEAD.map(str::to_owned);
    out = out + "\n" + locks::LOCK_TITLE + "\n\n";
    let rows = locks::lock_rows(record).into_iter().map(Vec::from);
    out += &plain(&head, rows, CellAlignment::Left, options);
    out = out + "\n" + &wrapped(locks::LOCK_NOTE, options.width);
    let curves = locks::curve_rows(record);
    if !curves.is_empty() {
        out = out + "\n" + locks::CURVE_TITLE + "\n\n";
    }
    out.extend(curves.iter().map(|[claim, seen, cores, verdict, source]| {
        wrapped(&format!("{verdict}, on {cores} cores: {claim}. Seen: {seen}. {source}"), options.width)
    }));
    let simulation = record.locks.as_ref().and_then(|locks| locks.simulation.as_ref());
    out.extend(simulation.map(|it| simulation_text(it, options)));
    out
}

/// What was simulated, as text.
fn simulation_text(simulation: &SimulationRecord, options: &TextOptions) -> String {
    let table = |head: &[&str], rows: Vec<Vec<String>>| {
        let head: Vec<_> = head.iter().map(ToString::to_string).collect();
        plain(&head, rows.into_iter(), CellAlignment::Right, options)
    };
    let mut out = format!("\n{}\n\n", simulated::TITLE);
    out.extend(simulated::sentences(simulation).iter().map(|it| wrapped(it, options.width)));
    let held_out = simulated::held_out(simulation).into_iter().map(Vec::from).collect();
    out = out + "\n" + &table(&simulated::HELD_OUT_HEAD, held_out);
    let points = simulated::points(simulation).into_iter().map(Vec::from).collect();
    out + "\n" + &table(&simulated::POINT_HEAD, points)
}

/// What each strategy is, a line each, and what ratios to the reference therefore hold.
fn known_as(record: &Record, options: &TextOptions) -> String {
    let rows = strategies::rows(record);
    if rows.is_empty() {
        return String::new();
    }
    let lines = rows.into_iter().map(|[name, about, factors]| {
        let what = if about.is_empty() { factors } else { about };
        wrapped(&format!("{name}: {what}"), options.width)
    });
    let mut out = format!("\n{}:\n", strategies::TITLE);
    out.extend(lines);
    out.extend(
        strategies::beside_the_reference(record).map(|it| format!("\n{}", wrapped(&it, options.width))),
    );
    out
}

/// The columns of one part, a row for each strategy.
fn of_part(rows: &[Row<'_>], columns: &[Column<'_>], part: Part, options: &TextOptions) -> String {
    let mut places: Vec<Vec<&Column<'_>>> = Vec::new();
    for column in columns.iter().filter(|it| it.part == part) {
        match places.last_mut() {
            Some(place) if column.shares => place.push(column),
            _ => places.push(vec![column]),
        }
    }
    let heads = places.iter().map(|place| {
        let lines = place.iter().flat_map(|it| [printable(&it.head), it.unit.to_owned()]);
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    });
    let head: Vec<_> = std::iter::once("strategy".to_owned()).chain(heads).collect();
    let rows = rows.iter().map(|row| {
        let cells = places.iter().map(|place| {
            let words: Vec<_> =
                place.iter().map(|it| printable(&(it.cell)(row, ColumnWidth::Narrow))).collect();
            let cell = Cell::new(words.join(" / "));
            let cell = match place[0].align {
                Align::CellText | Align::Ratios => cell,
                Align::Numbers => cell.set_alignment(CellAlignment::Right),
            };
            match (place[0].tone)(row) {
                Tone::Good => cell.fg(Color::Green),
                Tone::Bad => cell.fg(Color::Red),
                Tone::Plain | Tone::Muted | Tone::Open => cell,
            }
        });
        std::iter::once(Cell::new(printable(&row.cell.strategy))).chain(cells).collect()
    });
    table(&head, rows.collect(), options)
}

/// How long locks were waited for and held, a row for each strategy and class.
fn tracked(table: &Table<'_>, options: &TextOptions) -> String {
    let head = ["strategy", "lock", "acquired", "wait p50 / p99", "max", "hold p50 / p99", "max"];
    let times = |it: Option<&LockTime>| match it {
        None => [rows::NOT_MEASURED.to_owned(), rows::NOT_MEASURED.to_owned()],
        Some(it) => {
            let p99 = it.p99.map_or_else(|| rows::NONE.to_owned(), format::nanos);
            [format!("{} / {p99}", format::nanos(it.p50)), format::nanos(it.max)]
        }
    };
    let of_cell = |row: &Row<'_>| {
        let cell = row.cell;
        let holds = cell.hold_ns.iter().flatten();
        let row = |(class, hold): (&String, &LockTime)| {
            let wait = cell.wait_ns.as_ref().and_then(|waits| waits.get(class));
            let [wait, longest_wait] = times(wait);
            let [held, longest_hold] = times(Some(hold));
            let taken = format::count(hold.count as f64);
            vec![cell.strategy.clone(), class.clone(), taken, wait, longest_wait, held, longest_hold]
        };
        holds.map(row).collect::<Vec<_>>()
    };
    plain(&head.map(str::to_owned), table.rows.iter().flat_map(of_cell), CellAlignment::Right, options)
}
