//! One scenario as a table: what every format shows of it, chosen and put into words once.

use std::collections::{BTreeMap, BTreeSet};

use super::format;
use crate::record::{
    Cell, Check, Comparison, Counterexample, Drawing, Finding, Metric, ModelResult, Point, Record, Verdict,
    Violation,
};

/// What stands where there is nothing to say.
pub(super) const NONE: &str = "–";

/// What a value is called that was not measured.
pub(super) const NOT_MEASURED: &str = "not measured";

/// The table of one scenario.
pub(super) struct Table<'a> {
    pub scenario: &'a str,
    /// The strategies that ratios are against: one for all, or one for each where every strategy has a baseline of its own.
    /// None if nothing was compared.
    pub baselines: Vec<&'a str>,
    /// The record's reference, if there is a second column of ratios, against that.
    pub reference: Option<&'a str>,
    /// The most frequent operations, at most two: their latency stands in the table.
    pub operations: Vec<&'a str>,
    /// What the systems count by names of their own, in the order of these names.
    pub counters: Vec<&'a str>,
    pub rows: Vec<Row<'a>>,
}

/// One strategy in the table.
pub(super) struct Row<'a> {
    pub cell: &'a Cell,
    /// Throughput against the baseline; `None` for the baseline itself.
    pub against_baseline: Option<&'a Comparison>,
    pub against_reference: Option<&'a Comparison>,
}

impl<'a> Table<'a> {
    pub fn of(record: &'a Record, scenario: &'a str) -> Self {
        let (first, reference) = (record.baseline(), record.reference.as_deref());
        let against = |baseline: &str, cell: &Cell| {
            record.comparison(scenario, baseline, &cell.strategy, &Metric::Throughput)
        };
        let rows: Vec<_> = record
            .cells_of(scenario)
            .map(|cell| Row {
                cell,
                against_baseline: first
                    .and_then(|first| against(first, cell))
                    .or_else(|| own_baseline(record, scenario, cell)),
                against_reference: reference.and_then(|reference| against(reference, cell)),
            })
            .collect();
        let mut baselines: Vec<&str> = Vec::new();
        for comparison in rows.iter().filter_map(|row| row.against_baseline) {
            if !baselines.contains(&comparison.baseline.as_str()) {
                baselines.push(&comparison.baseline);
            }
        }
        Self {
            scenario,
            baselines,
            reference: reference
                .filter(|_| first != reference && rows.iter().any(|row| row.against_reference.is_some())),
            operations: most_frequent(rows.iter().map(|row| row.cell), 2),
            counters: rows
                .iter()
                .flat_map(|row| row.cell.counters.iter().flatten())
                .map(|(name, _)| name.as_str())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            rows,
        }
    }

    /// What the ratios are against, in words; `None` if nothing was compared.
    pub fn baseline(&self) -> Option<&'a str> {
        match self.baselines[..] {
            [] => None,
            [one] => Some(one),
            _ => Some("its baseline"),
        }
    }

    /// The same for a sentence, in which the name of a strategy stands in quotes.
    pub fn baseline_quoted(&self) -> Option<String> {
        let words = self.baseline()?;
        Some(if self.baselines.len() == 1 { format!("“{words}”") } else { words.to_owned() })
    }

    /// All tables of a record, a scenario each.
    pub fn all(record: &'a Record) -> Vec<Self> {
        record.scenarios().into_iter().map(|scenario| Self::of(record, scenario)).collect()
    }

    /// What else was found in the scenario's cells, a line each. Errors are not among it: they are failures of the run.
    pub fn notes(&self) -> Vec<String> {
        let found = self.rows.iter().flat_map(|row| row.cell.findings.iter().map(move |it| (row.cell, it)));
        found
            .filter(|(_, it)| !it.is_error())
            .map(|(cell, it)| {
                let severity = it.severity.as_str();
                format!("{severity}: {} in “{}”: {}", it.name(), cell.strategy, it.message)
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
        let mut parts = settings(&cell.point);
        parts.extend(cell.point.save_ms.filter(|ms| *ms > 0).map(|ms| format!("saves of {ms} ms")));
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

    /// How often a look-up was answered by the system's cache.
    pub fn hit_ratio(&self) -> String {
        self.cell.hit_ratio.map_or_else(|| NOT_MEASURED.to_owned(), format::percent)
    }

    /// What the system counted under this name.
    pub fn counter(&self, name: &str) -> String {
        let counted = self.cell.counters.as_ref().and_then(|counters| counters.get(name));
        counted.map_or_else(|| NOT_MEASURED.to_owned(), |count| format::count(*count))
    }

    /// What is wrong with the cell.
    pub fn wrong(&self) -> impl Iterator<Item = &Finding> {
        self.cell.findings.iter().filter(|it| it.is_error())
    }

    /// The same where room is short.
    pub fn linearizable_narrow(&self) -> String {
        self.linearizable().replace(" operations)", " ops)")
    }

    /// Whether its answers are linearizable, by how many operations.
    pub fn linearizable(&self) -> String {
        let seen = self.cell.verification.as_ref();
        match (seen.and_then(|it| it.linearizable), seen.and_then(|it| it.operations_checked)) {
            (Some(true), checked) => {
                format!("yes ({} operations)", format::grouped(checked.unwrap_or_default()))
            }
            (Some(false), _) => "NO".to_owned(),
            (None, Some(_)) => "not decided".to_owned(),
            (None, None) => "not checked".to_owned(),
        }
    }

    /// What is wrong with it, in few words, or what was seen of its locks, and what was not looked at.
    pub fn found(&self) -> String {
        let wrong: Vec<_> = self.wrong().map(|finding| finding.name().to_owned()).collect();
        if !wrong.is_empty() {
            return format!("FAILED: {}", format::list(&wrong));
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
        let counts = seen.iter().filter_map(|(number, noun)| match number {
            Some(0) => None,
            Some(number) => Some(format::counted(*number, noun)),
            None => Some(format!("{noun} not checked")),
        });
        let counts: Vec<_> = counts.collect();
        if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
    }
}

/// The comparison with a baseline of the strategy's own, where it has not that of the run. What all are held against
/// besides is none.
fn own_baseline<'a>(record: &'a Record, scenario: &str, cell: &Cell) -> Option<&'a Comparison> {
    let of_cell = |it: &&Comparison| it.scenario == scenario && it.candidate == cell.strategy;
    let reference = record.reference.as_deref();
    let is_own = |it: &&Comparison| it.metric == Metric::Throughput && Some(&*it.baseline) != reference;
    record.comparisons.iter().filter(of_cell).find(is_own)
}

/// A finding, and where it was made.
pub(super) struct LocatedFinding<'a> {
    pub strategy: &'a str,
    /// The scenario, of a sweep with the value that its setting had.
    pub place: String,
    pub finding: &'a Finding,
}

/// Everything that was found, in cells and at the points of sweeps.
pub(super) fn findings(record: &Record) -> impl Iterator<Item = LocatedFinding<'_>> {
    let in_cells = record.cells.iter().flat_map(|cell| {
        let found =
            |finding| LocatedFinding { strategy: &cell.strategy, place: cell.scenario.clone(), finding };
        cell.findings.iter().map(found)
    });
    let in_sweeps = record.scaling.iter().flat_map(|sweep| {
        sweep.points.iter().flat_map(move |at| {
            let size = sweep.size(&at.point).unwrap_or_default();
            let place = format!("{} with {}={size}", sweep.scenario, sweep.along);
            let found =
                move |finding| LocatedFinding { strategy: &sweep.strategy, place: place.clone(), finding };
            at.findings.iter().map(found)
        })
    });
    in_cells.chain(in_sweeps)
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

/// Which build the other one was, where there was one.
pub(super) fn other_build(record: &Record) -> Option<String> {
    let against = record.against.as_ref()?;
    let it = &against.environment;
    let commit = it.commit.as_ref().map(|commit| format!(" ({commit})")).unwrap_or_default();
    let (program, rounds) = (&against.program, against.rounds.len() as u64);
    Some(format!(
        "“@other” marks {program}, version {}{commit} built by rustc {}; {} of one process of each.",
        it.version,
        it.rustc,
        format::counted(rounds, "round"),
    ))
}

/// When the run began, for people.
pub(super) fn began(record: &Record) -> String {
    record.started_at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// How many of the table's candidates came to a verdict.
pub(super) fn with_verdict(table: &Table<'_>, verdict: Verdict) -> usize {
    table.rows.iter().filter(|row| row.against_baseline.is_some_and(|it| it.verdict == verdict)).count()
}

/// Models that do not hold, with the interleaving in which they do not: what is drawn of them.
pub(super) fn counterexamples(record: &Record) -> impl Iterator<Item = (&ModelResult, &Counterexample)> {
    let models = record.models.iter().flatten().filter(|it| !it.holds);
    models.filter_map(|it| Some((it, it.counterexample.as_ref()?)))
}

/// Errors of which it is known who waited for whom: what is drawn of them.
pub(super) fn wait_cycles(record: &Record) -> impl Iterator<Item = LocatedFinding<'_>> {
    findings(record).filter(|it| it.finding.is_error() && !it.finding.edges.is_empty())
}

/// What a drawing in text shows below a heading and a message of its own.
pub(super) fn without_words(drawing: Drawing<'_>) -> Drawing<'_> {
    Drawing { cause: Vec::new(), replay: None, ..drawing }
}

/// Whose violation is drawn.
pub(super) fn caption(strategy: &str, violation: &Violation) -> String {
    if violation.key.is_empty() {
        format!("“{strategy}”")
    } else {
        format!("“{strategy}”, {}", violation.key)
    }
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
