//! Everything in a record that is wrong, in words: what a run must not be called a success with.

use super::rows;
use crate::record::{Finding, ModelResult, PitfallResult, Record, Severity};

/// Everything in the record that is wrong, a line each: findings of severity error, models that do not hold or
/// explored too little, pitfalls that were missed, and alarms over correct code.
pub fn failures(record: &Record) -> Vec<String> {
    let in_cells = record
        .cells
        .iter()
        .flat_map(|cell| cell.findings.iter().filter_map(|it| finding(&cell.strategy, &cell.scenario, it)));
    let in_sweeps = record.scaling.iter().flat_map(|sweep| {
        sweep.points.iter().flat_map(move |at| {
            let size = sweep.size(&at.point).unwrap_or_default();
            let place = format!("{} with {}={size}", sweep.scenario, sweep.along);
            at.findings.iter().filter_map(move |it| finding(&sweep.strategy, &place, it))
        })
    });
    let models = record.models.iter().flatten().filter_map(model);
    let pitfalls = record.pitfalls.iter().flatten().flat_map(pitfall);
    in_cells.chain(in_sweeps).chain(models).chain(pitfalls).collect()
}

fn finding(strategy: &str, place: &str, it: &Finding) -> Option<String> {
    if it.severity != Severity::Error {
        return None;
    }
    // Where the message names them all, it says more than a list.
    let told = it.places.iter().all(|place| it.message.contains(place.as_str()));
    let places = if told { String::new() } else { format!(" ({})", it.places.join(", ")) };
    Some(format!("{} in “{strategy}” under {place}: {}{places}", it.kind, it.message))
}

fn model(it: &ModelResult) -> Option<String> {
    let (name, strategy, engine) = (&it.model, &it.strategy, it.engine.as_str());
    match &it.counterexample {
        Some(how) if !it.holds => Some(format!(
            "model {name} over {strategy} does not hold ({engine}): {}; replay: {}",
            how.message, how.replay
        )),
        _ if !it.holds => Some(format!("model {name} over {strategy} does not hold ({engine})")),
        _ if it.schedules < it.min_schedules => Some(format!(
            "model {name} over {strategy} tried {} schedules ({engine}) and must try {}",
            it.schedules, it.min_schedules
        )),
        _ => None,
    }
}

fn pitfall(it: &PitfallResult) -> impl Iterator<Item = String> {
    let missed = (!it.missed_by.is_empty())
        .then(|| format!("pitfall {} was missed by {}", it.pitfall, rows::checks(&it.missed_by)));
    let alarms = (!it.twin_alarms.is_empty()).then(|| {
        format!(
            "false alarm over the correct twin of pitfall {} by {}",
            it.pitfall,
            rows::checks(&it.twin_alarms)
        )
    });
    missed.into_iter().chain(alarms)
}
