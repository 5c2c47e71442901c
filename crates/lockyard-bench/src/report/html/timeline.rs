//! Latency over time: whether a p99 is the whole run's or one bad moment's.

use maud::{Markup, html};

use super::super::format;
use super::super::rows::{Table, middle};
use super::palette::Palette;
use super::parts;
use super::xy::{Axis, PlotPoint, Series, xy};
use crate::record::{Cell, Slice};

/// More points in a line could not be distinguished on the page, and would make it large.
const POINTS: usize = 48;

pub(super) fn section(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    html! {
        section #over-time {
            h2 { "Latency over time" }
            p.muted { "The p99 over all operations of each slice of the measured time. A jump is \
                       interference during the run; a rising line is a workload that is not stationary." }
            div.charts { @for table in tables { @if kept(table).next().is_some() { (figure(table, palette)) } } }
        }
    }
}

/// The cells of a scenario that have a timeline.
pub(super) fn kept<'a>(table: &'a Table<'_>) -> impl Iterator<Item = (&'a Cell, &'a [Slice])> {
    table.rows.iter().filter_map(|row| Some((row.cell, row.cell.timeline.as_deref()?)))
}

fn figure(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let series: Vec<_> = kept(table).flat_map(|(cell, slices)| lines(cell, slices, palette)).collect();
    let values = || series.iter().flat_map(|it| &it.marks);
    let time = Axis::from_zero(
        values().map(|mark| mark.x),
        |x| format!("{} s", (x * 10.0).round() / 10.0),
        "measured time",
    );
    let nanos =
        Axis::logarithmic(values().map(|mark| mark.y), format::tick_nanos, "p99 of a slice (logarithmic)");
    let title = format!("p99 latency over the measured time under {}, for each strategy", table.scenario);
    let drawing = html! {
        (xy(&series, &time, &nanos, &title))
        (parts::legend(palette, kept(table).map(|(cell, _)| cell.strategy.as_str())))
    };
    let rows = kept(table).map(|(cell, slices)| {
        let p99: Vec<u64> = slices.iter().filter_map(|slice| slice.p99_ns).collect();
        let shown = |value: Option<&u64>| value.map_or_else(|| "–".to_owned(), |it| format::nanos(*it));
        let cells = vec![
            slices.len().to_string(),
            shown(p99.iter().min()),
            shown(middle(p99.clone()).as_ref()),
            shown(p99.iter().max()),
        ];
        (cell.strategy.as_str(), cells)
    });
    let head = ["slices", "min p99", "median p99", "max p99"];
    let name = format!("p99 of slices under {}", table.scenario);
    parts::figure(table.scenario, &sentence(table), &drawing, &parts::numbers(palette, &name, &head, rows))
}

/// One line for each stretch without a gap: a slice without operations has no p99, and no line leads over it.
fn lines(cell: &Cell, slices: &[Slice], palette: &Palette<'_>) -> Vec<Series> {
    let every = slices.len().div_ceil(POINTS).max(1);
    let stretches = slices.chunks(every).map(worst).collect::<Vec<_>>();
    let stretches = stretches.split(Option::is_none).filter(|stretch| !stretch.is_empty());
    let line = |stretch: &[Option<(f64, u64)>]| Series {
        colour: palette.colour(&cell.strategy),
        dashed: palette.is_dashed(&cell.strategy),
        joined: true,
        size: 2.0,
        marks: stretch
            .iter()
            .flatten()
            .map(|(x, nanos)| PlotPoint {
                x: *x,
                y: (*nanos).max(1) as f64,
                tip: format!("{} at {x:.2} s: p99 {}", cell.strategy, format::nanos(*nanos)),
            })
            .collect(),
    };
    stretches.map(line).collect()
}

/// Of slices that share a point, the slowest stands for all: drawn any other way a stall could vanish.
fn worst(slices: &[Slice]) -> Option<(f64, u64)> {
    slices.iter().filter_map(|slice| Some((slice.at_s, slice.p99_ns?))).max_by_key(|(_, nanos)| *nanos)
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
