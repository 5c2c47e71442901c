//! What changed from one record to another, strategy by strategy, and what the gate says of each change.

use super::comparable;
use super::reference::{ratio_to_reference, reference};
use crate::record::{CellChange, Diff, DiffSide, Estimate, Outcome, Record, SCHEMA_VERSION};
use crate::share::Share;
use crate::stats::{Change, Confidence, Recorded};

/// What changed from `before` to `after`, and what a gate that lets a loss of `gate` pass says
/// of it.
///
/// ```
/// # use lockyard_bench::Share;
/// # use lockyard_bench::gate::diff;
/// # use lockyard_bench::record::Record;
/// # use lockyard_bench::stats::Confidence;
/// # fn of(before: &Record, after: &Record) {
/// let diff = diff(before, after, Share::of_percent(3.0).unwrap(), Confidence::default());
/// if diff.refusals.is_empty() && diff.regressions().next().is_some() {
///     eprintln!("slower than it was");
/// }
/// # }
/// ```
pub fn diff(before: &Record, after: &Record, gate: Share, confidence: Confidence) -> Diff {
    let reference = reference(before).or_else(|| reference(after)).unwrap_or_default();
    let mut diff = Diff {
        schema_version: SCHEMA_VERSION,
        before: side(before),
        after: side(after),
        reference: reference.to_owned(),
        gate: gate.get(),
        confidence: confidence.level(),
        refusals: comparable::refusals(before, after),
        changes: Vec::new(),
        left_out: comparable::left_out(before, after),
        notes: comparable::notes(before, after),
    };
    if !diff.refusals.is_empty() {
        return diff;
    }
    let pairs = pairs(before, after);
    // Each change may go wrong a little, so that all of them together do so as rarely as was asked for. An alarm is
    // raised at one end of an interval only, so what may go wrong is spent at that end.
    let each = Confidence::new(1.0 - 2.0 * (1.0 - confidence.level()) / pairs.len().max(1) as f64);
    let each = each.unwrap_or(confidence);
    for (scenario, strategy, before, after) in pairs {
        match Change::between(before, after, each) {
            Some(Change { ratio, ci }) => diff.changes.push(CellChange {
                scenario,
                strategy,
                before: Estimate { ratio: before.ratio, ci: before.ci },
                after: Estimate { ratio: after.ratio, ci: after.ci },
                change: Estimate { ratio, ci },
                outcome: outcome(ci, gate),
            }),
            None => diff.left_out.push(format!("“{strategy}” under {scenario}: a ratio without an interval")),
        }
    }
    if diff.changes.is_empty() {
        diff.refusals.push(format!(
            "no strategy has a ratio to “{reference}” in both runs: measure “{reference}” and at least one other \
             strategy under the scenarios of the baseline"
        ));
    }
    diff
}

fn side(record: &Record) -> DiffSide {
    DiffSide {
        command: record.command.clone(),
        started_at: record.started_at,
        version: record.environment.version.clone(),
        commit: record.environment.commit.clone(),
    }
}

/// Every strategy that has a ratio to the reference in both runs.
fn pairs(before: &Record, after: &Record) -> Vec<(String, String, Recorded, Recorded)> {
    let mut pairs = Vec::new();
    for cell in &before.cells {
        let of = |record| ratio_to_reference(record, &cell.scenario, &cell.strategy);
        if let (Some(old), Some(new)) = (of(before), of(after)) {
            pairs.push((cell.scenario.clone(), cell.strategy.clone(), old, new));
        }
    }
    pairs
}

fn outcome([low, high]: [f64; 2], gate: Share) -> Outcome {
    let (least, most) = (1.0 - gate.get(), 1.0 / (1.0 - gate.get()));
    if high < least {
        Outcome::Regression
    } else if low > most {
        Outcome::Improvement
    } else if least <= low && high <= most {
        Outcome::Within
    } else {
        Outcome::CannotTell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_against_a_gate_of_ten_per_cent() {
        for (ci, expected) in [
            ([0.80, 0.89], Outcome::Regression),
            ([0.80, 0.91], Outcome::CannotTell),
            ([0.95, 0.99], Outcome::Within),
            ([0.95, 1.10], Outcome::Within),
            ([1.05, 1.20], Outcome::CannotTell),
            ([1.12, 1.20], Outcome::Improvement),
            ([0.50, 2.00], Outcome::CannotTell),
        ] {
            assert_eq!(outcome(ci, Share::new(0.1).unwrap()), expected, "{ci:?}");
        }
    }
}
