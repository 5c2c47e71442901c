//! What a strategy costs besides time, and who pays: waits and holds of its locks, fairness, memory.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::format;
use super::super::leaders::SAME_FAIRNESS;
use super::super::rows::{NONE, NOT_MEASURED, Row, Table};
use super::palette::Palette;
use super::parts;
use crate::record::{Fairness, LockTime, Memory};

/// Times of a strategy's locks, by class.
type Times = BTreeMap<String, LockTime>;

/// Whether any lock of the scenario was timed.
pub(super) fn has_locks(table: &Table<'_>) -> bool {
    table.rows.iter().any(|row| row.cell.wait_ns.is_some() || row.cell.hold_ns.is_some())
}

pub(super) fn locks(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    let content = html! {
        p.muted {
            "Wait time is from requesting a lock to acquiring it, hold time from acquiring it to releasing it. A long wait with a short \
             hold means many waiters; a long hold means a long critical section."
        }
        (parts::panels(tables, |table| html! { @if has_locks(table) { (lock_times(table, palette)) } }))
    };
    parts::folded("locks", "Lock contention: wait and hold times", &content)
}

/// The class whose locks take most time of all is the one to look at.
fn busiest(table: &Table<'_>) -> Option<String> {
    let mut total: BTreeMap<&str, u128> = BTreeMap::new();
    let times = table.rows.iter().flat_map(|row| [&row.cell.wait_ns, &row.cell.hold_ns]).flatten().flatten();
    for (class, time) in times {
        *total.entry(class).or_default() += u128::from(time.count) * u128::from(time.p50);
    }
    total.into_iter().max_by_key(|(_, total)| *total).map(|(class, _)| class.to_owned())
}

fn lock_times(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let Some(class) = busiest(table) else { return html! {} };
    let shown = |it: Option<&LockTime>| match it {
        None => [NOT_MEASURED.to_owned(), NONE.to_owned()],
        Some(it) => [format!("{} / {}", format::nanos(it.p50), p99(it)), format::nanos(it.max)],
    };
    let rows =
        table.rows.iter().filter(|row| row.cell.wait_ns.is_some() || row.cell.hold_ns.is_some()).map(|row| {
            let of = |times: &Option<Times>| times.as_ref().and_then(|it| it.get(&class)).copied();
            let (wait, hold) = (of(&row.cell.wait_ns), of(&row.cell.hold_ns));
            let [waited, longest_wait] = shown(wait.as_ref());
            let [held, longest_hold] = shown(hold.as_ref());
            let count = hold.or(wait).map_or_else(|| NONE.to_owned(), |it| format::grouped(it.count));
            (row.cell.strategy.as_str(), vec![count, waited, longest_wait, held, longest_hold])
        });
    let head = ["acquired", "wait p50 / p99", "longest", "hold p50 / p99", "longest"];
    let caption = format!("“{class}”, the class of locks that took most time under {}", table.scenario);
    parts::numbers(palette, &caption, &head, rows)
}

/// A dash of too few acquisitions.
fn p99(time: &LockTime) -> String {
    time.p99.map_or_else(|| NONE.to_owned(), format::nanos)
}

pub(super) fn fairness(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    let content = html! {
        p.muted {
            "Jain's index over the operations of the tasks: 1 when all got the same, 1 ÷ tasks when one got all. A lock that is fast \
             because some task starves shows here."
        }
        (parts::panels(tables, |table| fairness_of(table, palette)))
    };
    parts::folded("fairness", "Fairness", &content)
}

/// A sentence where all are alike; a table where they are not.
fn fairness_of(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let measured: Vec<_> = table.rows.iter().filter_map(|row| Some((row, row.cell.fairness?))).collect();
    let (sentence, differs) = least_fair(&measured);
    let rows = measured.iter().map(|(row, it)| {
        let wait = it.max_wait_ns.map_or_else(|| NOT_MEASURED.to_owned(), format::nanos);
        let [min, median, max] = it.operations_per_task.map_or_else(
            || [(); 3].map(|()| NOT_MEASURED.to_owned()),
            |it| [it.min, it.median, it.max].map(format::grouped),
        );
        (row.cell.strategy.as_str(), vec![format!("{:.4}", it.jain), wait, min, median, max])
    });
    let head = ["Jain's index", "longest wait", "fewest operations of a task", "median", "most"];
    html! {
        p { (sentence) }
        @if differs {
            (parts::numbers(palette, &format!("Fairness under {}", table.scenario), &head, rows))
        }
    }
}

/// Those that are least fair, or that none is less fair than another; and whether they differ.
fn least_fair(measured: &[(&Row<'_>, Fairness)]) -> (String, bool) {
    let jain = || measured.iter().map(|(_, it)| it.jain);
    let Some((least, most)) = jain().reduce(f64::min).zip(jain().reduce(f64::max)) else {
        return (NOT_MEASURED.to_owned() + ".", false);
    };
    if let [(row, it)] = measured {
        return (format!("“{}”: {:.3}.", row.cell.strategy, it.jain), true);
    }
    if most - least < SAME_FAIRNESS {
        return (format!("All within .01, the least {least:.3}."), false);
    }
    let alike: Vec<_> = measured.iter().filter(|(_, it)| it.jain - least < SAME_FAIRNESS).collect();
    let names: Vec<_> = alike.iter().map(|(row, _)| format!("“{}”", row.cell.strategy)).collect();
    let wait = alike.iter().filter_map(|(_, it)| it.max_wait_ns).max();
    let wait = wait
        .map_or_else(String::new, |nanos| format!(" The longest wait there was {}.", format::nanos(nanos)));
    (format!("Least fair: {} from {least:.3}.{wait}", format::list(&names)), true)
}

/// Whether there are bytes to show.
pub(super) fn has_bytes(table: &Table<'_>) -> bool {
    table.rows.iter().any(|row| row.cell.memory.as_ref().is_some_and(|it| it.bytes_per_session.is_some()))
}

/// Bytes once, for they do not depend on the scenario; allocations of each.
pub(super) fn memory(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    let cells = || tables.iter().flat_map(|table| &table.rows).map(|row| row.cell);
    // Each strategy's numbers, from every cell that has any.
    let of = |name: &str| -> Vec<&Memory> {
        cells().filter(|cell| cell.strategy == name).filter_map(|cell| cell.memory.as_ref()).collect()
    };
    let item =
        cells().find_map(|cell| cell.memory.as_ref()?.item.clone()).unwrap_or_else(|| "item".to_owned());
    let shown = |value: Option<f64>| value.map_or_else(|| NOT_MEASURED.to_owned(), format::count);
    let first = |name: &str, value: fn(&Memory) -> Option<f64>| of(name).into_iter().find_map(value);
    let rows = palette.strategies().filter(|(_, name)| !of(name).is_empty()).map(|(_, name)| {
        let allocations = tables.iter().map(|table| {
            let row = table.rows.iter().find(|row| row.cell.strategy == name);
            shown(row.and_then(|row| row.cell.memory.as_ref()?.allocations_per_operation))
        });
        let bytes = [
            first(name, |it| it.bytes_per_session),
            first(name, |it| it.bytes_per_session_at_100k),
            first(name, |it| it.peak_bytes_per_session),
        ];
        (name, bytes.into_iter().map(shown).chain(allocations).collect())
    });
    let mut head =
        vec![format!("bytes per {item}"), format!("at 100,000 {item}s"), "peak during load".to_owned()];
    head.extend(tables.iter().map(|table| format!("allocations per operation, {}", table.scenario)));
    let head: Vec<_> = head.iter().map(String::as_str).collect();
    let content = html! {
        p.muted {
            "Bytes that locks and cache add per live " (item) ", above a plain map of the same " (item) "s; at 1,000 " (item)
            "s unless stated otherwise."
        }
        (parts::numbers(palette, "Memory by strategy", &head, rows))
    };
    parts::folded("memory", "Memory", &content)
}
