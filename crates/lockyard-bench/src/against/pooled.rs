//! The cells of many processes as one.

use std::collections::BTreeMap;

use crate::conclusions::{imprecise, nanos};
use crate::record::{Cell, Fairness, Finding, FindingKind, Latency, Percentile, Throughput};
use crate::stats::{Confidence, Mean, interval_of_sections};

/// What one subject did in several processes, under this name; nothing of none.
///
/// Counts are added up. A record has percentiles and no distributions, so percentiles are those of the process in the middle,
/// and the longest is the longest of all. What cannot be put together is null.
pub(super) fn cell(name: String, cells: &[&Cell], confidence: Confidence) -> Option<Cell> {
    let first = *cells.first()?;
    let throughput = throughput(cells, confidence);
    let sum = |count: fn(&Cell) -> u64| cells.iter().map(|cell| count(cell)).sum();
    Some(Cell {
        scenario: first.scenario.clone(),
        strategy: name,
        factors: first.factors.clone(),
        point: first.point.clone(),
        arrival: first.arrival,
        seconds: cells.iter().map(|cell| cell.seconds).sum(),
        seconds_asked: all(cells, |cell| cell.seconds_asked).map(|it| it.iter().sum()),
        // What is paired is a process as a whole.
        rounds: cells.len() as u32,
        layouts: all(cells, |cell| cell.layouts).map(|layouts| layouts.iter().sum()),
        operations: sum(|cell| cell.operations),
        errors: sum(|cell| cell.errors),
        refused: sum(|cell| cell.refused),
        hit_ratio: all(cells, |cell| cell.hit_ratio).map(mean),
        evictions: all(cells, |cell| cell.evictions).map(|it| it.iter().sum()),
        counters: all(cells, |cell| cell.counters.as_ref()).map(counters),
        unanswered: sum(|cell| cell.unanswered),
        // Every process was asked alike.
        read_share: first.read_share,
        reads_per_s: all(cells, |cell| cell.reads_per_s).map(mean),
        writes_per_s: all(cells, |cell| cell.writes_per_s).map(mean),
        throughput,
        latency_ns: latencies(cells, confidence),
        // Of curves there is no process in the middle.
        latency_curves_ns: BTreeMap::new(),
        timeline: None,
        wait_ns: None,
        hold_ns: None,
        lock_uses: None,
        tracked_beside_s: None,
        memory: first.memory.clone(),
        fairness: all(cells, |cell| cell.fairness).map(|all| fairness(&all)),
        of_limit: None,
        verification: None,
        findings: findings(cells, throughput),
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

#[expect(clippy::needless_pass_by_value, reason = "it is what `all` gives")]
fn mean(values: Vec<f64>) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn counters(all: Vec<&BTreeMap<String, f64>>) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for (name, count) in all.into_iter().flatten() {
        *sums.entry(name.clone()).or_default() += count;
    }
    sums
}

fn latencies(cells: &[&Cell], confidence: Confidence) -> BTreeMap<String, Latency> {
    let mut by_operation: BTreeMap<&String, Vec<&Latency>> = BTreeMap::new();
    for (operation, latency) in cells.iter().flat_map(|cell| &cell.latency_ns) {
        by_operation.entry(operation).or_default().push(latency);
    }
    by_operation.into_iter().map(|(operation, all)| (operation.clone(), latency(&all, confidence))).collect()
}

fn latency(all: &[&Latency], confidence: Confidence) -> Latency {
    let values = |which| {
        let mut values: Vec<_> = all.iter().filter_map(|it| it.percentile(which)).collect();
        values.sort_unstable();
        values
    };
    // Where most processes have too few samples, the one in the middle has none.
    let middle = |which| {
        let values = values(which);
        (values.len() * 2 > all.len()).then(|| values[values.len() / 2])
    };
    let mut latency = Latency {
        count: all.iter().map(|it| it.count).sum(),
        p50: middle(Percentile::P50).unwrap_or_default(),
        p90: middle(Percentile::P90),
        p99: middle(Percentile::P99),
        p99_9: middle(Percentile::P99_9),
        max: all.iter().map(|it| it.max).max().unwrap_or_default(),
        ..Latency::default()
    };
    for which in Percentile::ALL {
        let sections: Vec<_> = values(which).into_iter().map(|nanos| nanos as f64).collect();
        let Some(estimate) = latency.percentile(which) else { continue };
        if let Some(interval) = latency.interval_mut(which) {
            *interval = nanos(interval_of_sections(estimate as f64, &sections, confidence));
        }
    }
    latency
}

/// The least even process, and the longest wait in any.
fn fairness(all: &[Fairness]) -> Fairness {
    Fairness {
        jain: all.iter().map(|it| it.jain).fold(1.0, f64::min),
        max_wait_ns: all.iter().filter_map(|it| it.max_wait_ns).max(),
        operations_per_task: None,
    }
}

/// Each kind of finding once, at its places, in the words of the first process that had it. How wide an interval is says each
/// process of itself; what counts is that of all together.
fn findings(cells: &[&Cell], throughput: Throughput) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let alike = |one: &Finding, other: &Finding| {
        (one.kind, &one.rule, one.severity, &one.places)
            == (other.kind, &other.rule, other.severity, &other.places)
    };
    let of_all = |it: &&Finding| it.kind != FindingKind::Imprecise;
    for finding in cells.iter().flat_map(|cell| &cell.findings).filter(of_all) {
        if !found.iter().any(|known| alike(known, finding)) {
            found.push(finding.clone());
        }
    }
    found.extend(imprecise(throughput));
    found
}
