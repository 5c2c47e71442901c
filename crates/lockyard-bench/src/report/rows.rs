//! One scenario as a table: what every format shows of it, chosen and put into words once.

use std::collections::{BTreeMap, BTreeSet};

use super::combination_name::combination_name;
use super::excluded::ExcludedStrategy;
use super::format;
pub(super) use super::located::{LocatedFinding, findings};
pub(super) use super::row::{NONE, NOT_MEASURED, Row, percentile};
use crate::record::{Cell, Check, Comparison, Metric, ModelResult, Point, Record};

/// What stands above combinations that are not ranked.
pub(super) const COMBINATIONS: &str = "Measured for the ablation alone, and not ranked";

/// The table of one scenario.
pub(super) struct Table<'a> {
    pub record: &'a Record,
    pub scenario: &'a str,
    /// The strategies that ratios are against: one for all, or one for each where every strategy has a baseline of its own.
    /// None if nothing was compared.
    pub baselines: Vec<&'a str>,
    /// The record's reference, if there is a second column of ratios, against that.
    pub reference: Option<&'a str>,
    /// The strategies with which others are compared because all else is equal, if there is a column of these ratios.
    pub equals: Vec<&'a str>,
    /// The most frequent operations, at most two: their latency stands in the table.
    pub operations: Vec<&'a str>,
    /// What the systems count by names of their own, in the order of these names.
    pub counters: Vec<&'a str>,
    /// What is ranked.
    pub rows: Vec<Row<'a>>,
    /// Combinations of factors that were measured for an ablation alone.
    pub combinations: Vec<Row<'a>>,
}

impl<'a> Table<'a> {
    pub fn of(record: &'a Record, scenario: &'a str) -> Self {
        let (first, reference) = (record.baseline(), record.reference.as_deref());
        let against = |baseline: &str, cell: &Cell| {
            record.comparison(scenario, baseline, &cell.strategy, &Metric::Throughput)
        };
        let excluded = ExcludedStrategy::all(record);
        let row = |cell: &'a Cell| Row {
            cell,
            against_baseline: first
                .and_then(|first| against(first, cell))
                .or_else(|| own_baseline(record, scenario, cell)),
            against_reference: reference.and_then(|reference| against(reference, cell)),
            against_equal: record
                .strategy(&cell.strategy)
                .and_then(|it| against(it.compared_with.as_deref()?, cell)),
            excluded: excluded.iter().any(|it| it.strategy == cell.strategy),
        };
        let (combinations, rows): (Vec<_>, Vec<_>) =
            record.cells_of(scenario).map(row).partition(|row| record.is_ablation_only(&row.cell.strategy));
        let mut equals: Vec<&str> = Vec::new();
        for comparison in rows.iter().filter_map(|row| row.against_equal) {
            if !equals.contains(&comparison.baseline.as_str()) {
                equals.push(&comparison.baseline);
            }
        }
        let mut baselines: Vec<&str> = Vec::new();
        for comparison in rows.iter().filter_map(|row| row.against_baseline) {
            if !baselines.contains(&comparison.baseline.as_str()) {
                baselines.push(&comparison.baseline);
            }
        }
        Self {
            record,
            scenario,
            baselines,
            reference: reference
                .filter(|_| first != reference && rows.iter().any(|row| row.against_reference.is_some())),
            // What stands in the first two columns is not said twice.
            equals: equals.into_iter().filter(|it| Some(*it) != first && Some(*it) != reference).collect(),
            operations: most_frequent(rows.iter().map(|row| row.cell), 2),
            counters: rows
                .iter()
                .flat_map(|row| row.cell.counters.iter().flatten())
                .map(|(name, _)| name.as_str())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            rows,
            combinations,
        }
    }

    /// The one strategy to which all ratios are that are ranked; `None` where nothing was compared, or each with another.
    pub fn base(&self) -> Option<&'a str> {
        self.reference.or(match self.baselines[..] {
            [one] => Some(one),
            _ => None,
        })
    }

    /// What stands above the ratios where all else is equal; `None` where there are none.
    pub fn equal(&self) -> Option<&'a str> {
        match self.equals[..] {
            [] => None,
            [one] => Some(one),
            _ => Some("its equal"),
        }
    }

    /// Every operation that was timed, the most frequent first.
    pub fn all_operations(&self) -> Vec<&'a str> {
        most_frequent(self.rows.iter().map(|row| row.cell), usize::MAX)
    }

    /// All that was measured under the scenario.
    pub fn all_rows(&self) -> impl Iterator<Item = &Row<'a>> {
        self.rows.iter().chain(&self.combinations)
    }

    /// What the ratios are against, in words; `None` if nothing was compared.
    pub fn baseline(&self) -> Option<&'a str> {
        match self.baselines[..] {
            [] => None,
            [one] => Some(one),
            _ => Some("its baseline"),
        }
    }

    /// All tables of a record, a scenario each.
    pub fn all(record: &'a Record) -> Vec<Self> {
        record.scenarios().into_iter().map(|scenario| Self::of(record, scenario)).collect()
    }

    /// What else was found in the scenario's cells, a line each. Errors are not among it: they are failures of the run.
    pub fn notes(&self) -> Vec<String> {
        let found = self.all_rows().flat_map(|row| row.cell.findings.iter().map(move |it| (row.cell, it)));
        found
            .filter(|(_, it)| !it.is_error())
            .map(|(cell, it)| {
                let severity = it.severity.as_str();
                format!("{severity}: {} in “{}”: {}", it.name(), cell.strategy, it.message)
            })
            .collect()
    }

    /// The settings of the scenario in words, from its first cell.
    pub fn settings(&self) -> String {
        let Some(Row { cell, .. }) = self.rows.first() else { return String::new() };
        let mut parts = settings(&cell.point);
        parts.extend(cell.point.save_ms.filter(|ms| *ms > 0).map(|ms| format!("saves of {ms} ms")));
        parts.push(format!(
            "{:.1} s in {} for each strategy{}",
            cell.seconds,
            format::counted(cell.rounds.into(), "round"),
            of_the_asked(cell).unwrap_or_default(),
        ));
        parts.join(", ")
    }
}

/// The comparison with a baseline of the strategy's own, where it has not that of the run. What all are held against
/// besides is none, nor is what equals it in all but one thing.
fn own_baseline<'a>(record: &'a Record, scenario: &str, cell: &Cell) -> Option<&'a Comparison> {
    let of_cell = |it: &&Comparison| it.scenario == scenario && it.candidate == cell.strategy;
    let is_own = |it: &&Comparison| it.metric == Metric::Throughput && is_own_baseline(record, it);
    record.comparisons.iter().filter(of_cell).find(is_own)
}

/// Whether a comparison is with a baseline of the candidate's own: not that of the run, nor the reference, nor what equals the
/// candidate in all but one thing.
pub(super) fn is_own_baseline(record: &Record, it: &Comparison) -> bool {
    let equal = record.strategy(&it.candidate).and_then(|it| it.compared_with.as_ref());
    record.baseline() != Some(&*it.baseline)
        && record.reference.as_ref() != Some(&it.baseline)
        && equal != Some(&it.baseline)
}

/// " of the 1 s asked", where it was measured for another time.
fn of_the_asked(cell: &Cell) -> Option<String> {
    const ALIKE: f64 = 0.1;
    let asked = cell.seconds_asked.filter(|asked| (cell.seconds / asked - 1.0).abs() > ALIKE)?;
    // As it would be written: 2.5 s, 1 s.
    Some(format!(" of the {} s asked", (asked * 1e3).round() / 1e3))
}

/// A combination in a line: "before + borrowed: 23.4 k [22.1 k, 24.9 k] operations/s, ×0.35 [0.33, 0.38] of “naive”".
pub(super) fn combination(record: &Record, row: &Row<'_>) -> String {
    let strategy = &row.cell.strategy;
    let name = combination_name(record, strategy).unwrap_or_else(|| strategy.clone());
    let ratio = row
        .against_baseline
        .map_or_else(String::new, |it| format!(", {} of “{}”", format::ratio(it.ratio, it.ci), it.baseline));
    format!("{name}: {} operations/s{ratio}", row.throughput())
}

/// The settings of a point in words, but for how long a save takes, of which each text speaks in its own way.
pub(super) fn settings(point: &Point) -> Vec<String> {
    let mut settings =
        vec![format::counted(point.workers.into(), "worker"), format::counted(point.tasks.into(), "task")];
    settings.extend(point.readers.map(|n| format::counted(n.into(), "reader")));
    settings.extend(point.writers.map(|n| format::counted(n.into(), "writer")));
    settings.extend(point.settings.iter().map(|(name, value)| format!("{name} {value}")));
    settings
}

/// The value in the middle; `None` of none.
pub(super) fn middle(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

/// Ratio and interval of a comparison; a dash where there is none to make.
pub(super) fn ratio(comparison: Option<&Comparison>) -> String {
    comparison.map_or_else(|| NONE.to_owned(), |it| format::ratio(it.ratio, it.ci))
}

/// The verdict of a comparison in its word; of the baseline, that it is the baseline.
pub(super) fn verdict(row: &Row<'_>, baselines: &[&str]) -> &'static str {
    match row.against_baseline {
        Some(comparison) => comparison.verdict.as_str(),
        None if baselines.contains(&row.cell.strategy.as_str()) => "baseline",
        None => "not compared",
    }
}

/// How much of a model's interleavings was tried.
pub(super) fn searched(it: &ModelResult) -> String {
    if let Some(why) = &it.unsound {
        return format!("{}, unsound: {why}", it.schedules);
    }
    match (&it.bound, it.exhaustive) {
        (_, true) => format!("all {}", it.schedules),
        (Some(bound), false) => format!("{}, incomplete: bounded by {bound}", it.schedules),
        (None, false) => format!("{}, incomplete", it.schedules),
    }
}

/// The names of checks, in a sentence.
pub(super) fn checks(checks: &[Check]) -> String {
    format::list(&checks.iter().map(|check| check.as_str().to_owned()).collect::<Vec<_>>())
}

/// Which build the other one was, where there was one, and that the verdict is of the two as they were built.
pub(super) fn other_build(record: &Record) -> Option<String> {
    let against = record.against.as_ref()?;
    let it = &against.environment;
    let commit = it.commit.as_ref().map(|commit| format!(" ({commit})")).unwrap_or_default();
    let program = &against.program;
    let pairs = match against.rounds.len() {
        1 => "1 pair of processes".to_owned(),
        pairs => format!("{pairs} pairs of processes"),
    };
    Some(format!(
        "“@other” marks {program}, version {}{commit} built by rustc {}; {}. The verdict is of these \
         two files: another build of the same source may differ by its layout.",
        it.version, it.rustc, pairs,
    ))
}

/// When the run began, for people.
pub(super) fn began(record: &Record) -> String {
    record.started_at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn most_frequent<'a>(cells: impl Iterator<Item = &'a Cell>, at_most: usize) -> Vec<&'a str> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (operation, latency) in cells.flat_map(|cell| &cell.latency_ns) {
        *counts.entry(operation).or_default() += latency.count;
    }
    let mut operations: Vec<_> = counts.into_iter().collect();
    operations.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    operations.into_iter().take(at_most).map(|(operation, _)| operation).collect()
}
