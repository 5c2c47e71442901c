//! A whole run: one contest after the other, in one process or in several, and the record of them all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use lockyard_bench::record::{Record, SCHEMA_VERSION};

use super::contest::{Contest, Schedule};
use super::environment;
use super::error::RunError;
use super::limit;
use super::memory;
use super::outcome::{Outcome, Outcomes};
use super::plan::{Observer, Plan, Progress};
use super::sweep;
use super::verification::History;

/// How long the limits of the machine are looked for, each.
const CALIBRATION: Duration = Duration::from_millis(50);

/// What one process has measured of a plan. Can be sent to another process, which makes a record of several.
#[derive(Serialize, Deserialize)]
pub struct Part {
    /// In the order of the plan's scenarios; fewer where it was interrupted.
    outcomes: Vec<Outcome>,
    /// By sweep and point of the plan; `None` for points that were not finished.
    sweeps: Vec<Vec<Option<Outcome>>>,
}

/// Measures what the plan says, in this process. When `interrupted` becomes true the run ends with the slice that is on;
/// the record says so and holds what was measured until then.
///
/// # Errors
/// [`RunError`] when nothing could be measured. A strategy that gets stuck is no error but a finding in its cell.
pub fn run(plan: &Plan, interrupted: &AtomicBool, observer: &mut dyn Observer) -> Result<Record, RunError> {
    run_in_parts(plan, 1, interrupted, |_| measure(plan, interrupted, observer))
}

/// Measures what the plan says in several processes. `part` is asked, from 0 on, for what each has measured: what
/// [`measure`] gave there, of the plan's own [part](Plan::part). Intervals then hold what differs between processes, too:
/// see [`stats::processes`](lockyard_bench::stats::processes).
///
/// Limits and memory do not depend on a process' layout; they are looked at here, once. When `interrupted` becomes true no
/// more parts are asked for.
///
/// # Errors
/// The first error of a part, or a [`RunError`].
///
/// # Panics
/// If a part is not of this plan.
pub fn run_in_parts<E: From<RunError>>(
    plan: &Plan,
    processes: u32,
    interrupted: &AtomicBool,
    mut part: impl FnMut(u32) -> Result<Part, E>,
) -> Result<Record, E> {
    let mut record = Record {
        schema_version: SCHEMA_VERSION,
        command: plan.command.clone(),
        seed: plan.seed,
        started_at: jiff::Timestamp::now(),
        interrupted: false,
        processes: 0,
        environment: environment::detect(),
        limits: Some(limit::calibrate(environment::cores(), CALIBRATION)),
        probe_effect: None,
        cells: Vec::new(),
        comparisons: Vec::new(),
        ablations: Vec::new(),
        scaling: Vec::new(),
        models: None,
        pitfalls: None,
    };
    let mut parts = Vec::new();
    for nth in 0..processes {
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        parts.push(part(nth)?);
    }
    // Last, for it takes long and says least; and not at all for somebody who wants to be gone.
    let memory = if interrupted.load(Ordering::Relaxed) { None } else { memory::of_strategies(plan)? };
    let memory = memory.as_deref();
    for (nth, scenario) in plan.scenarios.iter().enumerate() {
        let measured = parts.iter().filter_map(|part| part.outcomes.get(nth));
        let outcomes = Outcomes::new(plan, scenario, measured);
        if outcomes.is_empty() {
            break;
        }
        record.comparisons.extend(outcomes.comparisons(memory));
        record.cells.extend(outcomes.cells(memory));
        record.probe_effect = record.probe_effect.or_else(|| outcomes.probe_effect());
        record.ablations.extend(outcomes.ablations());
    }
    record.processes = parts.len() as u32;
    let sweeps: Vec<_> = parts.iter().map(|part| &*part.sweeps).collect();
    record.scaling = sweep::scalings(plan, &sweeps);
    record.interrupted = interrupted.load(Ordering::Relaxed);
    Ok(record)
}

/// Measures what the plan says and leaves the conclusions to [`run_in_parts`]. When `interrupted` becomes true it ends with
/// the slice that is on.
///
/// # Errors
/// As [`run`].
pub fn measure(plan: &Plan, interrupted: &AtomicBool, observer: &mut dyn Observer) -> Result<Part, RunError> {
    let schedules: Vec<_> = plan.scenarios.iter().map(|scenario| Schedule::new(plan, scenario)).collect();
    let of = schedules.iter().map(|schedule| schedule.rounds).sum::<u32>() + sweep::rounds(plan);
    let mut history = plan.history.as_deref().map(History::create).transpose()?;
    let mut outcomes = Vec::new();
    let mut done = 0;
    for (scenario, schedule) in plan.scenarios.iter().zip(schedules) {
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        let name = scenario.name.as_str();
        let mut contest = Contest::prepare(plan, scenario, schedule, observer)?;
        contest.play(interrupted, history.as_mut(), |round, standing| {
            observer.on(&Progress::Round { scenario: name, done: done + round, of, standing });
        })?;
        done += schedule.rounds;
        let outcome = contest.outcome();
        let comparisons = Outcomes::new(plan, scenario, std::iter::once(&outcome)).comparisons(None);
        observer.on(&Progress::Measured { scenario: name, comparisons: &comparisons });
        outcomes.push(outcome);
    }
    let sweeps = sweep::measure(plan, interrupted, observer, (done, of))?;
    Ok(Part { outcomes, sweeps })
}
