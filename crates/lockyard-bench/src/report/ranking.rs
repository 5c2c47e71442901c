//! The ranking of a scenario: one row a strategy, with what decides between them.
//!
//! A place is one more than the number of strategies that are better by intervals that part. So all that nothing parts share
//! a place, as in rankings of contests with ties; that two share one does not mean that the two are equal.

use super::correct::{self, Checked};
use super::format;
use super::leaders::{self, Standing};
use super::rows::{Row, Table};
use crate::stats::Direction;

/// A scenario's strategies, the best first, and those that failed last.
pub(super) struct Ranking<'a> {
    pub rows: Vec<Ranked<'a>>,
    /// What ratios are to; `None` where nothing was compared, or each strategy with another.
    pub base: Option<&'a str>,
}

/// One strategy in a ranking.
pub(super) struct Ranked<'a> {
    pub row: &'a Row<'a>,
    /// Its place, from 1; `None` of one that failed, or that is compared with nothing.
    pub place: Option<usize>,
    /// How many share the place.
    pub sharing: usize,
    /// Throughput, as a ratio to the base where there is one.
    pub throughput: Option<Standing<'a>>,
    pub worst_p99: Option<WorstP99<'a>>,
    pub correct: Checked,
}

/// The operation of which the slowest hundredth is slowest.
#[derive(Clone, Copy)]
pub(super) struct WorstP99<'a> {
    pub operation: &'a str,
    pub nanos: u64,
    pub ci: Option<[u64; 2]>,
}

impl<'a> Ranking<'a> {
    pub fn of(table: &'a Table<'a>) -> Self {
        let standings = leaders::throughputs(table);
        let place = |it: &Standing<'_>| {
            1 + standings.iter().filter(|other| other.beats(it, Direction::HigherIsBetter)).count()
        };
        let mut rows: Vec<_> = table
            .rows
            .iter()
            .map(|row| {
                let throughput = standings.iter().find(|it| it.strategy() == row.cell.strategy).copied();
                Ranked {
                    row,
                    place: throughput.as_ref().map(place),
                    sharing: 0,
                    throughput,
                    worst_p99: WorstP99::of(row),
                    correct: correct::summary(table.record, &row.cell.strategy),
                }
            })
            .collect();
        rows.sort_by(|a, b| {
            let last = |it: &Ranked<'_>| it.place.unwrap_or(usize::MAX);
            let rate =
                |it: &Ranked<'_>| it.throughput.map_or(it.row.cell.throughput.ops_per_s, |it| it.value);
            last(a).cmp(&last(b)).then(rate(b).total_cmp(&rate(a)))
        });
        let places: Vec<_> = rows.iter().map(|it| it.place).collect();
        for row in &mut rows {
            row.sharing = places.iter().filter(|place| **place == row.place).count();
        }
        Self { rows, base: table.base() }
    }

    /// The row of a strategy.
    pub fn row(&self, strategy: &str) -> Option<&Ranked<'a>> {
        self.rows.iter().find(|it| it.strategy() == strategy)
    }

    /// The throughput of a strategy that did not fail.
    pub fn standing(&self, strategy: &str) -> Option<&Standing<'a>> {
        self.row(strategy)?.throughput.as_ref()
    }
}

/// The geometric mean over scenarios of a strategy's ratios to what all others are ratios to; `None` where there is none under each of
/// them. It is of the estimates, and has no interval.
pub(super) fn mean<'a>(rankings: impl IntoIterator<Item = &'a Ranking<'a>>, strategy: &str) -> Option<f64> {
    let (mut logarithms, mut count) = (0.0, 0.0);
    for ranking in rankings {
        logarithms += ranking.standing(strategy).filter(|it| it.is_ratio)?.value.ln();
        count += 1.0;
    }
    (count > 0.0).then(|| (logarithms / count).exp())
}

impl Ranked<'_> {
    /// "1", "2=" where it is shared, and a dash where there is none.
    pub fn place(&self) -> String {
        match self.place {
            None => super::rows::NONE.to_owned(),
            Some(place) if self.sharing > 1 => format!("{place}="),
            Some(place) => place.to_string(),
        }
    }

    /// What the locks and the cache take for an item, in bytes.
    pub fn bytes(&self) -> Option<f64> {
        self.row.cell.memory.as_ref()?.bytes_per_session
    }

    pub fn strategy(&self) -> &str {
        &self.row.cell.strategy
    }
}

impl<'a> WorstP99<'a> {
    pub fn of(row: &'a Row<'_>) -> Option<Self> {
        let all = row.cell.latency_ns.iter();
        let known = all.filter_map(|(operation, it)| Some(Self { operation, nanos: it.p99?, ci: it.p99_ci }));
        known.max_by_key(|it| it.nanos)
    }

    /// "1.20 ms (put)".
    pub fn words(&self) -> String {
        format!("{} ({})", format::nanos(self.nanos), self.operation)
    }
}
