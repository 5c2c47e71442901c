//! Latency: how slow the slow answers are. The horizontal axis counts nines, so that the tail, where locks differ, has the
//! room and not the median.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::super::axis::Axis;
use super::super::format;
use super::super::plane::{Name, Plane, Shape, Stroke};
use super::super::rows::{self, Table};
use super::palette::Palette;
use super::parts;
use crate::record::{Arrival, Cell, Latency, Percentile};

pub(super) const ID: &str = "latency";
pub(super) const TITLE: &str = "Latency";

pub(super) fn section(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    let content = html! {
        p.muted { (clock(tables)) }
        (parts::panels(tables, |table| html! {
            @if let Some(operation) = table.operations.first() { (figure(table, operation, palette)) }
        }))
    };
    parts::section(ID, TITLE, &content)
}

/// What the clock starts at decides what a latency means, so it is said first.
fn clock(tables: &[Table<'_>]) -> String {
    let of = |arrival| {
        let under = tables.iter().filter(|table| table.rows.iter().any(|row| row.cell.arrival == arrival));
        format::list(&under.map(|table| table.scenario.to_owned()).collect::<Vec<_>>())
    };
    let (open, closed) = (of(Arrival::Open), of(Arrival::Closed));
    let mut sentences = Vec::new();
    if !open.is_empty() {
        sentences.push(format!(
            "Under {open} latency is measured from the intended start of a request, queueing delay included."
        ));
    }
    if !closed.is_empty() {
        sentences.push(format!(
            "Under {closed} the next request follows the last answer (a closed loop): latency is measured from the actual \
             start, so it is subject to coordinated omission."
        ));
    }
    sentences.join(" ")
}

/// How long an operation of a strategy took: at each number of nines the latency that so many do not exceed.
fn curve(cell: &Cell, operation: &str) -> Vec<(f64, u64)> {
    let Some(it) = cell.latency_ns.get(operation) else { return Vec::new() };
    let slowest = (it.count.max(1) as f64).log10();
    let mut points: Vec<(f64, u64)> = match cell.latency_curves_ns.get(operation) {
        Some(curve) => curve.points().collect(),
        // A record from before there were curves has some percentiles.
        None => Percentile::ALL
            .into_iter()
            .filter_map(|which| Some((nines_of(which), it.percentile(which)?)))
            .collect(),
    };
    points.retain(|(nines, _)| *nines < slowest);
    points.push((slowest, it.max));
    points
}

fn nines_of(which: Percentile) -> f64 {
    -((1_000 - which.per_mille()) as f64 / 1_000.0).log10()
}

fn figure(table: &Table<'_>, operation: &str, palette: &Palette<'_>) -> Markup {
    let mut cells: Vec<&Cell> = table
        .rows
        .iter()
        .map(|row| row.cell)
        .filter(|cell| cell.latency_ns.contains_key(operation))
        .collect();
    cells.sort_by_key(|cell| palette.depth(&cell.strategy));
    let curves: Vec<_> = cells.iter().map(|cell| (*cell, curve(cell, operation))).collect();
    let everything =
        || table.rows.iter().flat_map(|row| row.cell.latency_ns.keys().flat_map(|it| curve(row.cell, it)));
    let most = everything().map(|(nines, _)| nines).fold(3.0, f64::max);
    let ticks = [
        (0.301, "50 %"),
        (1.0, "90 %"),
        (2.0, "99 %"),
        (3.0, "99.9 %"),
        (4.0, "99.99 %"),
        (5.0, "99.999 %"),
        (6.0, "99.9999 %"),
    ];
    let ticks =
        ticks.into_iter().filter(|(at, _)| *at <= most).map(|(at, text)| (at, text.to_owned())).collect();
    let x = Axis::between([0.0, most], ticks, "percentile (each step another nine)");
    // One scale for all operations, so that they can be compared when another is chosen.
    let y = Axis::logarithmic(
        everything().map(|(_, nanos)| nanos.max(1) as f64),
        format::tick_nanos,
        "latency (logarithmic)",
    );
    let shapes = curves.iter().map(|(cell, points)| Shape {
        of: palette.number(&cell.strategy),
        stroke: if palette.is_coloured(&cell.strategy) { Stroke::Line } else { Stroke::Thin },
        points: points.iter().map(|(nines, nanos)| (*nines, (*nanos).max(1) as f64)).collect(),
        tip: cell.strategy.clone(),
    });
    let names = curves.iter().filter_map(|(cell, points)| {
        Some(Name {
            of: palette.number(&cell.strategy),
            text: &cell.strategy,
            at: points.last()?.1.max(1) as f64,
            loud: palette.is_coloured(&cell.strategy),
        })
    });
    let title =
        format!("Percentiles of the latency of {operation} under {}, for each strategy", table.scenario);
    let plane = Plane {
        title: &title,
        x: &x,
        y: &y,
        shapes: shapes.collect(),
        names: names.collect(),
        beside: Vec::new(),
        across: None,
        breaks: Vec::new(),
    };
    let drawing = html! {
        div.curves { (plane.drawn()) }
        (data(table, palette, &x, &y))
        output.read hidden {}
    };
    let numbers = numbers(table, palette);
    parts::figure(None, &sentence(operation, &cells), &drawing, &numbers)
}

/// All curves of the scenario, as data: the script draws another operation from it, and reads values off it.
fn data(table: &Table<'_>, palette: &Palette<'_>, x: &Axis, y: &Axis) -> Markup {
    let mut operations = BTreeMap::new();
    for operation in table.all_operations() {
        let of = |cell: &Cell| {
            let mut points = curve(cell, operation);
            let (slowest, max) = points.pop()?;
            // Where they stand is told once for all curves of histograms, and for each that is none. Half as many as the drawing
            // of the first operation has are enough to read values off.
            let is_even = points.len() > Percentile::ALL.len();
            let before: Vec<_> = points.into_iter().step_by(if is_even { 2 } else { 1 }).collect();
            let places: Vec<_> =
                before.iter().filter(|_| !is_even).map(|(nines, _)| hundredths(*nines)).collect();
            let nanos: Vec<_> =
                before.iter().map(|(_, nanos)| *nanos).chain([max]).map(significant).collect();
            let count = cell.latency_ns.get(operation).map_or(0, |it| it.count);
            let (number, slowest) = (palette.number(&cell.strategy), hundredths(slowest));
            Some(if is_even {
                json!([number, count, slowest, nanos])
            } else {
                json!([number, count, slowest, nanos, places])
            })
        };
        let curves: Vec<_> = table.rows.iter().filter_map(|row| of(row.cell)).collect();
        operations.insert(operation, curves);
    }
    let order: Vec<_> = table.all_operations();
    let json = json!({ "x": x.ends().1, "y": y.ends().1, "order": order, "of": operations });
    // Within an element of script nothing may look like its end.
    let json = json.to_string().replace('<', "\\u003c");
    html! { script.data type="application/json" { (PreEscaped(json)) } }
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// As many digits as are shown.
fn significant(nanos: u64) -> u64 {
    let unit = 10_u64.pow(nanos.max(1).ilog10().saturating_sub(2));
    nanos.div_ceil(unit).saturating_mul(unit)
}

fn sentence(operation: &str, cells: &[&Cell]) -> String {
    let by = |which| {
        let times = cells.iter().filter_map(|cell| {
            let it: &Latency = cell.latency_ns.get(operation)?;
            Some((cell.strategy.as_str(), it.percentile(which)?, it.interval(which)))
        });
        parts::span(&times.collect::<Vec<_>>())
    };
    let Some(p50) = by(Percentile::P50) else { return String::new() };
    let p99 = by(Percentile::P99).unwrap_or_else(|| "of too few samples, fewer than 100".to_owned());
    let counts = cells.iter().filter_map(|cell| Some(cell.latency_ns.get(operation)?.count));
    let (low, high) = (counts.clone().min().unwrap_or_default(), counts.max().unwrap_or_default());
    let counts = if low == high {
        format::grouped(low)
    } else {
        format!("{} to {}", format::grouped(low), format::grouped(high))
    };
    format!(
        "The most frequent operation, {operation}: p50 {p50}; p99 {p99}; {counts} samples a strategy. Lower is better; a curve ends at \
         its slowest sample."
    )
}

/// A row a strategy, a column an operation: all percentiles of all of them stand in the record.
fn numbers(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let operations = table.all_operations();
    let rows = table.rows.iter().filter(|row| !row.cell.latency_ns.is_empty()).map(|row| {
        let cells = operations.iter().map(|operation| match row.cell.latency_ns.get(*operation) {
            None => rows::NONE.to_owned(),
            Some(it) => {
                let p99 = rows::percentile(it, Percentile::P99);
                format!("{} / {p99} ({})", format::nanos(it.p50), format::grouped(it.count))
            }
        });
        (row.cell.strategy.as_str(), cells.collect())
    });
    let caption = format!("Latency under {}: p50 / p99 with its interval (samples)", table.scenario);
    parts::numbers(palette, &caption, &operations, rows)
}
