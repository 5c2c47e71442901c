//! The cells of many processes as one.

use std::collections::BTreeMap;

use crate::record::{Cell, Fairness, Finding, Latency, Throughput};
use crate::stats::{Confidence, Mean};

/// What one subject did in several processes, under this name; nothing of none.
///
/// Counts are added up. A record has percentiles and no distributions, so percentiles are those of the process in the middle,
/// and the longest is the longest of all. What cannot be put together is null.
pub(super) fn cell(name: String, cells: &[&Cell], confidence: Confidence) -> Option<Cell> {
    let first = *cells.first()?;
    let sum = |count: fn(&Cell) -> u64| cells.iter().map(|cell| count(cell)).sum();
    Some(Cell {
        scenario: first.scenario.clone(),
        strategy: name,
        factors: first.factors.clone(),
        point: first.point.clone(),
        arrival: first.arrival,
        seconds: cells.iter().map(|cell| cell.seconds).sum(),
        // What is paired is a process as a whole.
        rounds: cells.len() as u32,
        operations: sum(|cell| cell.operations),
        errors: sum(|cell| cell.errors),
        refused: sum(|cell| cell.refused),
        hit_ratio: all(cells, |cell| cell.hit_ratio).map(|it| it.iter().sum::<f64>() / it.len() as f64),
        evictions: all(cells, |cell| cell.evictions).map(|it| it.iter().sum()),
        counters: all(cells, |cell| cell.counters.as_ref()).map(counters),
        unanswered: sum(|cell| cell.unanswered),
        // Every process was asked alike.
        read_share: first.read_share,
        throughput: throughput(cells, confidence),
        latency_ns: latencies(cells),
        timeline: None,
        wait_ns: None,
        hold_ns: None,
        lock_uses: None,
        memory: first.memory.clone(),
        fairness: all(cells, |cell| cell.fairness).map(|all| fairness(&all)),
        of_limit: None,
        verification: None,
        findings: findings(cells),
        violations: Vec::new(),
    })
}

/// A value of every process; nothing unless all have it.
fn all<'a, T>(cells: &[&'a Cell], value: impl Fn(&'a Cell) -> Option<T>) -> Option<Vec<T>> {
    cells.iter().map(|cell| value(cell)).collect()
}

/// The mean process; with too few for an interval it spans what was seen.
fn throughput(cells: &[&Cell], confidence: Confidence) -> Throughput {
    let rates: Vec<_> = cells.iter().map(|cell| cell.throughput.ops_per_s).collect();
    if let Some(Mean { mean, ci, .. }) = Mean::of_rounds(&rates, confidence) {
        return Throughput { ops_per_s: mean, ci };
    }
    let least = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let most = rates.iter().copied().fold(0.0, f64::max);
    let mean = rates.iter().sum::<f64>() / rates.len() as f64;
    Throughput { ops_per_s: mean.clamp(least, most), ci: [least, most] }
}

fn counters(all: Vec<&BTreeMap<String, f64>>) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for (name, count) in all.into_iter().flatten() {
        *sums.entry(name.clone()).or_default() += count;
    }
    sums
}

fn latencies(cells: &[&Cell]) -> BTreeMap<String, Latency> {
    let mut by_operation: BTreeMap<&String, Vec<&Latency>> = BTreeMap::new();
    for (operation, latency) in cells.iter().flat_map(|cell| &cell.latency_ns) {
        by_operation.entry(operation).or_default().push(latency);
    }
    by_operation.into_iter().map(|(operation, all)| (operation.clone(), latency(&all))).collect()
}

fn latency(all: &[&Latency]) -> Latency {
    let middle = |percentile: fn(&Latency) -> u64| {
        let mut values: Vec<_> = all.iter().map(|it| percentile(it)).collect();
        values.sort_unstable();
        values[values.len() / 2]
    };
    Latency {
        count: all.iter().map(|it| it.count).sum(),
        p50: middle(|it| it.p50),
        p90: middle(|it| it.p90),
        p99: middle(|it| it.p99),
        p99_9: middle(|it| it.p99_9),
        max: all.iter().map(|it| it.max).max().unwrap_or_default(),
    }
}

/// The least even process, and the longest wait in any.
fn fairness(all: &[Fairness]) -> Fairness {
    Fairness {
        jain: all.iter().map(|it| it.jain).fold(1.0, f64::min),
        max_wait_ns: all.iter().filter_map(|it| it.max_wait_ns).max(),
        operations_per_task: None,
    }
}

/// Each kind of finding once, at its places, in the words of the first process that had it.
fn findings(cells: &[&Cell]) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let alike = |one: &Finding, other: &Finding| {
        (one.kind, &one.rule, one.severity, &one.places)
            == (other.kind, &other.rule, other.severity, &other.places)
    };
    for finding in cells.iter().flat_map(|cell| &cell.findings) {
        if !found.iter().any(|known| alike(known, finding)) {
            found.push(finding.clone());
        }
    }
    found
}
