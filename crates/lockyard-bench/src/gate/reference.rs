//! The strategy that ratios are to, and each strategy's ratio to it within its own run.

use crate::record::{Comparison, Metric, Record};
use crate::stats::{Confidence, Recorded};

/// The strategy that the ratios of a record are to: its reference, or its baseline if it names none. `None` if nothing was
/// measured.
pub(super) fn reference(record: &Record) -> Option<&str> {
    record.reference.as_deref().or_else(|| record.baseline())
}

/// Throughput of a strategy ÷ that of the reference, whichever of the two the record has as the baseline.
pub(super) fn ratio_to_reference(record: &Record, scenario: &str, strategy: &str) -> Option<Recorded> {
    let found = |baseline, candidate| record.comparison(scenario, baseline, candidate, &Metric::Throughput);
    let reference = reference(record)?;
    let processes = record.processes as usize;
    let rounds = record.cells_of(scenario).find(|cell| cell.strategy == strategy)?.rounds as usize;
    let recorded = |it: &Comparison, ratio, ci| {
        Some(Recorded { ratio, ci, confidence: Confidence::new(it.confidence)?, rounds, processes })
    };
    if let Some(it) = found(reference, strategy) {
        return recorded(it, it.ratio, it.ci);
    }
    let it = found(strategy, reference)?;
    recorded(it, 1.0 / it.ratio, [1.0 / it.ci[1], 1.0 / it.ci[0]])
}
