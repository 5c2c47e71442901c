//! One record of what several load machines measured together, by one plan.
//!
//! What was done is added: operations, and latencies bucket by bucket. Rates are added round by round, and only where all machines
//! measured at the same time, by their own clocks: a round that one of them was late for says nothing of all of them. What each
//! machine saw of itself stays beside it. Nothing is known of how evenly all clients were served, since a record has no count for
//! each; so that is null.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{
    AcrossMachines, Arrival, Cell, Finding, FindingKind, LoadPlan, MachineRecord, Point, Record, RoundSpan,
    Severity, Slice, Throughput, Verification, Violation,
};
use crate::slices::{latency_curve_of, latency_of};
use crate::stats::{Confidence, Mean};

use super::merge::MergeError;

/// The part of a round that all machines must share for it to count, of the longest of theirs.
const COMMON: f64 = 0.8;

/// What came of judging the histories of all machines together.
#[derive(Clone, Debug)]
pub struct AcrossVerdict {
    /// What stands in the record.
    pub across: AcrossMachines,
    /// The violation, if there is one.
    pub violation: Option<Violation>,
}

/// Makes one record of the runs of all slices of a plan. Each stands here with a name to speak of it by, such as its path. What was
/// judged `across` them comes from whoever can read their histories.
///
/// Some slices may be missing if `incomplete` says so; the record is then not finished.
///
/// # Errors
/// Why these are not the slices of one plan, or have nothing in common.
pub fn merge_machines(
    runs: &[(&str, &Record)],
    across: AcrossVerdict,
    incomplete: bool,
) -> Result<Record, MergeError> {
    let reasons = slice_refusals(runs, incomplete);
    let refused = |reasons| Err(MergeError { reasons });
    let plan = runs.first().and_then(|(_, first)| Some((*first, first.plan.as_ref()?)));
    let (Some((first, plan)), true) = (plan, reasons.is_empty()) else {
        return refused(if reasons.is_empty() {
            vec!["there is none: name two or more".to_owned()]
        } else {
            reasons
        });
    };
    let mut machines: Vec<_> = runs.iter().flat_map(|(_, run)| run.machines.iter().cloned()).collect();
    machines.sort_by_key(|machine| machine.slice);
    let rounds = CommonRounds::of(&machines);
    if rounds.spans.is_empty() {
        let why = "no round was measured by all machines at the same time: look at their clocks, and at what each record says of its \
                   own";
        return refused(vec![why.to_owned()]);
    }
    let mut merged = Record::clone(first);
    let cells: Vec<&Cell> = runs.iter().filter_map(|(_, run)| run.cells.first()).collect();
    merged.cells = vec![cell(plan, &cells, &machines, &rounds, &across)];
    merged.command = runs.iter().map(|(_, run)| run.command.as_str()).collect::<Vec<_>>().join(" && ");
    merged.started_at = runs.iter().map(|(_, run)| run.started_at).min().unwrap_or(first.started_at);
    merged.interrupted = runs.iter().any(|(_, run)| run.interrupted);
    merged.finished = runs.iter().all(|(_, run)| run.finished) && machines.len() == plan.slices as usize;
    merged.machines = machines;
    merged.across = Some(across.across);
    Ok(merged)
}

/// Why these runs are not the slices of one plan; empty if they are.
#[must_use]
pub fn slice_refusals(runs: &[(&str, &Record)], incomplete: bool) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut known: BTreeMap<u32, &str> = BTreeMap::new();
    let mut first: Option<(&str, &LoadPlan)> = None;
    for (name, run) in runs {
        let ([machine], Some(plan), [_]) = (&run.machines[..], &run.plan, &run.cells[..]) else {
            reasons.push(match (&run.plan, run.machines.len()) {
                (None, _) => format!(
                    "{name} was measured without a plan, and others with one: runs of different scenarios are merged by themselves"
                ),
                (_, 0) => format!("{name} has measured nothing: run its slice again, of a new plan"),
                _ => format!("{name} is already the record of several machines: name the records of the machines themselves"),
            });
            continue;
        };
        match first {
            None => first = Some((name, plan)),
            Some((other, of)) => {
                if let Some(field) = of.differs_from(plan) {
                    reasons.push(format!(
                        "another plan: the {field} of {name} is not that of {other}; give all machines one file"
                    ));
                }
            }
        }
        if let Some(other) = known.insert(machine.slice, name) {
            let slice = machine.slice;
            reasons.push(format!(
                "slice {slice} was measured in {other} and in {name}: each has its clients once"
            ));
        }
    }
    let Some((_, plan)) = first else { return reasons };
    let missing: Vec<_> =
        (1..=plan.slices).filter(|slice| !known.contains_key(slice)).map(|it| it.to_string()).collect();
    if !missing.is_empty() && !incomplete {
        reasons.push(format!(
            "slice {} of {} is missing: name its record, or give --incomplete for a record of the others, which is marked as not \
             finished",
            missing.join(" and "),
            plan.slices
        ));
    }
    reasons
}

/// The rounds that all machines measured at the same time.
struct CommonRounds {
    /// What all did in each, and the span that all share.
    spans: Vec<RoundSpan>,
    /// Operations a second of all together, round by round.
    rates: Vec<f64>,
    /// Rounds of some machine that are not among them.
    others: usize,
}

impl CommonRounds {
    fn of(machines: &[MachineRecord]) -> Self {
        let (mut spans, mut rates) = (Vec::new(), Vec::new());
        let most = machines.iter().map(|machine| machine.rounds.len()).max().unwrap_or(0);
        let Some((first, others)) = machines.split_first() else {
            return Self { spans, rates, others: most };
        };
        for round in &first.rounds {
            // By when it was, and not by its number: a machine that was late for one has fewer.
            let near = others.iter().map(|machine| {
                let overlap = |other: &&RoundSpan| overlap_ns(&[round, other]);
                machine.rounds.iter().max_by_key(overlap)
            });
            let Some(near) = near.collect::<Option<Vec<_>>>() else { continue };
            let all: Vec<_> = std::iter::once(round).chain(near).collect();
            let longest = all.iter().map(|it| it.elapsed_ns).max().unwrap_or(0);
            let common = overlap_ns(&all);
            if common == 0 || (common as f64) < COMMON * longest as f64 {
                continue;
            }
            let at_ns = all.iter().map(|it| it.at_ns).max().unwrap_or(0);
            let operations = all.iter().map(|it| it.operations).sum();
            spans.push(RoundSpan { at_ns, elapsed_ns: common, operations });
            rates.push(all.iter().map(|it| it.operations as f64 / (it.elapsed_ns as f64 / 1e9)).sum());
        }
        let others = most - spans.len();
        Self { spans, rates, others }
    }

    fn throughput(&self) -> Throughput {
        if let Some(Mean { mean, ci, .. }) = Mean::of_rounds(&self.rates, Confidence::default()) {
            return Throughput { ops_per_s: mean, ci };
        }
        // Too few for an interval: what was seen.
        let least = self.rates.iter().copied().reduce(f64::min).unwrap_or(0.0);
        let most = self.rates.iter().copied().reduce(f64::max).unwrap_or(0.0);
        let mean = self.rates.iter().sum::<f64>() / self.rates.len().max(1) as f64;
        Throughput { ops_per_s: mean.clamp(least, most), ci: [least, most] }
    }

    fn seconds(&self) -> f64 {
        self.spans.iter().map(|it| it.elapsed_ns as f64 / 1e9).sum()
    }

    fn timeline(&self) -> Vec<Slice> {
        let mut at_s = 0.0;
        let slice = |it: &RoundSpan| {
            let slice = Slice { at_s, operations: it.operations, p99_ns: None };
            at_s += it.elapsed_ns as f64 / 1e9;
            slice
        };
        self.spans.iter().map(slice).collect()
    }
}

/// For how long all of these were measured at the same time.
fn overlap_ns(rounds: &[&RoundSpan]) -> u64 {
    let begins = rounds.iter().map(|it| it.at_ns).max().unwrap_or(0);
    let ends = rounds.iter().map(|it| it.at_ns.saturating_add(it.elapsed_ns)).min().unwrap_or(0);
    ends.saturating_sub(begins)
}

/// The cell of all machines together.
fn cell(
    plan: &LoadPlan,
    cells: &[&Cell],
    machines: &[MachineRecord],
    rounds: &CommonRounds,
    across: &AcrossVerdict,
) -> Cell {
    let sum = |of: fn(&Cell) -> u64| cells.iter().map(|cell| of(cell)).sum();
    let rates = |of: fn(&Cell) -> Option<f64>| {
        cells.iter().filter_map(|cell| of(cell)).reduce(|sum, rate| sum + rate)
    };
    let timed = |cell: &Cell| cell.latency_ns.values().map(|it| it.count).sum::<u64>() as f64;
    let reads: f64 = cells.iter().filter_map(|it| Some(it.read_share? * timed(it))).sum();
    let all: f64 = cells.iter().filter(|it| it.read_share.is_some()).map(|it| timed(it)).sum();
    let mut findings: Vec<Finding> = Vec::new();
    for finding in cells.iter().flat_map(|cell| &cell.findings) {
        // Each is of one machine's rounds, and the rounds of all have an interval of their own.
        if finding.kind != FindingKind::Imprecise && !findings.contains(finding) {
            findings.push(finding.clone());
        }
    }
    findings.extend(rounds.late());
    findings.extend(across.finding());
    let first = cells[0];
    let workers = machines.len() as u32 * first.point.workers;
    Cell {
        point: Point { workers, ..first.point.clone() },
        arrival: if cells.iter().any(|it| it.arrival == Arrival::Open) {
            Arrival::Open
        } else {
            Arrival::Closed
        },
        seconds: rounds.seconds(),
        seconds_asked: Some(plan.duration_ms as f64 / 1e3),
        rounds: rounds.spans.len() as u32,
        layouts: None,
        operations: sum(|it| it.operations),
        errors: sum(|it| it.errors),
        refused: sum(|it| it.refused),
        unanswered: sum(|it| it.unanswered),
        counters: None,
        read_share: (all > 0.0).then(|| (reads / all).min(1.0)),
        throughput: rounds.throughput(),
        reads_per_s: rates(|it| it.reads_per_s),
        writes_per_s: rates(|it| it.writes_per_s),
        latency_ns: of_all(machines, latency_of),
        latency_curves_ns: of_all(machines, latency_curve_of),
        timeline: Some(rounds.timeline()),
        fairness: None,
        verification: verification(machines, across),
        findings,
        violations: cells
            .iter()
            .flat_map(|it| it.violations.clone())
            .chain(across.violation.clone())
            .collect(),
        ..first.clone()
    }
}

impl CommonRounds {
    /// That some rounds are not in the throughput.
    fn late(&self) -> Option<Finding> {
        (self.others > 0).then(|| {
            let kind = FindingKind::LateRounds;
            note(kind, format!(
                "{} of {} rounds were not measured by all machines at the same time, and are not in the throughput",
                self.others,
                self.others + self.spans.len()
            ))
        })
    }
}

impl AcrossVerdict {
    /// Nothing was judged, for this reason.
    #[must_use]
    pub fn not_judged(reason: impl Into<String>) -> Self {
        let not_judged = Some(reason.into());
        let across = AcrossMachines { operations: None, widened_ns: None, linearizable: None, not_judged };
        Self { across, violation: None }
    }

    /// What a reader must know of it.
    fn finding(&self) -> Option<Finding> {
        let violation = self.violation.as_ref()?;
        Some(Finding {
            severity: Severity::Error,
            places: vec![violation.key.clone()],
            ..note(
                FindingKind::NotLinearizable,
                format!(
                    "no linearization of {} operations of several machines on {}, though each interval was widened by {:.3} ms at both ends",
                    violation.operations.len(),
                    violation.key,
                    self.across.widened_ns.unwrap_or_default() as f64 / 1e6
                ),
            )
        })
    }
}

fn note(kind: FindingKind, message: String) -> Finding {
    Finding {
        kind,
        rule: None,
        severity: Severity::Warning,
        message,
        places: Vec::new(),
        tasks: Vec::new(),
        edges: Vec::new(),
    }
}

/// What was checked of each machine by itself, and of all.
fn verification(machines: &[MachineRecord], across: &AcrossVerdict) -> Option<Verification> {
    let own: Vec<_> = machines.iter().filter_map(|machine| machine.verification).collect();
    let checked = own.iter().filter_map(|it| it.operations_checked).chain(across.across.operations);
    let checked = checked.reduce(|sum, operations| sum + operations)?;
    let mut verdicts: BTreeSet<Option<bool>> = own.iter().map(|it| it.linearizable).collect();
    if across.across.operations.is_some() {
        verdicts.insert(across.across.linearizable);
    }
    // One that is wrong makes all wrong; one that is not decided leaves open whether all are right.
    let linearizable = if verdicts.contains(&Some(false)) {
        Some(false)
    } else {
        (!verdicts.contains(&None)).then_some(true)
    };
    Some(Verification {
        operations_checked: Some(checked),
        linearizable,
        deadlocks: None,
        order_inversions: None,
        starvations: None,
    })
}

/// Latencies of all machines: their histograms have the same buckets.
fn of_all<T>(
    machines: &[MachineRecord],
    of: fn(&mut dyn Iterator<Item = &[u64; 2]>) -> T,
) -> BTreeMap<String, T> {
    let operations: BTreeSet<&String> =
        machines.iter().flat_map(|machine| machine.histograms_ns.keys()).collect();
    let together = |operation: &String| {
        let mut buckets =
            machines.iter().filter_map(|machine| machine.histograms_ns.get(operation)).flatten();
        (operation.clone(), of(&mut buckets))
    };
    operations.into_iter().map(together).collect()
}
