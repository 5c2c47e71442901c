//! Latency over time, a small drawing a strategy: whether a p99 is the whole run's or one bad moment's.

use maud::{Markup, html};

use super::super::axis::Axis;
use super::super::format;
use super::super::plane::{Path, units};
use super::super::rows::{Table, middle};
use super::palette::Palette;
use super::parts;
use crate::record::{Cell, Slice};

/// More points in a line could not be distinguished on the page, and would make it large.
const POINTS: usize = 24;

pub(super) fn section(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    let content = html! {
        p.muted {
            "The p99 over all operations of each slice of the measured time, all drawings of a scenario on one logarithmic scale. A jump \
             is interference during the run; a rising line is a workload that is not stationary."
        }
        (parts::panels(tables, |table| html! { @if kept(table).next().is_some() { (multiples(table, palette)) } }))
    };
    parts::folded("over-time", "Latency over time", &content)
}

/// The cells of a scenario that have a timeline.
pub(super) fn kept<'a>(table: &'a Table<'_>) -> impl Iterator<Item = (&'a Cell, &'a [Slice])> {
    table.rows.iter().filter_map(|row| Some((row.cell, row.cell.timeline.as_deref()?)))
}

fn multiples(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let nanos = kept(table).flat_map(|(_, slices)| slices.iter().filter_map(|slice| slice.p99_ns));
    let y = Axis::logarithmic(nanos.map(|it| it.max(1) as f64), format::tick_nanos, "p99");
    html! {
        p { (sentence(table)) }
        ul.multiples { @for (cell, slices) in kept(table) {
            @let p99: Vec<u64> = slices.iter().filter_map(|slice| slice.p99_ns).collect();
            @if let (Some(worst), Some(usual)) = (p99.iter().max().copied(), middle(p99.clone())) {
                li data-s=(palette.number(&cell.strategy)) {
                    (cell.strategy)
                    svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true" {
                        path.line d=(path(slices, &y)) {}
                    }
                    span.muted { "median " (format::nanos(usual)) ", worst " (format::nanos(worst)) }
                }
            }
        } }
    }
}

/// A line for each stretch without a gap: a slice without operations has no p99, and no line leads over it.
fn path(slices: &[Slice], y: &Axis) -> String {
    let every = slices.len().div_ceil(POINTS).max(1);
    let points: Vec<_> = slices.chunks(every).map(worst).collect();
    let last = (points.len().max(2) - 1) as f64;
    let mut path = Path::default();
    let mut is_begun = false;
    for (nth, nanos) in points.into_iter().enumerate() {
        let Some(nanos) = nanos else {
            is_begun = false;
            continue;
        };
        let at = (units(nth as f64 / last), units(1.0 - y.share(nanos.max(1) as f64)));
        if is_begun {
            path.lead_to(at);
        } else {
            path.begin(at);
        }
        is_begun = true;
    }
    path.d
}

/// Of slices that share a point, the slowest stands for all: drawn any other way a stall could vanish.
fn worst(slices: &[Slice]) -> Option<u64> {
    slices.iter().filter_map(|slice| slice.p99_ns).max()
}

fn sentence(table: &Table<'_>) -> String {
    let jumps = kept(table).filter_map(|(cell, slices)| {
        let p99: Vec<u64> = slices.iter().filter_map(|slice| slice.p99_ns).collect();
        let (most, usual) = (*p99.iter().max()?, middle(p99)?);
        (usual > 0).then(|| (cell, most as f64 / usual as f64))
    });
    let Some((cell, times)) = jumps.max_by(|a, b| a.1.total_cmp(&b.1)) else {
        return "No slice has a p99.".to_owned();
    };
    format!(
        "The largest jump is in “{}”: its worst slice has {times:.1} times the p99 of its median slice.{}",
        cell.strategy,
        if times < 2.0 { " No strategy has an outlier slice." } else { "" }
    )
}
