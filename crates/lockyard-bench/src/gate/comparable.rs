//! Whether two records can be compared at all, and what should be known before believing the comparison.
//!
//! A differing commit is the normal case: that is what a gate is for. A differing machine, scenario or point is not: a
//! lock that wins on two cores may lose on sixty-four, and the difference would be reported as a change of the code.

use super::reference::reference;
use crate::record::{Cell, Environment, Record};

/// Why the machine of `after` is not that of `before`; empty if it is the same, as far as the records show.
pub fn other_machine(before: &Environment, after: &Environment) -> Vec<String> {
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

/// Why the two cannot be compared.
pub(super) fn refusals(before: &Record, after: &Record) -> Vec<String> {
    let mut reasons = other_machine(&before.environment, &after.environment);
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
    let (old, new) = (overrides(&before.command), overrides(&after.command));
    if old != new {
        reasons.push(format!(
            "other settings: the baseline ran with {}, this run with {}",
            override_list(&old),
            override_list(&new)
        ));
    }
    let references = reference(before).zip(reference(after)).filter(|(old, new)| old != new);
    if let Some((old, new)) = references {
        reasons.push(format!(
            "another reference: the ratios of the baseline are to “{old}”, those of this run to “{new}”; measure both \
             against the same strategy"
        ));
    }
    for scenario in common {
        for cell in before.cells_of(scenario) {
            let other = after.cells_of(scenario).find(|it| it.strategy == cell.strategy);
            reasons.extend(other.and_then(|other| other_cell(cell, other)));
        }
        if references.is_some() {
            continue;
        }
        for (record, whose) in [(before, "the baseline"), (after, "this run")] {
            let Some(reference) = reference(record) else { continue };
            if !record.cells_of(scenario).any(|cell| cell.strategy == reference) {
                reasons.push(format!(
                    "{whose} has no “{reference}” under {scenario}, and ratios are to that: measure it too"
                ));
            }
        }
    }
    reasons.dedup();
    reasons
}

fn other_cell(before: &Cell, after: &Cell) -> Option<String> {
    let scenario = &before.scenario;
    if before.point != after.point {
        let (old, new) = (settings(before), settings(after));
        return Some(format!("another point of {scenario}: the baseline ran at {old}, this run at {new}"));
    }
    if before.arrival != after.arrival {
        return Some(format!("another arrival of requests under {scenario}"));
    }
    let differ = before.factors.is_some() && after.factors.is_some() && before.factors != after.factors;
    differ.then(|| {
        format!(
            "“{}” is another strategy now: its factors differ; record the baseline again",
            before.strategy
        )
    })
}

/// What only one of the two has.
pub(super) fn left_out(before: &Record, after: &Record) -> Vec<String> {
    let only = |of: &Record, other: &Record, whose: &str| {
        let missing = |cell: &&Cell| {
            !other.cells.iter().any(|it| (&it.scenario, &it.strategy) == (&cell.scenario, &cell.strategy))
        };
        let line = |cell: &Cell| format!("“{}” under {}: only in {whose}", cell.strategy, cell.scenario);
        of.cells.iter().filter(missing).map(line).collect::<Vec<_>>()
    };
    let mut left_out = only(before, after, "the baseline");
    left_out.extend(only(after, before, "this run"));
    left_out
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
    for (record, whose) in [(before, "the baseline"), (after, "this run")] {
        if record.interrupted {
            notes.push(format!("{whose} was interrupted"));
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

/// The overrides of the scenarios in a command line. Their last values count, in whatever order they stand.
fn overrides(command: &str) -> Vec<&str> {
    let mut words = command.split_whitespace();
    let mut found: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        let value = if word == "--set" { words.next() } else { word.strip_prefix("--set=") };
        if let Some(value) = value {
            let field = value.split('=').next();
            found.retain(|it| it.split('=').next() != field);
            found.push(value);
        }
    }
    found.sort_unstable();
    found
}

fn override_list(overrides: &[&str]) -> String {
    if overrides.is_empty() { "none".to_owned() } else { format!("--set {}", overrides.join(" --set ")) }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn settings(cell: &Cell) -> String {
    cell.point.all().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_distinguished_from_the_rest_of_a_command() {
        let found = overrides("lockyard compare --set tasks=4 --seed 1 --set=zipf=0 --set tasks=8");
        assert_eq!(found, ["tasks=8", "zipf=0"]);
        assert_eq!(overrides("lockyard compare --quick"), [""; 0]);
    }
}
