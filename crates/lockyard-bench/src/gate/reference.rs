//! The strategy that ratios are to, and each strategy's ratio to it within its own run.

use crate::record::{Cell, Comparison, Estimate, Metric, Record};
use crate::stats::{Confidence, Recorded, location};

/// The strategy that the ratios of a record are to: its reference, or its baseline if it names none. `None` if nothing was
/// measured.
pub(super) fn reference(record: &Record) -> Option<&str> {
    record.reference.as_deref().or_else(|| record.baseline())
}

/// A strategy by a metric ÷ the reference by it, whichever of the two the record has as the baseline.
pub(super) fn estimate_to_reference(
    record: &Record,
    scenario: &str,
    strategy: &str,
    metric: &Metric,
) -> Option<Estimate> {
    compared(record, scenario, strategy, metric).map(|(_, estimate)| estimate)
}

/// Throughput of a strategy ÷ that of the reference, with how sure its interval is.
pub(super) fn ratio_to_reference(record: &Record, scenario: &str, strategy: &str) -> Option<Recorded> {
    let (it, Estimate { ratio, ci }) = compared(record, scenario, strategy, &Metric::Throughput)?;
    let degrees_of_freedom = if let Some(written) = it.degrees_of_freedom {
        written as usize
    } else {
        let cell = record.cells_of(scenario).find(|cell| cell.strategy == strategy)?;
        // Of too few rounds: none, and then there is no interval.
        implied_degrees_of_freedom(record, cell).unwrap_or(0)
    };
    Some(Recorded { ratio, ci, confidence: Confidence::new(it.confidence)?, degrees_of_freedom })
}

/// The comparison of a strategy with the reference, and its ratio to that.
fn compared<'a>(
    record: &'a Record,
    scenario: &str,
    strategy: &str,
    metric: &Metric,
) -> Option<(&'a Comparison, Estimate)> {
    let reference = reference(record)?;
    if let Some(it) = record.comparison(scenario, reference, strategy, metric) {
        return Some((it, Estimate { ratio: it.ratio, ci: it.ci }));
    }
    let it = record.comparison(scenario, strategy, reference, metric)?;
    Some((it, Estimate { ratio: 1.0 / it.ratio, ci: [1.0 / it.ci[1], 1.0 / it.ci[0]] }))
}

/// The degrees of freedom of an interval that does not say them: those of the processes behind it, of the layouts of one, or of
/// its rounds.
pub(super) fn implied_degrees_of_freedom(record: &Record, cell: &Cell) -> Option<usize> {
    if record.processes > 1 {
        return Some(record.processes as usize - 1);
    }
    // Layouts of fewer rounds than five are no level of their own: see `stats::levels`.
    match cell.layouts {
        Some(layouts @ 2..) if cell.rounds / layouts >= 5 => Some(layouts as usize - 1),
        _ => location::degrees_of_freedom(cell.rounds as usize),
    }
}
