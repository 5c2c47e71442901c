//! Several records in the order of their start. What changed between two that follow each other is what [`diff`] says of them, and
//! nothing is judged a second time.

use super::changes::{diff, side};
use super::reference::{estimate_to_reference, reference};
use crate::record::{
    Cell, Estimate, Metric, Record, SCHEMA_VERSION, TrendPoint, TrendRun, TrendScenario, TrendStrategy,
    Trends,
};
use crate::share::Share;
use crate::stats::Confidence;

/// How each strategy went from run to run, in the order of their start, whatever the order of `records` is.
///
/// Each run is compared with the one before it, by [`diff`] and against a tolerance of zero. The intervals are widened so that all of
/// these comparisons together have the confidence, however many runs there are; of two runs they are those of their diff.
///
/// ```
/// # use lockyard_bench::gate::trends;
/// # use lockyard_bench::record::Record;
/// # use lockyard_bench::stats::Confidence;
/// # fn of(records: &[Record]) {
/// for step in trends(records, Confidence::default()).steps() {
///     println!("{} at run {}: ×{}", step.change.strategy, step.after() + 1, step.change.change.ratio);
/// }
/// # }
/// ```
#[must_use]
pub fn trends(records: &[Record], confidence: Confidence) -> Trends {
    let mut records: Vec<_> = records.iter().collect();
    records.sort_by_key(|record| record.started_at);
    let pairs = records.len().saturating_sub(1).max(1);
    let each = Confidence::new(1.0 - (1.0 - confidence.level()) / pairs as f64).unwrap_or(confidence);
    let run =
        |record: &&Record| TrendRun { side: side(record), reference: reference(record).map(str::to_owned) };
    Trends {
        schema_version: SCHEMA_VERSION,
        runs: records.iter().map(run).collect(),
        confidence: confidence.level(),
        diffs: records.windows(2).map(|pair| diff(pair[0], pair[1], Share::NONE, each)).collect(),
        scenarios: scenarios(&records),
    }
}

fn scenarios(records: &[&Record]) -> Vec<TrendScenario> {
    let names = distinct(records.iter().flat_map(|record| record.scenarios()));
    names.into_iter().map(|name| scenario(records, name)).collect()
}

fn scenario(records: &[&Record], name: &str) -> TrendScenario {
    let operation = records.iter().rev().find_map(|record| operation(record, name));
    let ranked = records.iter().flat_map(|record| {
        record.cells_of(name).map(|cell| &*cell.strategy).filter(|it| !record.is_ablation_only(it))
    });
    let strategies = distinct(ranked).into_iter().filter_map(|strategy| {
        let points = (0..).zip(records);
        let points =
            points.filter_map(|(run, record)| point(record, run, name, strategy, operation.as_deref()));
        let points: Vec<_> = points.collect();
        (!points.is_empty()).then(|| TrendStrategy { strategy: strategy.to_owned(), points })
    });
    TrendScenario { name: name.to_owned(), strategies: strategies.collect(), operation }
}

/// The most frequent operation whose p99 is compared with that of the reference.
fn operation(record: &Record, scenario: &str) -> Option<String> {
    let reference = reference(record)?;
    let count = |operation: &str| -> u64 {
        let timed = record.cells_of(scenario).filter_map(|cell| cell.latency_ns.get(operation));
        timed.map(|latency| latency.count).sum()
    };
    let compared = record
        .comparisons
        .iter()
        .filter(|it| it.scenario == scenario && [&*it.baseline, &*it.candidate].contains(&reference));
    let operations = compared.filter_map(|it| match &it.metric {
        Metric::P99(operation) => Some(operation),
        Metric::Throughput | Metric::BytesPerSession => None,
    });
    operations.max_by_key(|operation| count(operation)).cloned()
}

fn point(
    record: &Record,
    run: usize,
    scenario: &str,
    strategy: &str,
    operation: Option<&str>,
) -> Option<TrendPoint> {
    let cell = record.cells_of(scenario).find(|it| it.strategy == strategy)?;
    let ratio = |metric: &Metric| {
        if reference(record) == Some(strategy) {
            return Some(Estimate { ratio: 1.0, ci: [1.0, 1.0] });
        }
        estimate_to_reference(record, scenario, strategy, metric)
    };
    let p99_of = |cell: &Cell, operation: &str| cell.latency_ns.get(operation)?.p99;
    Some(TrendPoint {
        run,
        ratio: ratio(&Metric::Throughput)?,
        throughput: cell.throughput,
        p99_ratio: operation
            .filter(|it| p99_of(cell, it).is_some())
            .and_then(|it| ratio(&Metric::P99(it.to_owned()))),
        p99_ns: operation.and_then(|it| p99_of(cell, it)),
    })
}

/// Each once, in the order of first appearance.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}
