//! A whole run: one workload after the other, in one process or in several, and the record of them all.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::conclusions::{Context, Outcomes, SubjectFacts, WorkloadFacts};
use crate::error::RunError;
use crate::experiment::{Experiment, ExperimentPlan};
use crate::judged::HistoryFile;
use crate::memory::{self, MemoryCount};
use crate::parts::{Part, RecordBuilder};
use crate::plan::Plan;
use crate::progress::{Observer, Progress};
use crate::record::Record;
use crate::workload::Workload;

/// Measures what the plan says, in this process. When `interrupted` becomes true the run ends with the slice that is on;
/// the record says so and holds what was measured until then.
///
/// After every experiment `observer` is given the record [so far](Progress::Recorded): an error later on loses nothing of it.
///
/// # Errors
/// [`RunError`] when something could not be measured. A subject that gets stuck or panics is no error but a finding in its
/// cell, and so is memory that cannot be counted.
pub fn run<W: Workload>(
    plan: &Plan<W>,
    interrupted: &AtomicBool,
    observer: &mut dyn Observer,
) -> Result<Record, RunError> {
    let mut builder = RecordBuilder::new(plan, 1)?;
    measure(plan, interrupted, observer, &mut |part, observer| {
        builder.add(0, part);
        observer.on(&Progress::Recorded { record: &builder.so_far(interrupted.load(Ordering::Relaxed)) });
    })?;
    Ok(finish(plan, &builder, interrupted))
}

/// Measures what the plan says in several processes. `part` is asked for each, from 0 on, and gives away what that one has
/// measured, as soon as it has it: what [`measure`] gave away there, of the plan's own [part](Plan::into_part). Intervals then
/// hold what differs between processes, too: see [`stats::levels`](crate::stats::levels).
///
/// Limits and memory do not depend on a process' layout; they are looked at here, once. When `interrupted` becomes true no
/// more parts are asked for. After every experiment of a process `observer` is given the record
/// [so far](Progress::Recorded): a process that fails loses nothing of it.
///
/// # Errors
/// The first error of a process, or a [`RunError`].
///
/// # Panics
/// If a part is not of this plan.
pub fn run_in_parts<W: Workload, E: From<RunError>>(
    plan: &Plan<W>,
    processes: u32,
    interrupted: &AtomicBool,
    observer: &mut dyn Observer,
    mut part: impl FnMut(u32, &mut dyn FnMut(Part)) -> Result<(), E>,
) -> Result<Record, E> {
    let mut builder = RecordBuilder::new(plan, processes)?;
    for nth in 0..processes {
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        part(nth, &mut |part| {
            builder.add(nth, part);
            observer.on(&Progress::Recorded { record: &builder.so_far(interrupted.load(Ordering::Relaxed)) });
        })?;
    }
    Ok(finish(plan, &builder, interrupted))
}

/// The record of a run that has measured all that it will.
fn finish<W: Workload>(plan: &Plan<W>, builder: &RecordBuilder<'_, W>, interrupted: &AtomicBool) -> Record {
    // Last, for it takes long and says least; and not at all after an interrupt.
    let is_over = interrupted.load(Ordering::Relaxed);
    let memory = if is_over { MemoryCount::Unknown } else { memory::of_subjects(plan) };
    builder.finish(interrupted.load(Ordering::Relaxed), &memory)
}

/// Measures what the plan says and leaves the conclusions to [`run_in_parts`]: each experiment is given to `take` as soon as it
/// is over, with the observer. When `interrupted` becomes true it ends with the slice that is on, and what there is of its
/// experiment is given away, too; so it is after an error.
///
/// # Errors
/// As [`run`].
pub fn measure<W: Workload>(
    plan: &Plan<W>,
    interrupted: &AtomicBool,
    observer: &mut dyn Observer,
    take: &mut dyn FnMut(Part, &mut dyn Observer),
) -> Result<(), RunError> {
    let all = ExperimentPlan::all(plan);
    let of = all.iter().map(ExperimentPlan::steps).sum::<u32>();
    let subjects: Vec<_> = plan.subjects.iter().map(SubjectFacts::of).collect();
    let context = Context { terms: &plan.terms, subjects: &subjects, duration: None };
    let mut history = plan.history.as_deref().map(HistoryFile::create).transpose()?;
    let mut done = 0;
    for (nth, planned) in all.iter().enumerate() {
        if interrupted.load(Ordering::Relaxed) {
            return Ok(());
        }
        let name = planned.name();
        let mut experiment = Experiment::prepare(plan, planned, observer)?;
        let played = experiment.play(interrupted, plan.verify, history.as_mut(), |step, interim| {
            observer.on(&Progress::Round { workload: name, done: done + step, of, interim });
        });
        done += planned.steps();
        let finished = played.is_ok() && !interrupted.load(Ordering::Relaxed);
        let part = Part { of: nth, finished, outcomes: experiment.outcomes().collect() };
        if finished || !part.is_empty() {
            let facts = WorkloadFacts::of(planned.points[0].0, plan.client_slice());
            let cell = part.outcomes.first().filter(|_| planned.cell.is_some());
            let comparisons = cell.map_or_else(Vec::new, |cell| {
                Outcomes::new(context, facts, std::iter::once(cell)).comparisons(None)
            });
            observer.on(&Progress::Measured { workload: name, comparisons: &comparisons });
            take(part, observer);
        }
        played?;
    }
    Ok(())
}
