//! What changed from one record to another, strategy by strategy, and what the gate says of each change.

use super::comparable;
use super::outcome::outcome;
use super::reference::{ratio_to_reference, reference};
use super::settings::RunSettings;
use super::throughput;
use super::tolerance::Tolerance;
use crate::record::{CellChange, Diff, DiffSide, Estimate, Record, SCHEMA_VERSION};
use crate::stats::{Change, Confidence, Recorded};

/// What changed from `before` to `after`, and what a gate with this tolerance says of it.
///
/// ```
/// # use lockyard_bench::Share;
/// # use lockyard_bench::gate::diff;
/// # use lockyard_bench::record::Record;
/// # use lockyard_bench::stats::Confidence;
/// # fn of(before: &Record, after: &Record) {
/// let diff = diff(before, after, Share::of_percent(3.0).unwrap(), Confidence::default());
/// if !diff.passes() {
///     eprintln!("slower than it was, not whole, or not comparable");
/// }
/// # }
/// ```
pub fn diff(
    before: &Record,
    after: &Record,
    tolerance: impl Into<Tolerance>,
    confidence: Confidence,
) -> Diff {
    let Tolerance { ratio: gate, absolute } = tolerance.into();
    let reference = reference(before).or_else(|| reference(after)).unwrap_or_default();
    let [old, new] = [before, after].map(RunSettings::of_record);
    let mut diff = Diff {
        schema_version: SCHEMA_VERSION,
        before: side(before),
        after: side(after),
        reference: reference.to_owned(),
        gate: gate.get(),
        confidence: confidence.level(),
        refusals: comparable::refusals(&old, &new),
        changes: Vec::new(),
        throughput: None,
        missing: comparable::missing(&old, &new),
        left_out: comparable::added(&old, &new),
        notes: comparable::notes(before, after),
    };
    if !diff.refusals.is_empty() {
        return diff;
    }
    let pairs = pairs(before, after, &mut diff);
    let in_both = throughput::in_both(before, after);
    // Each change may go wrong a little, so that all of them together do so as rarely as was asked for. An alarm is
    // raised at one end of an interval only, so what may go wrong is spent at that end.
    let judged = pairs.len() + if absolute.is_some() { in_both.len() } else { 0 };
    let each = Confidence::new(1.0 - 2.0 * (1.0 - confidence.level()) / judged.max(1) as f64);
    let each = each.unwrap_or(confidence);
    for (scenario, strategy, before, after) in pairs {
        if let Some(Change { ratio, ci }) = Change::between(before, after, each) {
            diff.changes.push(CellChange {
                scenario,
                strategy,
                before: Estimate { ratio: before.ratio, ci: before.ci },
                after: Estimate { ratio: after.ratio, ci: after.ci },
                change: Estimate { ratio, ci },
                outcome: outcome(ci, gate),
            });
        } else {
            // What cannot be judged for want of this run's interval is as good as not measured.
            if is_usable(before) {
                diff.missing.push(format!("an interval for the ratio of “{strategy}” under {scenario}"));
            } else {
                let without = "the baseline has a ratio without an interval";
                diff.left_out.push(format!("“{strategy}” under {scenario}: {without}"));
            }
        }
    }
    if diff.changes.is_empty() {
        diff.refusals.push(format!(
            "no strategy has a ratio to “{reference}” in both runs: measure “{reference}” and at least one other \
             strategy under the scenarios of the baseline"
        ));
        return diff;
    }
    diff.throughput = throughput::diff(&in_both, [before, after], absolute, each);
    if let Some(throughput) = &diff.throughput {
        diff.notes.extend(throughput::note(throughput, reference));
        let without = throughput.changes.iter().filter(|it| absolute.is_some() && it.change.is_none());
        let words = without
            .map(|it| format!("an interval for the throughput of “{}” under {}", it.strategy, it.scenario));
        diff.missing.extend(words.collect::<Vec<_>>());
    }
    diff
}

/// Whether anything can be said of what comes of it.
fn is_usable(it: Recorded) -> bool {
    Change::between(it, it, Confidence::default()).is_some()
}

/// What stands of a run beside what changed.
pub(super) fn side(record: &Record) -> DiffSide {
    DiffSide {
        command: record.command.clone(),
        started_at: record.started_at,
        version: record.environment.version.clone(),
        commit: record.environment.commit.clone(),
        environment: record.environment.clone(),
        partial: record.partial().map(str::to_owned),
    }
}

/// Every strategy that has a ratio to the reference in both runs. One that has it in one only is noted in the diff: a gate
/// must not be passed by leaving a ratio out.
fn pairs(before: &Record, after: &Record, diff: &mut Diff) -> Vec<(String, String, Recorded, Recorded)> {
    let mut pairs = Vec::new();
    for cell in &before.cells {
        let (scenario, strategy) = (&cell.scenario, &cell.strategy);
        let is_in_both = after.cells_of(scenario).any(|it| it.strategy == *strategy);
        if *strategy == diff.reference || !is_in_both {
            continue;
        }
        let of = |record| ratio_to_reference(record, scenario, strategy);
        let reference = &diff.reference;
        match (of(before), of(after)) {
            (Some(old), Some(new)) => pairs.push((scenario.clone(), strategy.clone(), old, new)),
            (Some(_), None) => {
                diff.missing.push(format!("the ratio of “{strategy}” to “{reference}” under {scenario}"));
            }
            (None, _) => diff
                .left_out
                .push(format!("“{strategy}” under {scenario}: the baseline has no ratio to “{reference}”")),
        }
    }
    pairs
}
