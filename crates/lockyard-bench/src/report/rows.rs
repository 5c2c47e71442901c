//! One scenario as a table: what every format shows of it, chosen and put into words once.

use std::collections::BTreeMap;

use super::format;
use crate::record::{
    Cell, Check, Comparison, Finding, Metric, ModelResult, Record, Severity, Verdict, Violation,
};

/// The strategy that a lock alone is compared with: all but the lock is as the finished change has it.
pub(super) const NAIVE: &str = "naive";

/// What stands where there is nothing to say.
pub(super) const NONE: &str = "–";

/// What a value is called that was not measured.
pub(super) const NOT_MEASURED: &str = "not measured";

/// The table of one scenario.
pub(super) struct Table<'a> {
    pub scenario: &'a str,
    /// The strategy the ratios are against; `None` if nothing was compared.
    pub baseline: Option<&'a str>,
    /// Whether there is a second column of ratios, against [`NAIVE`].
    pub against_naive: bool,
    /// The most frequent operations, at most two: their latency stands in the table.
    pub operations: Vec<&'a str>,
    pub rows: Vec<Row<'a>>,
}

/// One strategy in the table.
pub(super) struct Row<'a> {
    pub cell: &'a Cell,
    /// Throughput against the baseline; `None` for the baseline itself.
    pub against_baseline: Option<&'a Comparison>,
    pub against_naive: Option<&'a Comparison>,
}

impl<'a> Table<'a> {
    pub fn of(record: &'a Record, scenario: &'a str) -> Self {
        let first = record.baseline();
        let against = |baseline: &str, cell: &Cell| {
            record.comparison(scenario, baseline, &cell.strategy, &Metric::Throughput)
        };
        let rows: Vec<_> = record
            .cells_of(scenario)
            .map(|cell| Row {
                cell,
                against_baseline: first.and_then(|first| against(first, cell)),
                against_naive: against(NAIVE, cell),
            })
            .collect();
        let compared = rows.iter().any(|row| row.against_baseline.is_some());
        Self {
            scenario,
            baseline: first.filter(|_| compared),
            against_naive: first != Some(NAIVE) && rows.iter().any(|row| row.against_naive.is_some()),
            operations: most_frequent(rows.iter().map(|row| row.cell), 2),
            rows,
        }
    }

    /// All tables of a record, a scenario each.
    pub fn all(record: &'a Record) -> Vec<Self> {
        record.scenarios().into_iter().map(|scenario| Self::of(record, scenario)).collect()
    }

    /// What else was found in the scenario's cells, a line each. Errors are not among it: they are failures of the run.
    pub fn notes(&self) -> Vec<String> {
        let found = self.rows.iter().flat_map(|row| row.cell.findings.iter().map(move |it| (row.cell, it)));
        found
            .filter(|(_, it)| it.severity != Severity::Error)
            .map(|(cell, it)| {
                let severity = it.severity.as_str();
                format!("{severity}: {} in “{}”: {}", it.kind, cell.strategy, it.message)
            })
            .collect()
    }

    /// Operations that no order explains, each with the strategy that answered so.
    pub fn violations(&self) -> impl Iterator<Item = (&'a str, &'a Violation)> {
        self.rows.iter().flat_map(|row| {
            row.cell.violations.iter().map(|violation| (row.cell.strategy.as_str(), violation))
        })
    }

    /// The settings of the scenario in words, from its first cell.
    pub fn settings(&self) -> String {
        let Some(Row { cell, .. }) = self.rows.first() else { return String::new() };
        let point = &cell.point;
        let mut parts = vec![
            format::counted(point.workers.into(), "worker"),
            format::counted(point.tasks.into(), "task"),
        ];
        parts.extend(point.readers.map(|n| format::counted(n.into(), "reader")));
        parts.extend(point.writers.map(|n| format::counted(n.into(), "writer")));
        parts.extend(point.save_ms.filter(|ms| *ms > 0).map(|ms| format!("saves of {ms} ms")));
        parts.push(format!(
            "{:.1} s in {} for each strategy",
            cell.seconds,
            format::counted(cell.rounds.into(), "round")
        ));
        parts.join(", ")
    }
}

impl Row<'_> {
    /// Operations a second with their interval.
    pub fn throughput(&self) -> String {
        format::with_interval(self.cell.throughput.ops_per_s, self.cell.throughput.ci)
    }

    /// The same where room is short.
    pub fn throughput_and_spread(&self) -> String {
        format::with_spread(self.cell.throughput.ops_per_s, self.cell.throughput.ci)
    }

    /// p50 and p99 of an operation.
    pub fn latency(&self, operation: &str) -> String {
        self.cell.latency_ns.get(operation).map_or_else(
            || NOT_MEASURED.to_owned(),
            |latency| format!("{} / {}", format::nanos(latency.p50), format::nanos(latency.p99)),
        )
    }

    /// What is wrong with the cell.
    pub fn wrong(&self) -> impl Iterator<Item = &Finding> {
        self.cell.findings.iter().filter(|it| it.severity == Severity::Error)
    }

    /// Whether its answers are linearizable, by how many operations.
    pub fn linearizable(&self) -> String {
        let seen = self.cell.verification.as_ref();
        match (seen.and_then(|it| it.linearizable), seen.and_then(|it| it.operations_checked)) {
            (Some(true), checked) => format!("yes ({})", format::count(checked.unwrap_or_default() as f64)),
            (Some(false), _) => "NO".to_owned(),
            (None, Some(_)) => "not decided".to_owned(),
            (None, None) => "not checked".to_owned(),
        }
    }

    /// What is wrong with it, in few words, or what was seen of its locks, and what was not looked at.
    pub fn found(&self) -> String {
        let wrong: Vec<_> = self.wrong().map(|finding| finding.kind.clone()).collect();
        if !wrong.is_empty() {
            return format!("WRONG: {}", format::list(&wrong));
        }
        let seen = self.cell.verification.unwrap_or_default();
        let seen = [
            (seen.deadlocks, "deadlock"),
            (seen.order_inversions, "order inversion"),
            (seen.starvations, "starvation"),
        ];
        if seen.iter().all(|(number, _)| number.is_none()) {
            return "not tracked".to_owned();
        }
        let told = seen.iter().filter_map(|(number, noun)| match number {
            Some(0) => None,
            Some(number) => Some(format::counted(*number, noun)),
            None => Some(format!("{noun} not checked")),
        });
        let told: Vec<_> = told.collect();
        if told.is_empty() { "none".to_owned() } else { told.join(", ") }
    }
}

/// The heads of the two columns that say whether a strategy is right.
pub(super) const CORRECTNESS: [&str; 2] = ["linearizable", "findings"];

/// Ratio and interval of a comparison; a dash where there is none to make.
pub(super) fn ratio(comparison: Option<&Comparison>) -> String {
    comparison.map_or_else(|| NONE.to_owned(), |it| format::ratio(it.ratio, it.ci))
}

/// The verdict of a comparison in its word; of the baseline, that it is the baseline.
pub(super) fn verdict(row: &Row<'_>, baseline: &str) -> &'static str {
    match row.against_baseline {
        Some(comparison) => comparison.verdict.as_str(),
        None if row.cell.strategy == baseline => "baseline",
        None => "not compared",
    }
}

/// How much of a model's interleavings was tried.
pub(super) fn searched(it: &ModelResult) -> String {
    match (&it.bound, it.exhaustive) {
        (_, true) => format!("all {}", it.schedules),
        (Some(bound), false) => format!("{}, bounded by {bound}", it.schedules),
        (None, false) => format!("{}, not all", it.schedules),
    }
}

/// The names of checks, in a sentence.
pub(super) fn checks(checks: &[Check]) -> String {
    format::list(&checks.iter().map(|check| check.as_str().to_owned()).collect::<Vec<_>>())
}

/// When the run began, for people.
pub(super) fn began(record: &Record) -> String {
    record.started_at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// How many of the table's candidates came to a verdict.
pub(super) fn with_verdict(table: &Table<'_>, verdict: Verdict) -> usize {
    table.rows.iter().filter(|row| row.against_baseline.is_some_and(|it| it.verdict == verdict)).count()
}

/// What a drawn violation shows.
pub(super) fn caption(strategy: &str, violation: &Violation) -> String {
    format!(
        "“{strategy}”, session {}: no order explains these {} operations",
        violation.key,
        violation.operations.len()
    )
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
