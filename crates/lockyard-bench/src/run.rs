//! A whole run: one workload after the other, in one process or in several, and the record of them all.

use std::sync::atomic::{AtomicBool, Ordering};

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::conclusions::{Context, Outcome, Outcomes, SubjectFacts, WorkloadFacts, scaling};
use crate::environment;
use crate::error::RunError;
use crate::experiment::{Experiment, Schedule};
use crate::judged::HistoryFile;
use crate::memory;
use crate::plan::Plan;
use crate::progress::{Observer, Progress};
use crate::random::Random;
use crate::record::{Record, Scaling, ScalingPoint};
use crate::workload::Workload;

/// A point of a sweep is measured this many times shorter than a cell, and not judged: what a subject answers is judged
/// there.
const SHORTER: u32 = 4;

/// The stream of the seed that orders the points of sweeps; the one above it orders the subjects.
const POINTS_STREAM: u64 = u64::MAX - 1;

/// What one process has measured of a plan. Can be sent to another process, which makes a record of several.
#[derive(Serialize, Deserialize)]
pub struct Part {
    /// In the order of the plan's workloads; fewer where it was interrupted.
    outcomes: Vec<Outcome>,
    /// By sweep and point of the plan; `None` for points that were not finished.
    sweeps: Vec<Vec<Option<Outcome>>>,
}

/// Measures what the plan says, in this process. When `interrupted` becomes true the run ends with the slice that is on;
/// the record says so and holds what was measured until then.
///
/// # Errors
/// [`RunError`] when nothing could be measured. A subject that gets stuck is no error but a finding in its cell.
pub fn run<W: Workload>(
    plan: &Plan<W>,
    interrupted: &AtomicBool,
    observer: &mut dyn Observer,
) -> Result<Record, RunError> {
    run_in_parts(plan, 1, interrupted, |_| measure(plan, interrupted, observer))
}

/// Measures what the plan says in several processes. `part` is asked, from 0 on, for what each has measured: what
/// [`measure`] gave there, of the plan's own [part](Plan::into_part). Intervals then hold what differs between processes,
/// too: see [`stats::processes`](crate::stats::processes).
///
/// Limits and memory do not depend on a process' layout; they are looked at here, once. When `interrupted` becomes true no
/// more parts are asked for.
///
/// # Errors
/// The first error of a part, or a [`RunError`].
///
/// # Panics
/// If a part is not of this plan.
pub fn run_in_parts<W: Workload, E: From<RunError>>(
    plan: &Plan<W>,
    processes: u32,
    interrupted: &AtomicBool,
    mut part: impl FnMut(u32) -> Result<Part, E>,
) -> Result<Record, E> {
    let environment = environment::environment(&plan.build);
    let mut record = Record {
        reference: plan.terms.reference.clone(),
        headline: plan.terms.headline.clone(),
        limits: plan.limits.as_ref().map(|limits| limits()),
        ..Record::empty(&plan.command, plan.seed, jiff::Timestamp::now(), environment)
    };
    let mut parts = Vec::new();
    for nth in 0..processes {
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        parts.push(part(nth)?);
    }
    // Last, for it takes long and says least; and not at all after an interrupt.
    let memory = if interrupted.load(Ordering::Relaxed) { None } else { memory::of_subjects(plan)? };
    let memory = memory.as_deref();
    let subjects: Vec<_> = plan.subjects.iter().map(SubjectFacts::of).collect();
    let context = Context { terms: &plan.terms, subjects: &subjects };
    for (nth, workload) in plan.workloads.iter().enumerate() {
        let measured = parts.iter().filter_map(|part| part.outcomes.get(nth));
        let outcomes = Outcomes::new(context, WorkloadFacts::of(workload), measured);
        if outcomes.is_empty() {
            break;
        }
        record.comparisons.extend(outcomes.comparisons(memory));
        record.cells.extend(outcomes.cells(memory));
        record.probe_effect = record.probe_effect.or_else(|| outcomes.probe_effect());
        record.ablations.extend(outcomes.ablations(&plan.ablations));
    }
    record.processes = parts.len() as u32;
    record.scaling = scalings(plan, context, &parts);
    record.interrupted = interrupted.load(Ordering::Relaxed);
    Ok(record)
}

/// Measures what the plan says and leaves the conclusions to [`run_in_parts`]. When `interrupted` becomes true it ends with
/// the slice that is on.
///
/// # Errors
/// As [`run`].
pub fn measure<W: Workload>(
    plan: &Plan<W>,
    interrupted: &AtomicBool,
    observer: &mut dyn Observer,
) -> Result<Part, RunError> {
    let schedules: Vec<_> =
        plan.workloads.iter().map(|workload| Schedule::new(plan, &workload.shape(), plan.duration)).collect();
    let of = schedules.iter().map(|schedule| schedule.rounds).sum::<u32>() + rounds_of_sweeps(plan);
    let subjects: Vec<_> = plan.subjects.iter().map(SubjectFacts::of).collect();
    let context = Context { terms: &plan.terms, subjects: &subjects };
    let mut history = plan.history.as_deref().map(HistoryFile::create).transpose()?;
    let mut outcomes = Vec::new();
    let mut done = 0;
    for (workload, schedule) in plan.workloads.iter().zip(schedules) {
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        let name = workload.name();
        let mut experiment = Experiment::prepare(plan, workload, schedule, observer)?;
        experiment.play(interrupted, plan.verify, history.as_mut(), |round, interim| {
            observer.on(&Progress::Round { workload: name, done: done + round, of, interim });
        })?;
        done += schedule.rounds;
        let outcome = experiment.outcome();
        let facts = WorkloadFacts::of(workload);
        let comparisons = Outcomes::new(context, facts, std::iter::once(&outcome)).comparisons(None);
        observer.on(&Progress::Measured { workload: name, comparisons: &comparisons });
        outcomes.push(outcome);
    }
    let sweeps = measure_sweeps(plan, interrupted, observer, (done, of))?;
    Ok(Part { outcomes, sweeps })
}

/// How many rounds the plan's sweeps take.
fn rounds_of_sweeps<W: Workload>(plan: &Plan<W>) -> u32 {
    let points = plan.sweeps.iter().flat_map(|sweep| &sweep.points);
    points.map(|point| Schedule::new(plan, &point.shape(), plan.duration / SHORTER).rounds).sum()
}

/// Measures all sweeps of the plan, one after the other; `done` rounds of `of` are behind it. By sweep and point; points that
/// were not finished when it was interrupted are left out.
///
/// The points are visited in an order drawn from the seed: a machine that gets slower while it is measured would otherwise
/// look like a setting that does not scale.
fn measure_sweeps<W: Workload>(
    plan: &Plan<W>,
    interrupted: &AtomicBool,
    observer: &mut dyn Observer,
    (mut done, of): (u32, u32),
) -> Result<Vec<Vec<Option<Outcome>>>, RunError> {
    let mut order = Random::stream(plan.seed, POINTS_STREAM);
    let mut measured = Vec::new();
    for sweep in &plan.sweeps {
        let mut outcomes: Vec<_> = sweep.points.iter().map(|_| None).collect();
        let mut visits: Vec<usize> = (0..sweep.points.len()).collect();
        visits.shuffle(&mut *order);
        for index in visits {
            if interrupted.load(Ordering::Relaxed) {
                break;
            }
            let workload = &sweep.points[index];
            let schedule = Schedule::new(plan, &workload.shape(), plan.duration / SHORTER);
            let mut experiment = Experiment::prepare(plan, workload, schedule, observer)?;
            experiment.play(interrupted, false, None, |round, interim| {
                let (workload, done) = (workload.name(), done + round);
                observer.on(&Progress::Round { workload, done, of, interim });
            })?;
            done += schedule.rounds;
            outcomes[index] = Some(experiment.outcome()).filter(|_| !interrupted.load(Ordering::Relaxed));
        }
        if let Some(first) = sweep.points.first() {
            let workload = &format!("{} along {}", first.name(), sweep.along);
            observer.on(&Progress::Measured { workload, comparisons: &[] });
        }
        measured.push(outcomes);
    }
    Ok(measured)
}

/// What the record says of the sweeps that each process has measured.
fn scalings<W: Workload>(plan: &Plan<W>, context: Context<'_>, parts: &[Part]) -> Vec<Scaling> {
    let mut found = Vec::new();
    for (nth, sweep) in plan.sweeps.iter().enumerate() {
        let Some(first) = sweep.points.first() else { continue };
        let mut points: Vec<Vec<ScalingPoint>> = vec![Vec::new(); plan.subjects.len()];
        for (index, workload) in sweep.points.iter().enumerate() {
            let measured = parts.iter().filter_map(|part| part.sweeps[nth][index].as_ref());
            let outcomes = Outcomes::new(context, WorkloadFacts::of(workload), measured);
            if outcomes.is_empty() {
                continue;
            }
            for (points, cell) in points.iter_mut().zip(outcomes.cells(None)) {
                let (point, throughput) = (cell.point, cell.throughput);
                let (latency_ns, findings) = (cell.latency_ns, cell.findings);
                points.push(ScalingPoint { point, throughput, latency_ns, findings });
            }
        }
        found.extend(plan.names().zip(points).map(|(subject, points)| {
            scaling(first.name(), subject, &sweep.along, points, plan.terms.confidence)
        }));
    }
    found
}
