//! Charts with a row for each strategy: wait and hold, fairness, memory.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::format;
use super::super::leaders::SAME_FAIRNESS;
use super::super::rows::{NONE, NOT_MEASURED, Row, Table};
use super::chart::{self, Axis, chart};
use super::palette::Palette;
use super::parts;
use crate::record::{Cell, Fairness, LockTime, Memory};

/// Times of a strategy's locks, by class.
type Times = BTreeMap<String, LockTime>;

pub(super) fn locks(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    html! {
        section #locks {
            h2 { "Lock contention: wait and hold times" }
            p.muted { "Wait time is from requesting a lock to acquiring it, hold time from acquiring it to releasing it. A long \
                       wait with a short hold means many waiters; a long hold means a long critical section." }
            div.charts { @for table in tables { @for (name, of) in [
                ("Wait", (|cell| cell.wait_ns.as_ref()) as fn(&Cell) -> Option<&Times>),
                ("Hold", |cell| cell.hold_ns.as_ref()),
            ] {
                @if table.rows.iter().any(|row| of(row.cell).is_some()) { (lock_times(table, name, of, palette)) }
            } } }
        }
    }
}

fn lock_times(
    table: &Table<'_>,
    name: &str,
    of: fn(&Cell) -> Option<&Times>,
    palette: &Palette<'_>,
) -> Markup {
    let classes = || table.rows.iter().filter_map(|row| of(row.cell)).flatten();
    // The class whose locks take most time of all is the one to look at.
    let mut total: BTreeMap<&str, u128> = BTreeMap::new();
    for (class, time) in classes() {
        *total.entry(class).or_default() += u128::from(time.count) * u128::from(time.p50);
    }
    let class = total.iter().max_by_key(|(_, total)| **total).map_or("", |(class, _)| *class);
    let measured: Vec<(&str, &LockTime)> = table
        .rows
        .iter()
        .filter_map(|row| Some((row.cell.strategy.as_str(), of(row.cell)?.get(class)?)))
        .collect();
    let marks: Vec<_> = measured
        .iter()
        .map(|(strategy, time)| chart::Row {
            label: strategy,
            value: time.p50.max(1) as f64,
            span: [time.p50.max(1) as f64, time.p99.unwrap_or(time.p50).max(1) as f64],
            tail: time.p99.is_some(),
            colour: palette.tone(strategy, "accent"),
            tip: format!(
                "{strategy}: p50 {}, p99 {} ({} acquired)",
                format::nanos(time.p50),
                p99(time),
                time.count
            ),
        })
        .collect();
    let title = format!("{name} of the lock class {class} under {}", table.scenario);
    let ends = |of: fn(&LockTime) -> Option<u64>| {
        let times = measured.iter().filter_map(|(strategy, time)| Some((*strategy, of(time)?, None)));
        parts::span(&times.collect::<Vec<_>>()).unwrap_or_else(|| NONE.to_owned())
    };
    let sentence = format!(
        "{name} time of “{class}”, the lock class with the highest total: p50 {}; p99 {}.",
        ends(|time| Some(time.p50)),
        ends(|time| time.p99)
    );
    let drawing = html! {
        (chart(&marks, Axis::Nanos, &title))
        p.axes { "square: p50, round: p99, on a logarithmic axis" }
    };
    let rows = table.rows.iter().filter_map(|row| Some((row, of(row.cell)?))).flat_map(|(row, times)| {
        times.iter().map(|(class, time)| {
            let nanos = [format::nanos(time.p50), p99(time), format::nanos(time.max)];
            let cells = [class.clone(), time.count.to_string()].into_iter().chain(nanos).collect();
            (row.cell.strategy.as_str(), cells)
        })
    });
    let head = ["lock class", "count", "p50", "p99", "max"];
    parts::figure(
        &format!("{name} under {}", table.scenario),
        &sentence,
        &drawing,
        &parts::numbers(palette, &title, &head, rows),
    )
}

/// A dash of too few acquisitions.
fn p99(time: &LockTime) -> String {
    time.p99.map_or_else(|| NONE.to_owned(), format::nanos)
}

pub(super) fn fairness(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    html! {
        section #fairness {
            h2 { "Fairness" }
            p.muted { "Jain's index over the operations of the tasks: 1 when all got the same, 1 ÷ tasks when one got all. A \
                       lock that is fast because some task starves shows here." }
            div.charts { @for table in tables { (fairness_of(table, palette)) } }
        }
    }
}

fn fairness_of(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let measured: Vec<_> = table.rows.iter().filter_map(|row| Some((row, row.cell.fairness?))).collect();
    let marks: Vec<_> = measured
        .iter()
        .map(|(row, it)| chart::Row {
            label: &row.cell.strategy,
            value: it.jain,
            span: [it.jain, it.jain],
            tail: false,
            colour: palette.tone(&row.cell.strategy, "accent"),
            tip: format!("{}: {:.3}", row.cell.strategy, it.jain),
        })
        .collect();
    let sentence = least_fair(&measured);
    let title = format!("Jain's index of each strategy under {}", table.scenario);
    let rows = measured.iter().map(|(row, it)| {
        let wait = it.max_wait_ns.map_or_else(|| NOT_MEASURED.to_owned(), format::nanos);
        let [min, median, max] = it.operations_per_task.map_or_else(
            || [(); 3].map(|()| NOT_MEASURED.to_owned()),
            |it| [it.min, it.median, it.max].map(|n| n.to_string()),
        );
        (row.cell.strategy.as_str(), vec![format!("{:.4}", it.jain), wait, min, median, max])
    });
    let head = ["Jain's index", "max wait", "min operations per task", "median", "max"];
    let numbers = parts::numbers(palette, &title, &head, rows);
    parts::figure(table.scenario, &sentence, &chart(&marks, Axis::Share, &title), &numbers)
}

/// Those that are least fair, or that none is less fair than another.
fn least_fair(measured: &[(&Row<'_>, Fairness)]) -> String {
    let jain = || measured.iter().map(|(_, it)| it.jain);
    let Some((least, most)) = jain().reduce(f64::min).zip(jain().reduce(f64::max)) else {
        return String::new();
    };
    if measured.len() > 1 && most - least < SAME_FAIRNESS {
        return format!("All within .01: from {least:.3} to {most:.3}.");
    }
    let alike: Vec<_> = measured.iter().filter(|(_, it)| it.jain - least < SAME_FAIRNESS).collect();
    let names: Vec<_> = alike.iter().map(|(row, _)| format!("“{}”", row.cell.strategy)).collect();
    let wait = alike.iter().filter_map(|(_, it)| it.max_wait_ns).max();
    let wait = wait
        .map_or_else(String::new, |nanos| format!(" The longest wait there was {}.", format::nanos(nanos)));
    format!("Least fair: {} from {least:.3}.{wait}", format::list(&names))
}

pub(super) fn memory(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    let item = tables.iter().map(item).next().unwrap_or(ITEM);
    html! {
        section #memory {
            h2 { "Memory" }
            p.muted { "Bytes that locks and cache add per live " (item) ", above a plain map of the same " (item) "s; at 1,000 "
                       (item) "s unless stated otherwise." }
            div.charts { @for table in tables { @if has_bytes(table) { (memory_of(table, palette)) } } }
        }
    }
}

/// What bytes are counted for where the record does not say.
const ITEM: &str = "item";

/// What bytes are counted for.
fn item<'a>(table: &Table<'a>) -> &'a str {
    let mut memory = table.rows.iter().filter_map(|row| row.cell.memory.as_ref());
    memory.find_map(|it| it.item.as_deref()).unwrap_or(ITEM)
}

/// Whether there are bytes to draw.
pub(super) fn has_bytes(table: &Table<'_>) -> bool {
    table.rows.iter().any(|row| row.cell.memory.as_ref().is_some_and(|it| it.bytes_per_session.is_some()))
}

fn memory_of(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let item = item(table);
    let measured: Vec<_> = table
        .rows
        .iter()
        .filter_map(|row| row.cell.memory.as_ref().and_then(|it| Some((row, it, it.bytes_per_session?))))
        .collect();
    let marks: Vec<_> = measured
        .iter()
        .map(|(row, _, bytes)| chart::Row {
            label: &row.cell.strategy,
            value: bytes.max(0.0),
            span: [0.0, bytes.max(0.0)],
            tail: false,
            colour: palette.tone(&row.cell.strategy, "accent"),
            tip: format!("{}: {} B", row.cell.strategy, format::count(*bytes)),
        })
        .collect();
    let by_bytes = |a: &&(&Row<'_>, &Memory, f64), b: &&(&Row<'_>, &Memory, f64)| a.2.total_cmp(&b.2);
    let ends = measured.iter().min_by(by_bytes).zip(measured.iter().max_by(by_bytes));
    let sentence = ends.map_or_else(String::new, |(low, high)| {
        let shown = |it: &(&Row<'_>, _, f64)| format!("{} B (“{}”)", format::count(it.2), it.0.cell.strategy);
        format!("From {} to {} per {item}.", shown(low), shown(high))
    });
    let title = format!("Bytes per {item} by strategy under {}", table.scenario);
    let rows = measured.iter().map(|(row, it, bytes)| {
        let shown = |value: Option<f64>| value.map_or_else(|| NOT_MEASURED.to_owned(), format::count);
        let cells = vec![
            format::count(*bytes),
            shown(it.bytes_per_session_at_100k),
            shown(it.peak_bytes_per_session),
            shown(it.allocations_per_operation),
        ];
        (row.cell.strategy.as_str(), cells)
    });
    let head = [
        &format!("bytes per {item}"),
        &format!("at 100,000 {item}s"),
        "peak during load",
        "allocations per operation",
    ];
    let numbers = parts::numbers(palette, &title, &head, rows);
    parts::figure(table.scenario, &sentence, &chart(&marks, Axis::Bytes, &title), &numbers)
}
