//! What became of absolute throughput, which no ratio within a run shows: all strategies may have become slower alike.

use super::outcome::outcome;
use super::reference::implied_degrees_of_freedom;
use crate::record::{Cell, Estimate, Record, Throughput, ThroughputChange, ThroughputDiff};
use crate::share::Share;
use crate::stats::{Change, Confidence, Recorded};

/// So far apart may two runs of one program be on one machine that nothing disturbs: what code and data happen to lie at, the
/// processor's clock, its neighbours. A smaller change of all strategies together is no news.
const EXPECTED_DRIFT: Share = Share::of_percent(10.0).unwrap();

/// Every strategy under every scenario that both have, and that had some throughput before.
pub(super) fn in_both<'a>(before: &'a Record, after: &'a Record) -> Vec<(&'a Cell, &'a Cell)> {
    let pair = |cell: &'a Cell| {
        let later = after.cells_of(&cell.scenario).find(|it| it.strategy == cell.strategy);
        Some((cell, later?))
    };
    before.cells.iter().filter(|cell| cell.throughput.ops_per_s > 0.0).filter_map(pair).collect()
}

/// What changed, with intervals of this confidence each; nothing of no cells.
pub(super) fn diff(
    pairs: &[(&Cell, &Cell)],
    [before, after]: [&Record; 2],
    tolerated: Option<Share>,
    each: Confidence,
) -> Option<ThroughputDiff> {
    let factors: Vec<_> =
        pairs.iter().map(|(old, new)| new.throughput.ops_per_s / old.throughput.ops_per_s).collect();
    // One that has come to a standstill would make the mean of all zero.
    let logs: Vec<_> = factors.iter().filter(|factor| **factor > 0.0).map(|factor| factor.ln()).collect();
    let factor = if logs.is_empty() { 0.0 } else { (logs.iter().sum::<f64>() / logs.len() as f64).exp() };
    let changes = pairs.iter().map(|&(old, new)| {
        let change = Change::between(recorded(before, old), recorded(after, new), each);
        let change = change.map(|Change { ratio, ci }| Estimate { ratio, ci });
        ThroughputChange {
            scenario: old.scenario.clone(),
            strategy: old.strategy.clone(),
            before: old.throughput,
            after: new.throughput,
            change,
            outcome: change.zip(tolerated).map(|(change, tolerated)| outcome(change.ci, tolerated)),
        }
    });
    (!pairs.is_empty()).then(|| ThroughputDiff {
        factor,
        least: factors.iter().copied().fold(f64::INFINITY, f64::min),
        most: factors.iter().copied().fold(0.0, f64::max),
        gate: tolerated.map(Share::get),
        changes: changes.collect(),
    })
}

/// A cell's throughput, with how sure its interval is: as sure as all intervals of its record.
fn recorded(record: &Record, cell: &Cell) -> Recorded {
    let Throughput { ops_per_s, ci } = cell.throughput;
    let confidence = record.comparisons.first().and_then(|it| Confidence::new(it.confidence));
    Recorded {
        ratio: ops_per_s,
        ci,
        confidence: confidence.unwrap_or_default(),
        // None: one round has no interval to speak of, and zero says so.
        degrees_of_freedom: implied_degrees_of_freedom(record, cell).unwrap_or(0),
    }
}

/// What is said of it, where it is more than drift; nothing else.
pub(super) fn note(diff: &ThroughputDiff, reference: &str) -> Option<String> {
    let drift = 1.0 - EXPECTED_DRIFT.get();
    let is_drift = |factor: f64| (drift..=1.0 / drift).contains(&factor);
    if is_drift(diff.factor) {
        return None;
    }
    let is_alike = [diff.least, diff.most].into_iter().all(|end| is_drift(end / diff.factor));
    let [factor, least, most] = [diff.factor, diff.least, diff.most].map(times);
    let cannot_show = format!("ratios to “{reference}” cannot show");
    Some(if is_alike {
        format!("all strategies are at {factor} of the throughput of the baseline, alike; {cannot_show} that")
    } else {
        format!(
            "strategies are at {least} to {most} of the throughput of the baseline, at {factor} in the geometric mean; \
             {cannot_show} what of that is common to all"
        )
    })
}

/// A factor with two decimals, or with so many that it is not zero.
fn times(factor: f64) -> String {
    let decimals = (-factor.log10()).ceil().clamp(2.0, 9.0) as usize;
    format!("×{factor:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted([least, factor, most]: [f64; 3]) -> Option<String> {
        note(&ThroughputDiff { factor, least, most, gate: None, changes: Vec::new() }, "naive")
    }

    #[test]
    fn drift_is_no_news() {
        for quiet in [[1.0; 3], [0.91; 3], [1.11; 3], [0.5, 0.95, 1.1]] {
            assert_eq!(noted(quiet), None, "{quiet:?}");
        }
    }

    #[test]
    fn what_is_common_to_all_is_told_from_what_is_not() {
        assert_eq!(
            noted([0.048, 0.05, 0.053]).unwrap(),
            "all strategies are at ×0.05 of the throughput of the baseline, alike; ratios to “naive” cannot show that"
        );
        assert!(noted([1.9, 2.0, 2.1]).unwrap().starts_with("all strategies are at ×2.00 of "));
        assert_eq!(
            noted([0.05, 0.7, 1.0]).unwrap(),
            "strategies are at ×0.05 to ×1.00 of the throughput of the baseline, at ×0.70 in the geometric mean; ratios \
             to “naive” cannot show what of that is common to all"
        );
    }

    #[test]
    fn no_factor_is_written_as_zero() {
        assert_eq!([0.004_2, 0.05, 0.994, 20.0].map(times), ["×0.004", "×0.05", "×0.99", "×20.00"]);
    }
}
