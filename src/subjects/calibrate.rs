//! What measurements on this machine are worth: its limits, its noise floor, and how often a known change is detected.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lockyard_bench::record::{Environment, HarnessCost, Limits};
use lockyard_bench::{
    Build, CalibrationPlan, CalibrationResult, CalibrationTrial, Fault, RunError, Slowdown, cores,
    environment, harness_cost,
};

use crate::strategy::{PRESETS, Strategy};
use crate::workload::Scenario;

use super::footprint::{Footprint, footprints};
use super::limit;
use super::strategy::Strategies;

/// How long each limit is looked for.
const LIMIT: Duration = Duration::from_millis(250);

/// How many rounds measure what the harness costs: two seconds.
const HARNESS_ROUNDS: u32 = 120;

/// Sessions alive under each preset to see what they take: some 20 MB.
const FOOTPRINT_SESSIONS: u32 = 20_000;

/// What was found out.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Calibration {
    /// The machine.
    pub environment: Environment,
    /// What its memory system allows.
    pub limits: Limits,
    /// What the harness adds to an operation.
    pub harness_ns: HarnessCost,
    /// What live sessions take under each preset, by count and resident; null where either is unknown.
    pub memory: Option<Vec<Footprint>>,
    /// What verdicts are worth.
    #[serde(flatten)]
    pub verdicts: CalibrationResult,
}

/// Finds it out; `after_trial` hears how many trials are done. When `interrupted` becomes true, the trial that is on is
/// left out.
///
/// # Errors
/// [`RunError`] when nothing could be measured.
pub fn calibrate(
    what: &CalibrationPlan,
    scenario: &Scenario,
    build: &Build,
    interrupted: &AtomicBool,
    after_trial: impl FnMut(u32, &CalibrationTrial),
) -> Result<Calibration, RunError> {
    // First of all: what others had freed would be taken anew without being seen.
    let presets = PRESETS.iter().map(|preset| Strategy::parse(preset.name));
    let presets = presets.collect::<Result<Vec<_>, _>>().map_err(|error| cannot("the presets", error))?;
    let memory = footprints(&presets, FOOTPRINT_SESSIONS).map_err(|fault| cannot("memory", fault))?;
    let (limits, harness_ns) = (limit::calibrate(cores(), LIMIT), harness_cost(HARNESS_ROUNDS)?);
    let strategies = Strategies::default();
    let work = Slowdown::default();
    // All of one type: another copy of the code lies elsewhere, and may be some per cents faster or slower for that alone.
    let same = strategies.slowed(&Slowdown::default());
    let slower = strategies.slowed(&work);
    let set_ns = |ns| work.set_ns(ns);
    let verdicts =
        lockyard_bench::calibrate(what, scenario, [&same, &slower], &set_ns, interrupted, after_trial)?;
    Ok(Calibration { environment: environment(build), limits, harness_ns, memory, verdicts })
}

fn cannot(name: &str, why: impl std::fmt::Display) -> RunError {
    RunError::Subject { name: name.to_owned(), fault: Fault::new(why) }
}
