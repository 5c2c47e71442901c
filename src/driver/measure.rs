//! A whole run: one contest after the other, and the record of them all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::record::{Record, SCHEMA_VERSION};

use super::ablation;
use super::contest::{Contest, Schedule};
use super::environment;
use super::error::RunError;
use super::limit;
use super::memory;
use super::plan::{Observer, Plan, Progress};
use super::sweep;
use super::verification::History;

/// How long the limits of the machine are looked for, each.
const CALIBRATION: Duration = Duration::from_millis(50);

/// Measures what the plan says. When `interrupted` becomes true the run ends with the slice that is on; the record
/// says so and holds what was measured until then.
///
/// # Errors
/// [`RunError`] when nothing could be measured. A strategy that gets stuck is no error but a finding in its cell.
pub fn run(plan: &Plan, interrupted: &AtomicBool, observer: &mut dyn Observer) -> Result<Record, RunError> {
    let mut history = plan.history.as_deref().map(History::create).transpose()?;
    let mut record = Record {
        schema_version: SCHEMA_VERSION,
        command: plan.command.clone(),
        seed: plan.seed,
        started_at: jiff::Timestamp::now(),
        interrupted: false,
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
    let schedules: Vec<_> = plan.scenarios.iter().map(|scenario| Schedule::new(plan, scenario)).collect();
    let of = schedules.iter().map(|schedule| schedule.rounds).sum::<u32>() + sweep::rounds(plan);
    let memory = memory::of_strategies(plan)?;
    let memory = memory.as_deref();
    let mut done = 0;
    for (scenario, schedule) in plan.scenarios.iter().zip(schedules) {
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        let name = scenario.name.as_str();
        let mut contest = Contest::prepare(plan, scenario, schedule, observer)?;
        contest.play(interrupted, history.as_mut(), |round| {
            observer.on(&Progress::Round { scenario: name, done: done + round, of });
        })?;
        done += schedule.rounds;
        record.comparisons.extend(contest.comparisons(memory));
        record.cells.extend(contest.cells(memory));
        record.probe_effect = record.probe_effect.or_else(|| contest.probe_effect());
        record.ablations.extend(ablation::effects(plan, name, &contest.rounds()));
        observer.on(&Progress::Measured { scenario: name });
    }
    record.scaling = sweep::run(plan, interrupted, observer, (done, of))?;
    record.interrupted = interrupted.load(Ordering::Relaxed);
    Ok(record)
}
