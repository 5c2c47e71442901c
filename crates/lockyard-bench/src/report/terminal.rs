//! The report for a terminal: the verdict, then tables for each scenario that fit 100 columns: speed, correctness, latency,
//! and what is counted besides; and at the end what each strategy is.

use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table as Grid, Width,
};

use super::ablation::{self, AblationPath};
use super::columns::{Align, Column, ColumnWidth, Part, Tone};
use super::failures::failures;
use super::locks::{self, LockMap};
use super::rows::{self, LocatedFinding, Row, Table};
use super::scaling::Sweep;
use super::simulated;
use super::{format, machines, strategies, verdict};
use crate::record::{Drawing, LockTime, Record, SimulationRecord};

/// The width that tables keep to.
const COLUMNS: u16 = 100;

/// What stands between two columns of a table.
const GAP: u16 = 2;

/// So much room is kept for each column whose longest word has no room.
const NARROWEST: u16 = 8;

/// Whether the text may hold colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text, for files and pipes.
    Plain,
    /// ANSI escapes, for a terminal.
    Ansi,
}

/// The report as text.
pub fn text(record: &Record, colour: Colour) -> String {
    let mut out = wrapped(&verdict::verdict(record));
    let failures = failures(record);
    if !failures.is_empty() {
        out.push('\n');
        out.extend(failures.iter().map(|failure| wrapped(&format!("error: {failure}"))));
    }
    if record.locks.is_some() {
        out += &locks_alone(record, colour);
    }
    // Points of locks alone are too many for a terminal: their regions stand in their place.
    let tables = if record.locks.is_some() { Vec::new() } else { Table::all(record) };
    for table in tables {
        let heading = format!("{} · {}", table.scenario, table.settings());
        out = out + "\n" + &wrapped(&heading) + "\n";
        let columns = Column::all(&table);
        let parts = Part::ALL.into_iter().filter(|part| columns.iter().any(|it| it.part == *part));
        let parts: Vec<_> = parts.map(|part| drawn(of_part(&table.rows, &columns, part), colour)).collect();
        out += &parts.join("\n");
        if !table.combinations.is_empty() {
            out = out + "\n" + rows::COMBINATIONS + ":\n";
            out.extend(table.combinations.iter().map(|row| wrapped(&rows::combination(row))));
        }
        if table.rows.iter().any(|row| row.cell.hold_ns.is_some()) {
            out = out + "\n" + &drawn(tracked(&table), colour);
        }
        for (strategy, violation) in table.violations() {
            out = out + "\n" + &wrapped(&(rows::caption(strategy, violation) + ":"));
            out += &drawing(&violation.drawing());
        }
        let notes = table.notes();
        if !notes.is_empty() {
            out.push('\n');
            out.extend(notes.iter().map(|note| wrapped(note)));
        }
    }
    for way in AblationPath::all(record) {
        out = out + "\n" + &wrapped(&way.title()) + "\n";
        let head = ablation::HEAD.map(str::to_owned);
        out += &drawn(plain(&head, way.rows().map(Vec::from), CellAlignment::Left), colour);
        out = out + "\n" + &wrapped(&way.sentence());
    }
    for sweep in Sweep::all(record) {
        out = out + "\n" + &wrapped(&sweep.title()) + "\n";
        out += &drawn(plain(&sweep.head(), sweep.rows(), CellAlignment::Right), colour);
        out.push('\n');
        out.extend(sweep.laws().iter().chain(&sweep.notes()).map(|line| wrapped(line)));
    }
    for LocatedFinding { strategy, place, finding } in rows::wait_cycles(record) {
        out = out + "\n" + &wrapped(&format!("{} in “{strategy}” under {place}:", finding.name()));
        out += &drawing(&finding.drawing());
    }
    for (model, how) in rows::counterexamples(record).filter(|(_, how)| !how.steps.is_empty()) {
        out = out + "\n" + &wrapped(&format!("Model {} over “{}”:", model.model, model.strategy));
        out += &drawing(&how.drawing());
    }
    out + &of_machines(record) + &known_as(record)
}

/// What several load machines did together.
fn of_machines(record: &Record) -> String {
    let sentences = machines::sentences(record);
    if sentences.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n\n", machines::TITLE);
    let (head, rows) = (machines::HEAD.map(str::to_owned), machines::rows(record));
    out += &drawn(plain(&head, rows.into_iter().map(Vec::from), CellAlignment::Left), Colour::Plain);
    out.push('\n');
    out.extend(sentences.iter().map(|it| wrapped(it)));
    out
}

/// Where which lock is fastest, what each costs besides, and what others have published.
fn locks_alone(record: &Record, colour: Colour) -> String {
    let mut out = String::new();
    for map in LockMap::all(record) {
        out = out + "\n" + &wrapped(&map.title()) + "\n";
        out.extend(locks::sentences(&map, record.baseline()).iter().map(|it| wrapped(it)));
    }
    let head = locks::LOCK_HEAD.map(str::to_owned);
    out = out + "\n" + locks::LOCK_TITLE + "\n\n";
    out += &drawn(
        plain(&head, locks::lock_rows(record).into_iter().map(Vec::from), CellAlignment::Left),
        colour,
    );
    out = out + "\n" + &wrapped(locks::LOCK_NOTE);
    let curves = locks::curve_rows(record);
    if !curves.is_empty() {
        out = out + "\n" + locks::CURVE_TITLE + "\n\n";
    }
    out.extend(curves.iter().map(|[claim, seen, cores, verdict, source]| {
        wrapped(&format!("{verdict}, on {cores} cores: {claim}. Seen: {seen}. {source}"))
    }));
    let simulation = record.locks.as_ref().and_then(|locks| locks.simulation.as_ref());
    out.extend(simulation.map(simulation_text));
    out
}

/// What was simulated, as text.
fn simulation_text(simulation: &SimulationRecord) -> String {
    let table = |head: &[&str], rows: Vec<Vec<String>>| {
        let head: Vec<_> = head.iter().map(ToString::to_string).collect();
        drawn(plain(&head, rows.into_iter(), CellAlignment::Right), Colour::Plain)
    };
    let mut out = format!("\n{}\n\n", simulated::TITLE);
    out.extend(simulated::sentences(simulation).iter().map(|it| wrapped(it)));
    let held_out = simulated::held_out(simulation).into_iter().map(Vec::from).collect();
    out = out + "\n" + &table(&simulated::HELD_OUT_HEAD, held_out);
    let points = simulated::points(simulation).into_iter().map(Vec::from).collect();
    out + "\n" + &table(&simulated::POINT_HEAD, points)
}

/// What each strategy is, a line each, and what ratios to the reference therefore hold.
fn known_as(record: &Record) -> String {
    let rows = strategies::rows(record);
    if rows.is_empty() {
        return String::new();
    }
    let lines = rows.into_iter().map(|[name, about, factors]| {
        let what = if about.is_empty() { factors } else { about };
        wrapped(&format!("{name}: {what}"))
    });
    let mut out = format!("\n{}:\n", strategies::TITLE);
    out.extend(lines);
    out.extend(strategies::beside_the_reference(record).map(|it| format!("\n{}", wrapped(&it))));
    out
}

fn drawing(it: &Drawing<'_>) -> String {
    it.to_text(Some(COLUMNS.into()))
}

/// A table of words, all columns but the first aligned so.
pub(super) fn plain(head: &[String], rows: impl Iterator<Item = Vec<String>>, align: CellAlignment) -> Grid {
    let head: Vec<_> = head.iter().map(|name| printable(name)).collect();
    let cell = |(nth, text): (usize, String)| {
        let cell = Cell::new(printable(&text));
        if nth == 0 { cell } else { cell.set_alignment(align) }
    };
    grid(&head, rows.map(|row| row.into_iter().enumerate().map(cell).collect()).collect())
}

/// The table of these cells. Lines are broken between words, and within those only for which there is no room.
///
/// A name in the first column that is wider than the room that the words of the others leave is broken where the factors
/// in it end.
fn grid(head: &[String], mut rows: Vec<Vec<Cell>>) -> Grid {
    let mut widths: Vec<u16> = head.iter().map(|name| width_of_longest_word(name)).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(width_of_longest_word(&cell.content()));
        }
    }
    let words = |widths: &[u16]| widths.iter().fold(0_u16, |sum, it| sum.saturating_add(it + GAP));
    let room = COLUMNS.saturating_sub(words(&widths[1..])).saturating_sub(GAP);
    if widths[0] > room {
        widths[0] = width_of_longest_word(&head[0]);
        for row in &mut rows {
            let name = broken_after_factors(&row[0].content(), room);
            widths[0] = widths[0].max(width_of_longest_word(&name));
            row[0] = Cell::new(name);
        }
    }

    let mut grid = Grid::new();
    grid.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(COLUMNS);
    grid.set_header(head.iter().map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    grid.add_rows(rows);
    let bounded = columns_with_room(&widths);
    for ((column, width), bounded) in grid.column_iter_mut().zip(widths).zip(bounded) {
        column.set_padding((0, GAP));
        // Without a lower bound columns get equal shares of the width, and what is wider is cut anywhere.
        if bounded {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width + GAP)));
        }
    }
    grid
}

/// Which columns can be as wide as their longest words: the first one before all others, then the narrower ones, so that
/// one overlong word takes the room of no other column.
fn columns_with_room(widths: &[u16]) -> Vec<bool> {
    let reserved: u16 = widths.iter().map(|width| width.min(&NARROWEST) + GAP).sum();
    let mut left = COLUMNS.saturating_sub(reserved);
    let mut order: Vec<_> = (0..widths.len()).collect();
    order.sort_by_key(|&nth| (nth > 0, widths[nth]));
    let mut bounded = vec![false; widths.len()];
    for nth in order {
        let more = widths[nth].saturating_sub(NARROWEST);
        bounded[nth] = more <= left;
        left -= if bounded[nth] { more } else { 0 };
    }
    bounded
}

/// In columns of a terminal, at most [`COLUMNS`].
fn width_of_longest_word(text: &str) -> u16 {
    let longest = text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
    u16::try_from(longest).unwrap_or(u16::MAX).min(COLUMNS)
}

/// A name in lines of at most `room` characters, as far as its factors allow.
fn broken_after_factors(name: &str, room: u16) -> String {
    let mut out = String::new();
    let mut width = 0;
    for part in name.split_inclusive([',', '(']) {
        let length = part.chars().count();
        if width > 0 && width + length > usize::from(room) {
            out.push('\n');
            width = 0;
        }
        out += part;
        width += length;
    }
    out
}

/// The columns of one part, a row for each strategy.
fn of_part(rows: &[Row<'_>], columns: &[Column<'_>], part: Part) -> Grid {
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
    grid(&head, rows.collect())
}

/// How long locks were waited for and held, a row for each strategy and class.
fn tracked(table: &Table<'_>) -> Grid {
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
    plain(&head.map(str::to_owned), table.rows.iter().flat_map(of_cell), CellAlignment::Right)
}

pub(super) fn drawn(mut grid: Grid, colour: Colour) -> String {
    match colour {
        Colour::Plain => grid.force_no_tty(),
        Colour::Ansi => grid.enforce_styling(),
    };
    grid.lines().fold(String::new(), |out, line| out + line.trim_end() + "\n")
}

/// Text that is safe to print, in lines of at most [`COLUMNS`] characters, broken between words.
pub(super) fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in printable(text).split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > usize::from(COLUMNS) {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out += word;
        width += length;
    }
    out + "\n"
}

/// A name may hold anything; an escape sequence in it must not reach the terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
