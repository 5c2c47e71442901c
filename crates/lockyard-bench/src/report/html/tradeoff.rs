//! Throughput against p99: what one costs of the other, and which strategies nothing beats in both.

use maud::{Markup, html};

use super::super::axis::Axis;
use super::super::format;
use super::super::leaders::{self, Standing};
use super::super::plane::{Beside, Plane, Shape, Stroke};
use super::super::rows::Table;
use super::palette::Palette;
use super::parts;
use crate::stats::Direction;

pub(super) const ID: &str = "trade-off";
pub(super) const TITLE: &str = "Trade-off: throughput against p99";

/// One strategy: what is drawn of it, and what it is ranked by.
struct Choice<'a> {
    strategy: &'a str,
    rate: f64,
    p99: u64,
    throughput: Standing<'a>,
    tail: Standing<'a>,
}

impl Choice<'_> {
    /// Whether the other is better in one of the two, by intervals that part, and worse in neither.
    fn is_dominated_by(&self, other: &Self) -> bool {
        let better = |one: &Self, two: &Self| {
            one.throughput.beats(&two.throughput, Direction::HigherIsBetter)
                || one.tail.beats(&two.tail, Direction::LowerIsBetter)
        };
        better(other, self) && !better(self, other)
    }
}

pub(super) fn any(tables: &[Table<'_>]) -> bool {
    tables.iter().any(|table| choices(table).len() > 1)
}

pub(super) fn section(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    let content = html! {
        p.muted {
            "Up is more throughput, left a lower p99. A ring marks what is dominated: another strategy is better in one of the two, by \
             intervals that part, and worse in neither."
        }
        (parts::panels(tables, |table| figure(table, palette)))
    };
    parts::section(ID, TITLE, &content)
}

/// All that have both, with intervals or ratios to rank them by.
fn choices<'a>(table: &'a Table<'a>) -> Vec<Choice<'a>> {
    let Some(operation) = table.operations.first() else { return Vec::new() };
    let tails = leaders::p99s(table, operation);
    let choice = |throughput: Standing<'a>| {
        let cell = throughput.row.cell;
        let tail = *tails.iter().find(|it| it.strategy() == cell.strategy)?;
        let p99 = cell.latency_ns.get(*operation)?.p99?;
        Some(Choice { strategy: &cell.strategy, rate: cell.throughput.ops_per_s, p99, throughput, tail })
    };
    leaders::throughputs(table).into_iter().filter_map(choice).collect()
}

fn figure(table: &Table<'_>, palette: &Palette<'_>) -> Markup {
    let mut choices = choices(table);
    if choices.len() < 2 {
        return html! { p.muted { "Fewer than two strategies have both throughput and a p99 with an interval." } };
    }
    let operation = table.operations.first().copied().unwrap_or_default();
    choices.sort_by_key(|it| palette.depth(it.strategy));
    let is_dominated = |it: &Choice<'_>| choices.iter().any(|other| it.is_dominated_by(other));
    let shapes = choices.iter().map(|it| Shape {
        of: palette.number(it.strategy),
        stroke: if is_dominated(it) { Stroke::Rings } else { Stroke::Dots },
        points: vec![(it.p99.max(1) as f64, it.rate)],
        tip: format!(
            "{}: {} operations/s, p99 {}",
            it.strategy,
            format::count(it.rate),
            format::nanos(it.p99)
        ),
    });
    let free = choices.iter().filter(|it| !is_dominated(it)).count();
    let beside = choices.iter().map(|it| Beside {
        of: palette.number(it.strategy),
        text: it.strategy,
        at: (it.p99.max(1) as f64, it.rate),
        // Where many are free of it, only those are named that readers look for.
        loud: palette.is_coloured(it.strategy) || (!is_dominated(it) && free <= NAMED),
    });
    let x = Axis::logarithmic(
        choices.iter().map(|it| it.p99 as f64),
        format::tick_nanos,
        &format!("p99 of {operation}, the most frequent operation (logarithmic)"),
    );
    let y = Axis::from_zero(choices.iter().map(|it| it.rate), format::tick_count, "operations/s");
    let title = format!("Throughput against p99 of {operation} under {}", table.scenario);
    // Those that readers look for are named first, and get the better places.
    let mut beside: Vec<_> = beside.collect();
    beside.reverse();
    let plane = Plane {
        title: &title,
        x: &x,
        y: &y,
        shapes: shapes.collect(),
        names: Vec::new(),
        beside,
        across: None,
        breaks: Vec::new(),
    };
    let names: Vec<_> = choices.iter().rev().filter(|it| !is_dominated(it)).map(|it| it.strategy).collect();
    let sentence = format!(
        "Dominated by none: {}; dominated: {} of {}.",
        leaders::names(&names),
        choices.len() - names.len(),
        choices.len()
    );
    let rows = choices.iter().rev().map(|it| {
        let by: Vec<_> =
            choices.iter().filter(|other| it.is_dominated_by(other)).map(|it| it.strategy).collect();
        let by = match &by[..] {
            [] => "none".to_owned(),
            [one] => (*one).to_owned(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        (it.strategy, vec![format::count(it.rate), format::nanos(it.p99), by])
    });
    let numbers = parts::numbers(palette, &title, &["operations/s", "p99", "dominated by"], rows);
    parts::figure(None, &sentence, &plane.drawn(), &numbers)
}

/// So many names stand in a chart beside those of coloured strategies.
const NAMED: usize = 4;
