//! Latency: how slow the slow answers are. The horizontal axis counts nines, so that the tail, where locks differ, has the
//! room and not the median.

use maud::{Markup, html};

use super::super::format;
use super::super::rows::{self, Table};
use super::palette::Palette;
use super::parts;
use super::plot;
use super::xy::{Axis, PlotPoint, Series, xy};
use crate::record::{Arrival, Latency, Percentile};

pub(super) fn section(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    html! {
        section #latency {
            h2 { "Latency" }
            p.muted { (clock(tables)) }
            div.charts { @for table in tables { @if let Some(operation) = table.operations.first() {
                (figure(table, operation, palette))
            } } }
        }
    }
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

fn figure(table: &Table<'_>, operation: &str, palette: &Palette<'_>) -> Markup {
    let measured: Vec<(&str, &Latency)> = table
        .rows
        .iter()
        .filter_map(|row| Some((row.cell.strategy.as_str(), row.cell.latency_ns.get(operation)?)))
        .collect();
    let series: Vec<_> = measured.iter().map(|(name, it)| curve(name, it, palette)).collect();
    let values = || series.iter().flat_map(|it| &it.marks);
    let most = values().map(|mark| mark.x).fold(3.2, f64::max) + 0.1;
    let nines = Axis {
        ticks: plot::Axis { step: Some(1.0), ..plot::Axis::new([0.0, most], false, percentile) },
        name: "percentile",
    };
    let nanos = Axis::logarithmic(values().map(|mark| mark.y), format::tick_nanos, "latency (logarithmic)");
    let title =
        format!("Percentiles of the latency of {operation} under {}, for each strategy", table.scenario);
    let drawing = html! {
        (xy(&series, &nines, &nanos, &title))
        (parts::legend(palette, measured.iter().map(|(name, _)| *name)))
    };
    parts::figure(
        &format!("{operation} under {}", table.scenario),
        &sentence(operation, &measured),
        &drawing,
        &numbers(table, palette),
    )
}

/// The percentiles that the record has, each at its number of nines. The slowest of n is the last one in n.
fn curve(strategy: &str, it: &Latency, palette: &Palette<'_>) -> Series {
    let slowest = (it.count.max(1) as f64).log10().max(3.0);
    let at = Percentile::ALL.into_iter().filter_map(|which| Some((which, it.percentile(which)?)));
    let percentiles = at.map(|(which, nanos)| {
        let above = (1_000 - which.per_mille()) as f64 / 1_000.0;
        (-above.log10(), nanos, which.as_str())
    });
    let marks = percentiles.chain([(slowest, it.max, "max")]).map(|(x, nanos, name)| PlotPoint {
        x,
        y: nanos.max(1) as f64,
        tip: format!("{strategy}, {name}: {}", format::nanos(nanos)),
    });
    Series {
        colour: palette.colour(strategy),
        dashed: palette.is_dashed(strategy),
        joined: true,
        size: 3.0,
        marks: marks.collect(),
    }
}

/// A number of nines as the percentage it stands for.
fn percentile(nines: f64) -> String {
    match nines.round() {
        n if n < 1.0 => "0 %".to_owned(),
        1.0 => "90 %".to_owned(),
        2.0 => "99 %".to_owned(),
        n => format!("99.{} %", "9".repeat(n as usize - 2)),
    }
}

fn sentence(operation: &str, measured: &[(&str, &Latency)]) -> String {
    let by = |which| {
        let times =
            measured.iter().filter_map(|(name, it)| Some((*name, it.percentile(which)?, it.interval(which))));
        parts::span(&times.collect::<Vec<_>>())
    };
    let Some(p50) = by(Percentile::P50) else { return String::new() };
    let p99 = by(Percentile::P99).unwrap_or_else(|| "of too few samples, fewer than 100".to_owned());
    format!("The most frequent operation, {operation}: p50 {p50}; p99 {p99}. Lower is better.")
}

fn numbers(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let rows = table.rows.iter().flat_map(|row| {
        row.cell.latency_ns.iter().map(|(operation, it)| {
            let percentiles = Percentile::ALL.map(|which| rows::percentile(it, which));
            let ends = [format::nanos(it.max)];
            let of = [operation.clone(), it.count.to_string()];
            let cells = of.into_iter().chain(percentiles).chain(ends).collect();
            (row.cell.strategy.as_str(), cells)
        })
    });
    let head = ["operation", "count", "p50", "p90", "p99", "p99.9", "max"];
    parts::numbers(palette, &format!("Latency under {}", table.scenario), &head, rows)
}
