//! Whether two records can be compared at all, and what should be known before believing the comparison.
//!
//! A differing commit is the normal case: that is what a gate is for. A differing machine, scenario or point is not: a
//! lock that wins on two cores may lose on sixty-four, and the difference would be reported as a change of the code.

use super::settings::{CellSettings, RunSettings};
use crate::record::{Environment, Point, Record};

/// An operation that was to be expected this often and was not timed once was not asked for. Were it left to chance, that
/// would happen once in hundreds of millions of runs.
const CERTAIN: f64 = 20.0;

/// Why two runs cannot be compared; empty if they can. The later one need not have begun: then there are as many reasons as
/// can be known by then.
#[must_use]
pub fn refusals(before: &RunSettings, after: &RunSettings) -> Vec<String> {
    let mut reasons = other_machine(&before.environment, &after.environment);
    reasons.extend(other_settings(before, after));
    let common: Vec<_> =
        before.scenarios().into_iter().filter(|name| after.scenarios().contains(name)).collect();
    if common.is_empty() {
        reasons.push(format!(
            "no scenario in common: the baseline has {}, this run {}",
            listed(&before.scenarios()),
            listed(&after.scenarios())
        ));
        return reasons;
    }
    let references = before.reference.as_ref().zip(after.reference.as_ref());
    let references = references.filter(|(old, new)| old != new);
    if let Some((old, new)) = references {
        reasons.push(format!(
            "another reference: the ratios of the baseline are to “{old}”, those of this run to “{new}”; measure both \
             against the same strategy"
        ));
    }
    for scenario in common {
        for cell in before.cells.iter().filter(|it| it.scenario == scenario) {
            reasons.extend(after.cell(scenario, &cell.strategy).and_then(|other| other_cell(cell, other)));
        }
        if references.is_some() {
            continue;
        }
        for (run, whose) in [(before, "the baseline"), (after, "this run")] {
            let Some(reference) = &run.reference else { continue };
            if run.cell(scenario, reference).is_none() {
                reasons.push(format!(
                    "{whose} has no “{reference}” under {scenario}, and ratios are to that: measure it too"
                ));
            }
        }
    }
    reasons.dedup();
    reasons
}

/// Why the machine of `after` is not that of `before`, as far as the records show.
fn other_machine(before: &Environment, after: &Environment) -> Vec<String> {
    let mut reasons = Vec::new();
    let unknown = "an unknown processor";
    if before.cpu_model != after.cpu_model {
        let [old, new] = [before, after].map(|it| it.cpu_model.as_deref().unwrap_or(unknown));
        reasons.push(format!("another machine: the baseline ran on {old}, this run on {new}"));
    }
    if before.cores != after.cores {
        reasons.push(format!(
            "another machine: the baseline had {} cores, this run {}",
            before.cores, after.cores
        ));
    }
    if system(before) != system(after) {
        reasons.push(format!("another system: the baseline ran on {}, this run on {}", before.os, after.os));
    }
    reasons
}

/// Why the two were not measured alike.
fn other_settings(before: &RunSettings, after: &RunSettings) -> Vec<String> {
    let mut reasons = Vec::new();
    if before.options != after.options {
        let (old, new) = (&before.options, &after.options);
        reasons.push(format!("other settings: the baseline ran with {old}, this run with {new}"));
    }
    if before.machines != after.machines {
        let (old, new) = (&before.machines, &after.machines);
        reasons.push(format!(
            "other load machines: the baseline was measured by {old}, this run by {new}; measure both alike"
        ));
    }
    let [tracked, plain] = ["with tracked locks, which have a cost", "with plain locks"];
    if before.is_tracked != after.is_tracked {
        let [old, new] = [before, after].map(|it| if it.is_tracked { tracked } else { plain });
        reasons.push(format!(
            "the baseline was measured {old}, this run {new}: use --track for both or neither"
        ));
    }
    if before.against_other != after.against_other {
        let [old, new] = [before, after]
            .map(|it| if it.against_other { "in turns with another build" } else { "by itself" });
        reasons.push(format!("the baseline was measured {old}, this run {new}: measure both alike"));
    }
    let processes = before.processes.zip(after.processes);
    if let Some((old, new)) = processes.filter(|(old, new)| old != new) {
        reasons.push(format!(
            "other processes: the baseline was measured in {old}, this run in {new}, and intervals of several hold \
             more; use --processes {old}"
        ));
    }
    reasons
}

fn other_cell(before: &CellSettings, after: &CellSettings) -> Option<String> {
    let (scenario, strategy) = (&before.scenario, &before.strategy);
    if before.point != after.point {
        let (old, new) = (settings(&before.point), settings(&after.point));
        return Some(format!("another point of {scenario}: the baseline ran at {old}, this run at {new}"));
    }
    if before.arrival != after.arrival {
        let [old, new] = [before, after].map(|it| it.arrival.latency_clock());
        return Some(format!(
            "another arrival of requests under {scenario}: the baseline had a {old}, this run a {new}"
        ));
    }
    if let Some((old, new)) = before.servers.zip(after.servers).filter(|(old, new)| old != new) {
        return Some(format!(
            "another group behind “{strategy}”: the baseline asked {old} of its servers, this run {new}; measure as many"
        ));
    }
    for (one, other, whose) in [(before, after, "the baseline"), (after, before, "this run")] {
        if let Some(operation) = not_asked(one, other) {
            return Some(format!(
                "another scenario under the name of {scenario}: {operation} was asked of “{strategy}” in {whose} only"
            ));
        }
    }
    let differ = before.factors.is_some() && after.factors.is_some() && before.factors != after.factors;
    differ.then(|| {
        format!("“{strategy}” is another strategy now: its factors differ; record the baseline again")
    })
}

/// An operation of `one` that was not asked in the other, which was measured long enough to have met it.
fn not_asked<'a>(one: &'a CellSettings, other: &CellSettings) -> Option<&'a str> {
    let [all, all_of_other] = [one, other].map(|it| it.timed.values().sum::<u64>() as f64);
    let expected = |count: u64| count as f64 / all * all_of_other;
    let missing = one
        .timed
        .iter()
        .find(|(operation, count)| !other.timed.contains_key(*operation) && expected(**count) >= CERTAIN);
    missing.map(|(operation, _)| operation.as_str())
}

/// What the baseline has and this run has not: a scenario as a whole, or a strategy under one.
pub(super) fn missing(before: &RunSettings, after: &RunSettings) -> Vec<String> {
    let mut missing = Vec::new();
    for scenario in before.scenarios() {
        if !after.scenarios().contains(&scenario) {
            missing.push(format!("scenario {scenario}"));
            continue;
        }
        let cells = before.cells.iter().filter(|it| it.scenario == scenario);
        let gone = cells.filter(|it| after.cell(scenario, &it.strategy).is_none());
        missing.extend(gone.map(|it| format!("“{}” under {scenario}", it.strategy)));
    }
    missing
}

/// What only this run has.
pub(super) fn added(before: &RunSettings, after: &RunSettings) -> Vec<String> {
    let added = after.cells.iter().filter(|it| before.cell(&it.scenario, &it.strategy).is_none());
    added.map(|it| format!("“{}” under {}: only in this run", it.strategy, it.scenario)).collect()
}

/// What differs and yet does not forbid to compare.
pub(super) fn notes(before: &Record, after: &Record) -> Vec<String> {
    let (old, new) = (&before.environment, &after.environment);
    let mut notes = Vec::new();
    if old.cpu_model.is_none() && new.cpu_model.is_none() {
        notes.push("neither run knows its processor: assumed to be the same".to_owned());
    }
    for (what, old, new) in [("kernel", &old.os, &new.os), ("rustc", &old.rustc, &new.rustc)] {
        if old != new {
            notes.push(format!("another {what}: {old}, now {new}"));
        }
    }
    notes
}

/// Name and architecture of a system such as `Linux 6.8 x86_64`, without its release: a kernel is updated more often than
/// a baseline.
fn system(environment: &Environment) -> (Option<&str>, Option<&str>) {
    let mut words = environment.os.split_whitespace();
    (words.next(), words.next_back())
}

fn settings(point: &Point) -> String {
    point.all().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
