//! Throughput against p99 against fairness: which strategies are Pareto-optimal.

use maud::{Markup, html};

use super::super::format;
use super::super::leaders::{self, SAME_FAIRNESS, Standing};
use super::super::rows::{NOT_MEASURED, Table};
use super::palette::Palette;
use super::parts;
use super::xy::{Axis, PlotPoint, Series, xy};
use crate::stats::Direction;

/// One strategy: what is drawn of it, and what it is ranked by.
struct Choice<'a> {
    strategy: &'a str,
    rate: f64,
    p99: u64,
    jain: Option<f64>,
    throughput: Standing<'a>,
    tail: Standing<'a>,
}

impl Choice<'_> {
    /// Whether the other is better in something, by intervals that part, and worse in nothing. Fairness counts beyond a
    /// hundredth.
    fn is_beaten_by(&self, other: &Self) -> bool {
        let fairer =
            |one: &Self, two: &Self| one.jain.zip(two.jain).is_some_and(|(a, b)| a - b > SAME_FAIRNESS);
        let better = |one: &Self, two: &Self| {
            one.throughput.beats(&two.throughput, Direction::HigherIsBetter)
                || one.tail.beats(&two.tail, Direction::LowerIsBetter)
                || fairer(one, two)
        };
        better(other, self) && !better(self, other)
    }
}

pub(super) fn section(tables: &[Table<'_>], palette: &Palette<'_>) -> Markup {
    html! {
        section #trade {
            h2 { "Throughput against p99 against fairness" }
            p.muted { "Up is more throughput, left is a lower p99, and a larger mark is a higher Jain's index (fairer). \
                       Pareto-optimal strategies are outlined: no other is better in one of the three and worse in none, by \
                       intervals that part, and in fairness by more than .01." }
            div.charts { @for table in tables { @if let Some(operation) = table.operations.first() {
                (figure(table, operation, palette))
            } } }
        }
    }
}

fn figure(table: &Table<'_>, operation: &str, palette: &Palette<'_>) -> Markup {
    let (rates, tails) = (leaders::throughputs(table), leaders::p99s(table, operation));
    let choices: Vec<_> = rates
        .iter()
        .filter_map(|throughput| {
            let cell = throughput.row.cell;
            let tail = tails.iter().find(|it| it.strategy() == cell.strategy)?;
            Some(Choice {
                strategy: &cell.strategy,
                rate: cell.throughput.ops_per_s,
                p99: cell.latency_ns.get(operation)?.p99?,
                jain: cell.fairness.map(|it| it.jain),
                throughput: *throughput,
                tail: *tail,
            })
        })
        .collect();
    let front: Vec<bool> =
        choices.iter().map(|it| !choices.iter().any(|other| it.is_beaten_by(other))).collect();
    let mark = |it: &Choice<'_>| {
        let jain = it.jain.map_or_else(|| NOT_MEASURED.to_owned(), |jain| format!("{jain:.3}"));
        let rate = format::count(it.rate);
        let tip = format!("{}: {rate} operations/s, p99 {}, Jain {jain}", it.strategy, format::nanos(it.p99));
        vec![PlotPoint { x: it.p99.max(1) as f64, y: it.rate, tip }]
    };
    let mut series = Vec::new();
    for (it, on_front) in choices.iter().zip(&front) {
        let size = 3.0 + 4.0 * it.jain.unwrap_or(0.5).powi(4);
        let one = |colour, size| Series { colour, dashed: false, joined: false, size, marks: mark(it) };
        if *on_front {
            series.push(one(palette.tone(it.strategy, "ink"), size + 2.0));
            series.push(one(palette.tone(it.strategy, "paper"), size + 1.0));
        }
        series.push(one(palette.colour(it.strategy), size));
    }
    let p99 =
        Axis::logarithmic(choices.iter().map(|it| it.p99 as f64), format::tick_nanos, "p99 (logarithmic)");
    let rate =
        Axis::from_zero(choices.iter().map(|it| it.rate), |y| format::tick_count(y.round()), "operations/s");
    let title = format!("Throughput against p99 of {operation} under {}", table.scenario);
    let drawing = html! {
        (xy(&series, &p99, &rate, &title))
        (parts::legend(palette, choices.iter().map(|it| it.strategy)))
    };
    let names: Vec<_> =
        choices.iter().zip(&front).filter(|it| *it.1).map(|it| format!("“{}”", it.0.strategy)).collect();
    let beaten = choices.len() - names.len();
    let sentence = if names.is_empty() {
        "No strategy has both throughput and p99 with an interval: 0 are ranked.".to_owned()
    } else {
        format!("Pareto-optimal: {}; {beaten} of {} dominated.", format::list(&names), choices.len())
    };
    let rows = choices.iter().zip(&front).map(|(it, on_front)| {
        let jain = it.jain.map_or_else(|| NOT_MEASURED.to_owned(), |jain| format!("{jain:.4}"));
        let word = if *on_front { "no" } else { "yes" };
        (it.strategy, vec![format::count(it.rate), format::nanos(it.p99), jain, word.to_owned()])
    });
    let head = ["operations/s", "p99", "Jain's index", "dominated"];
    let numbers = parts::numbers(palette, &title, &head, rows);
    parts::figure(table.scenario, &sentence, &drawing, &numbers)
}
