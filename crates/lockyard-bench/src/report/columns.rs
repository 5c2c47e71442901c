//! The columns of a scenario's table, as values: one list, and every format walks through it.
//!
//! A new column is an entry in [`Column::all`], and no format is touched for it. If it shows what no record holds yet, the
//! field goes into `record/cell.rs`, and the code that measures fills it; if other texts say the same in words, the words go into
//! `rows.rs`. A test holds that no other file of the report names a column.

use super::format;
use super::rows::{self, Row, Table};
use crate::record::Verdict;

/// One column.
pub(super) struct Column<'a> {
    /// What stands above it.
    pub head: String,
    /// What its values are, where the head does not say it; empty where it does.
    pub unit: &'static str,
    pub align: Align,
    pub part: Part,
    /// Where room is short it shares the place of the column before it.
    pub shares: bool,
    /// What it says of a strategy.
    pub cell: CellText<'a>,
    /// How good that is.
    pub tone: fn(&Row<'_>) -> Tone,
}

/// What a column says of a strategy, as it fits.
type CellText<'a> = Box<dyn Fn(&Row<'_>, ColumnWidth) -> String + 'a>;

/// How much room a format has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnWidth {
    Wide,
    /// A terminal.
    Narrow,
}

/// Which table a column stands in where one table would be too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Speed,
    /// Whether it is right, and what its lock alone gave.
    Quality,
    Latency,
    /// What is counted besides, where anything is.
    Counted,
}

impl Part {
    /// All of them, in the order of columns.
    pub const ALL: [Self; 4] = [Self::Speed, Self::Quality, Self::Latency, Self::Counted];
}

/// What a column holds, and with that, where its values stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    CellText,
    Numbers,
    /// Numbers, each with an interval of its own width: in a terminal they are easier to compare from the left.
    Ratios,
}

/// How good something is, for formats that have colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    /// Nothing is known of it.
    Muted,
    Good,
    Bad,
    /// It may be either.
    Open,
}

impl<'a> Column<'a> {
    /// All columns of a table but the first, which has the strategies' names.
    pub fn all(table: &'a Table<'a>) -> Vec<Self> {
        use Align::{CellText, Numbers, Ratios};
        use Part::{Counted, Latency, Quality, Speed};

        let throughput = |row: &Row<'_>, room| match room {
            ColumnWidth::Wide => row.throughput(),
            ColumnWidth::Narrow => row.throughput_and_spread(),
        };
        let mut columns = vec![Self::new("operations/s", Numbers, Speed, throughput)];
        if let Some(baseline) = table.baseline() {
            let against = format!("against {baseline}");
            columns.push(Self::new(against, Ratios, Speed, |row, _| rows::ratio(row.against_baseline)));
            let verdict = Self::new("verdict", CellText, Speed, |row, _| {
                rows::verdict(row, &table.baselines).to_owned()
            });
            columns.push(Self { tone: tone_of_verdict, ..verdict });
        }
        if let Some(reference) = table.reference {
            let against = format!("against {reference}");
            columns.push(Self::new(against, Ratios, Speed, |row, _| rows::ratio(row.against_reference)));
        }
        if let Some(equal) = table.equal() {
            let against = format!("against {equal}");
            columns.push(Self::new(against, Ratios, Quality, |row, _| rows::ratio(row.against_equal)));
        }
        let count = |of: fn(&Row<'_>) -> u64| move |row: &Row<'_>, _| format::count(of(row) as f64);
        columns.push(Self::new("errors", Numbers, Quality, count(|row| row.cell.errors)));
        let refused = Self::new("refused", Numbers, Quality, count(|row| row.cell.refused));
        columns.push(Self { shares: true, ..refused });
        for checks in [
            Self::new("linearizable", CellText, Quality, |row, room| match room {
                ColumnWidth::Wide => row.linearizable(),
                ColumnWidth::Narrow => row.linearizable_narrow(),
            }),
            Self::new("findings", CellText, Quality, |row, _| row.found()),
        ] {
            columns.push(Self { tone: tone_of_checks, ..checks });
        }
        columns.extend(table.operations.iter().map(|operation| {
            let latency = Self::new(*operation, Numbers, Latency, |row, room| match room {
                ColumnWidth::Wide => row.latency(operation),
                ColumnWidth::Narrow => row.latency_and_spread(operation),
            });
            Self { unit: "p50 / p99 (samples)", ..latency }
        }));
        // Only where they are tasks of their own can the one hardly run beside the other.
        let are_apart = |row: &Row<'_>| row.cell.point.readers.is_some() && row.cell.point.writers.is_some();
        if table.rows.iter().any(are_apart) {
            columns.push(Self::new("reads/s", Numbers, Counted, |row, _| Row::rate(row.cell.reads_per_s)));
            columns.push(Self::new("writes/s", Numbers, Counted, |row, _| Row::rate(row.cell.writes_per_s)));
        }
        if table.rows.iter().any(|row| row.cell.hit_ratio.is_some()) {
            columns.push(Self::new("cache hits", Numbers, Counted, |row, _| row.hit_ratio()));
        }
        let counters = table.counters.iter();
        columns.extend(counters.map(|name| Self::new(*name, Numbers, Counted, |row, _| row.counter(name))));
        columns
    }

    fn new(
        head: impl Into<String>,
        align: Align,
        part: Part,
        cell: impl Fn(&Row<'_>, ColumnWidth) -> String + 'a,
    ) -> Self {
        let (cell, tone) = (Box::new(cell), |_: &Row<'_>| Tone::Plain);
        Self { head: head.into(), unit: "", align, part, shares: false, cell, tone }
    }
}

fn tone_of_verdict(row: &Row<'_>) -> Tone {
    match row.against_baseline.map(|it| it.verdict) {
        None => Tone::Muted,
        Some(Verdict::Faster) => Tone::Good,
        Some(Verdict::Slower) => Tone::Bad,
        Some(Verdict::NoDifference | Verdict::NoVerdict) => Tone::Open,
    }
}

fn tone_of_checks(row: &Row<'_>) -> Tone {
    match (row.wrong().next(), &row.cell.verification) {
        (Some(_), _) => Tone::Bad,
        (None, Some(_)) => Tone::Plain,
        (None, None) => Tone::Muted,
    }
}
