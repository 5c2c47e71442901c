//! What measurements on this machine are worth: its limits, its noise floor, and how often a known change is detected.
//!
//! A verdict is only as good as the machine lets it be, and that can be tried: a strategy is measured against itself, and
//! against itself with one per cent more work planted in the manager's hit path. The first must not be called
//! different, the second must be called slower.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lockyard_bench::record::{Environment, Limits, Verdict};
use lockyard_bench::stats::{Confidence, Direction, Ratio};
use lockyard_bench::{
    Build, Fault, HarnessCost, Latency, Plan, RunError, Share, Subject, Terms, cores, environment,
    harness_cost, pairs,
};

use crate::strategy::{PRESETS, Strategy, slowed};
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

/// What shall be found out.
#[derive(Clone, Debug)]
pub struct CalibrationPlan {
    /// The scenario that `after` is measured under.
    pub scenario: Scenario,
    /// Decides every trace and every order.
    pub seed: u64,
    /// How long one verdict may take: both subjects together.
    pub verdict: Duration,
    /// How often a verdict is made.
    pub trials: u32,
    /// How much work is planted, as a share of an operation's time.
    pub planted: Share,
    /// Ratios within 1 ± this are no difference.
    pub margin: Share,
    /// How sure verdicts are.
    pub confidence: Confidence,
}

/// What was found out.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Calibration {
    /// The machine.
    pub environment: Environment,
    /// What its memory system allows.
    pub limits: Limits,
    /// What the harness adds to an operation.
    pub harness: HarnessCost,
    /// What live sessions take under each preset, by count and resident; null where either is unknown.
    pub memory: Option<Vec<Footprint>>,
    /// Work planted in the slowed subject, as a share of an operation's time.
    pub planted: Share,
    /// One verdict each, by trial, in the order made.
    pub trials: Vec<CalibrationTrial>,
}

/// One verdict on each of two subjects of the same baseline: the baseline itself, and the one that was slowed.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct CalibrationTrial {
    /// The strategy against itself.
    pub same: JudgedRatio,
    /// The strategy with work planted against the one without.
    pub slowed: JudgedRatio,
}

/// A ratio and what was said of it.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct JudgedRatio {
    /// Throughput ÷ throughput of the baseline.
    pub ratio: f64,
    /// Lower and upper end of its interval.
    pub ci: [f64; 2],
    /// What was said.
    pub verdict: Verdict,
}

impl Calibration {
    /// How far from 1 the strategy's ratio to itself came out at most, over all trials: what no single verdict should be
    /// believed below.
    pub fn noise_floor(&self) -> f64 {
        self.trials.iter().map(|trial| (trial.same.ratio - 1.0).abs()).fold(0.0, f64::max)
    }

    /// How many trials called the slowed subject slower, as it was.
    pub fn concluded_slower(&self) -> usize {
        self.trials.iter().filter(|trial| trial.slowed.verdict == Verdict::Slower).count()
    }

    /// The middle one of the slowed subject's ratios: what the planted work came to. Not a number without trials.
    pub fn slowed_to(&self) -> f64 {
        let mut ratios: Vec<f64> = self.trials.iter().map(|trial| trial.slowed.ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// How many trials called the strategy different from itself, which it was not.
    pub fn concluded_different(&self) -> usize {
        let different =
            |trial: &&CalibrationTrial| matches!(trial.same.verdict, Verdict::Slower | Verdict::Faster);
        self.trials.iter().filter(different).count()
    }
}

/// Finds it out; `after_trial` hears how many trials are done. When `interrupted` becomes true, the trial that is on is
/// left out.
///
/// # Errors
/// [`RunError`] when nothing could be measured.
pub fn calibrate(
    what: &CalibrationPlan,
    build: &Build,
    interrupted: &AtomicBool,
    mut after_trial: impl FnMut(u32, &CalibrationTrial),
) -> Result<Calibration, RunError> {
    // First of all: what others had freed would be taken anew without being seen.
    let presets = PRESETS.iter().map(|preset| Strategy::parse(preset.name));
    let presets = presets.collect::<Result<Vec<_>, _>>().map_err(|error| cannot("the presets", error))?;
    let memory = footprints(&presets, FOOTPRINT_SESSIONS).map_err(|fault| cannot("memory", fault))?;
    let mut calibration = Calibration {
        environment: environment(build),
        limits: limit::calibrate(cores(), LIMIT),
        harness: harness_cost(HARNESS_ROUNDS)?,
        memory,
        planted: what.planted,
        trials: Vec::new(),
    };
    let strategies = Strategies::default();
    let strategy = slowed::preset();
    let same = strategies.subject(&strategy).map_err(|error| cannot(strategy.name(), error))?;
    let slower = strategies.slowed();
    if what.trials > 0 {
        plant(&same, what, interrupted)?;
    }
    for trial in 0..what.trials {
        let seed = what.seed.wrapping_add(u64::from(trial));
        let subjects = [(&same, false), (&same, false), (&slower, false)];
        let measured = pairs(&plan(what, seed, what.verdict / 2), &what.scenario, &subjects, interrupted)?;
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        let judged = |candidate| {
            let Ratio { ratio, ci, .. } = measured.ratio(candidate, 0)?;
            let verdict = Verdict::of(Some(ci), what.margin, Direction::HigherIsBetter);
            Some(JudgedRatio { ratio, ci, verdict })
        };
        if let Some((same, slowed)) = judged(1).zip(judged(2)) {
            let done = CalibrationTrial { same, slowed };
            after_trial(trial + 1, &done);
            calibration.trials.push(done);
        }
    }
    Ok(calibration)
}

/// A plan of which every subject is measured for so long, from this seed.
fn plan(what: &CalibrationPlan, seed: u64, duration: Duration) -> Plan<Scenario> {
    let terms = Terms { margin: what.margin, confidence: what.confidence, reference: None, headline: None };
    Plan::default().seed(seed).duration(duration).latency(Latency::None).terms(terms)
}

/// Sets how much the slowed subject is slowed, after a second's look at how long an operation takes on a worker.
fn plant(same: &Subject<Scenario>, what: &CalibrationPlan, interrupted: &AtomicBool) -> Result<(), RunError> {
    let plan = plan(what, what.seed, Duration::from_secs(1));
    let measured = pairs(&plan, &what.scenario, &[(same, false)], interrupted)?;
    let ops_per_s = measured.throughput(0).ops_per_s;
    slowed::plant(what.planted.get() * 1e9 * f64::from(what.scenario.workers.get()) / ops_per_s);
    Ok(())
}

fn cannot(name: &str, why: impl std::fmt::Display) -> RunError {
    RunError::Subject { name: name.to_owned(), fault: Fault::new(why) }
}
