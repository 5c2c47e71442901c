//! One record of several runs, each of which has measured other scenarios: as where the jobs of a CI system share the work.
//!
//! Nothing is concluded that no run has concluded: subjects are compared in rounds that alternate between them, so those of one
//! scenario must have been measured by one run, and a scenario that two runs have measured is refused. Several machines that measured
//! one scenario together, at the same times and by one plan, are another thing: see [`merge_machines`](super::merge_machines).

use std::collections::BTreeMap;

use super::options::RunOptions;
use super::reference::reference;
use super::settings::RunSettings;
use crate::record::{HarnessCost, Limits, Record};

/// Why runs cannot be made one record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these runs cannot be one record: {}", reasons.join("; "))]
pub struct MergeError {
    /// Each reason, with what would be right.
    pub reasons: Vec<String>,
}

/// Makes one record of runs that measured different scenarios on one machine, by one build and with the same settings. Each stands
/// here with a name to speak of it by, such as its path.
///
/// It is finished if all are, and interrupted if one was; what the harness costs and how much keeping latencies does is that of the
/// run where it cost most.
///
/// ```
/// # use lockyard_bench::record::Record;
/// # fn of(reading: &Record, writing: &Record) -> Result<(), lockyard_bench::gate::MergeError> {
/// let both = lockyard_bench::gate::merge(&[("reading", reading), ("writing", writing)])?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// Why these are not of one kind, or what two of them have both.
pub fn merge(runs: &[(&str, &Record)]) -> Result<Record, MergeError> {
    let refused = |reasons| Err(MergeError { reasons });
    let [(first, run), rest @ ..] = runs else {
        return refused(vec!["there is none: name two or more".to_owned()]);
    };
    let mut reasons: Vec<String> =
        rest.iter().flat_map(|(name, other)| differences((first, run), (name, other))).collect();
    reasons.extend(twice(runs));
    if !reasons.is_empty() {
        return refused(reasons);
    }
    let mut merged = Record::clone(run);
    for (_, other) in rest {
        add(&mut merged, other);
    }
    Ok(merged)
}

/// Why a run is not of the same kind as the first one.
fn differences((first, run): (&str, &Record), (name, other): (&str, &Record)) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut same = |what: &str, is_same: bool, of: &dyn Fn(&Record) -> String, right: &str| {
        if !is_same {
            let (one, two) = (of(run), of(other));
            reasons.push(format!("{what}: {one} in {first}, {two} in {name}; {right}"));
        }
    };
    let (one, two) = (&run.environment, &other.environment);
    let machine = |it: &Record| {
        let it = &it.environment;
        format!("{}, {} cores, {}", it.cpu_model.as_deref().unwrap_or("unknown"), it.cores, it.os)
    };
    let is_same = (&one.cpu_model, one.cores, &one.os) == (&two.cpu_model, two.cores, &two.os);
    same("another machine", is_same, &machine, "measure all on one");
    let build = |it: &Record| {
        let it = &it.environment;
        format!("{} at {}, by rustc {}", it.version, it.commit.as_deref().unwrap_or("no commit"), it.rustc)
    };
    let is_same = (&one.version, &one.commit, &one.rustc) == (&two.version, &two.commit, &two.rustc);
    same("another build", is_same, &build, "measure all with one");
    let seed = |it: &Record| it.seed.to_string();
    same("another seed", run.seed == other.seed, &seed, "give all the same --seed");
    let processes = |it: &Record| it.processes.to_string();
    let is_same = run.processes == other.processes;
    same("other processes", is_same, &processes, "give all the same --processes");
    let options = |it: &Record| RunOptions::of_command(&it.command).to_string();
    same("other settings", options(run) == options(other), &options, "give all the same options");
    let is_tracked = |it: &Record| RunSettings::of_record(it).is_tracked;
    let tracked = |it: &Record| if is_tracked(it) { "tracked" } else { "plain" }.to_owned();
    same("other locks", is_tracked(run) == is_tracked(other), &tracked, "give --track to all or none");
    let named = |it: Option<&str>| it.unwrap_or("none").to_owned();
    let baseline = |it: &Record| named(it.baseline());
    let is_same = run.baseline() == other.baseline();
    same("another baseline", is_same, &baseline, "begin all with the same one");
    let referred = |it: &Record| named(reference(it));
    let is_same = reference(run) == reference(other);
    same("another reference", is_same, &referred, "measure it in all");
    for strategy in &other.strategies {
        if run.strategy(&strategy.name).is_some_and(|it| it != strategy) {
            reasons.push(format!(
                "“{}” of {name} is not that of {first}: it is said to be something else; give each a name of its own",
                strategy.name
            ));
        }
    }
    reasons
}

/// What more than one of the runs has, and only one can have.
fn twice(runs: &[(&str, &Record)]) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut measured_by: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut models, mut pitfalls) = (None, None);
    for (name, run) in runs {
        if run.plan.is_some() {
            reasons.push(format!("{name} was measured by a plan of several machines, and is merged with those of its plan alone"));
        }
        if run.against.is_some() {
            reasons.push(format!("{name} was measured against another build, and stands for itself"));
        }
        let mut scenarios: Vec<&str> = run.scenarios();
        scenarios.extend(run.scenarios.iter().map(|it| it.name.as_str()));
        scenarios.extend(run.scaling.iter().map(|it| it.scenario.as_str()));
        scenarios.sort_unstable();
        scenarios.dedup();
        for scenario in scenarios {
            if let Some(other) = measured_by.insert(scenario, name) {
                reasons.push(format!(
                    "{scenario} was measured in {other} and in {name}: strategies are compared within one run, so measure all \
                     of a scenario in one"
                ));
            }
        }
        for (what, has, by) in [
            ("models", run.models.is_some(), &mut models),
            ("pitfalls", run.pitfalls.is_some(), &mut pitfalls),
        ] {
            if has && let Some(other) = by.replace(*name) {
                reasons.push(format!("{other} and {name} both have {what}: leave one of them out"));
            }
        }
    }
    reasons
}

/// Adds what another run has measured, which this one has not.
fn add(merged: &mut Record, other: &Record) {
    merged.command = format!("{} && {}", merged.command, other.command);
    merged.started_at = merged.started_at.min(other.started_at);
    merged.interrupted |= other.interrupted;
    merged.finished &= other.finished;
    let new = other.strategies.iter().filter(|it| merged.strategy(&it.name).is_none());
    let new: Vec<_> = new.cloned().collect();
    merged.strategies.extend(new);
    merged.scenarios.extend_from_slice(&other.scenarios);
    merged.cells.extend_from_slice(&other.cells);
    merged.comparisons.extend_from_slice(&other.comparisons);
    merged.ablations.extend_from_slice(&other.ablations);
    merged.scaling.extend_from_slice(&other.scaling);
    merged.models = merged.models.take().or_else(|| other.models.clone());
    merged.pitfalls = merged.pitfalls.take().or_else(|| other.pitfalls.clone());
    merged.limits = both(merged.limits, other.limits, |one: Limits, two: Limits| Limits {
        no_shared_write_ops_per_s: one.no_shared_write_ops_per_s.max(two.no_shared_write_ops_per_s),
        shared_rmw_per_s: one.shared_rmw_per_s.max(two.shared_rmw_per_s),
    });
    let dearer = |one: HarnessCost, two: HarnessCost| if two.bare.ns > one.bare.ns { two } else { one };
    merged.harness_ns = both(merged.harness_ns, other.harness_ns, dearer);
    merged.probe_effect = both(merged.probe_effect, other.probe_effect, f64::min);
}

/// The one that is there, or what comes of both.
fn both<T>(one: Option<T>, two: Option<T>, join: impl FnOnce(T, T) -> T) -> Option<T> {
    match (one, two) {
        (Some(one), Some(two)) => Some(join(one, two)),
        (one, two) => one.or(two),
    }
}
