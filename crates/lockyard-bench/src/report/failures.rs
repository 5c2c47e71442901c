//! Everything in a record that is wrong, in words: what a run must not be called a success with.

use super::rows::{self, LocatedFinding};
use crate::record::{ModelResult, PitfallResult, Record};

/// Everything in the record that is wrong, a line each: findings of severity error, models that do not hold or
/// explored too little, pitfalls that were missed, and false positives on correct code.
pub fn failures(record: &Record) -> Vec<String> {
    let findings = rows::findings(record).filter(|it| it.finding.is_error()).map(|it| finding(&it));
    let models = record.models.iter().flatten().filter_map(model);
    let pitfalls = record.pitfalls.iter().flatten().flat_map(pitfall);
    findings.chain(models).chain(pitfalls).collect()
}

fn finding(LocatedFinding { strategy, place, finding: it }: &LocatedFinding<'_>) -> String {
    // Where the message names them all, it says more than a list.
    let named = it.places.iter().all(|place| it.message.contains(place.as_str()));
    let places = if named { String::new() } else { format!(" ({})", it.places.join(", ")) };
    format!("{} in “{strategy}” under {place}: {}{places}", it.name(), it.message)
}

fn model(it: &ModelResult) -> Option<String> {
    let (name, strategy, engine) = (&it.model, &it.strategy, it.engine.as_str());
    match &it.counterexample {
        Some(how) if !it.holds => Some(format!(
            "model {name} over {strategy}: violation ({engine}): {}; replay: {}",
            how.message, how.replay
        )),
        _ if !it.holds => Some(format!("model {name} over {strategy}: violation ({engine})")),
        _ if !it.passes() => Some(format!(
            "model {name} over {strategy}: incomplete search ({engine}), {} of at least {} schedules",
            it.schedules, it.min_schedules
        )),
        _ => None,
    }
}

fn pitfall(it: &PitfallResult) -> impl Iterator<Item = String> {
    let missed = (!it.missed_by.is_empty())
        .then(|| format!("pitfall {} missed by {}", it.pitfall, rows::checks(&it.missed_by)));
    let alarms = (!it.false_positives.is_empty()).then(|| {
        format!(
            "false positive on the fixed variant of pitfall {} by {}",
            it.pitfall,
            rows::checks(&it.false_positives)
        )
    });
    missed.into_iter().chain(alarms)
}
