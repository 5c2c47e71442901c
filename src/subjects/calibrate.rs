//! What measurements on this machine are worth: its limits, its noise floor, and how often a known change is detected.
//!
//! A verdict is only as good as the machine lets it be, and that can be tried: a strategy is measured against itself, and
//! against itself with so much more work planted in the manager's hit path that it loses one per cent of its throughput. The
//! first must not be called different, the second must be called slower.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lockyard_bench::record::{Environment, HarnessCost, Limits, Verdict};
use lockyard_bench::stats::{Confidence, Direction, Ratio};
use lockyard_bench::{
    Build, Fault, Latency, Plan, RunError, Share, Subject, Terms, cores, environment, harness_cost, pairs,
};

use crate::strategy::slowed::Slowdown;
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
    /// What the planted work is to cost, as a share of throughput.
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
    pub harness_ns: HarnessCost,
    /// What live sessions take under each preset, by count and resident; null where either is unknown.
    pub memory: Option<Vec<Footprint>>,
    /// What the work planted in the slowed subject is to cost, as a share of throughput.
    pub planted: Share,
    /// What planted work weighs, from which follows how much is planted; null without trials.
    pub slowdown: Option<SlowdownCost>,
    /// One verdict each, by trial, in the order made.
    pub trials: Vec<CalibrationTrial>,
}

/// What work in the hit path costs: more than its share of an operation's time where tasks wait for each other meanwhile.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SlowdownCost {
    /// How long an operation takes on a worker, in nanoseconds.
    pub operation_ns: f64,
    /// What was tried, with rising shares.
    pub points: Vec<SlowdownPoint>,
}

/// What work of some share of an operation's time costs.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct SlowdownPoint {
    /// The work, as a share of an operation's time on a worker.
    pub share: f64,
    /// Throughput with it ÷ throughput without.
    pub ratio: f64,
    /// Lower and upper end of the ratio's interval.
    pub ci: [f64; 2],
}

impl SlowdownCost {
    /// How many times its own share of an operation's time planted work costs of throughput: the slope of the losses over
    /// the shares through the origin, by least squares, on the log scale. Not a number if nothing was tried.
    pub fn factor(&self) -> f64 {
        let sum = |of: fn(&SlowdownPoint) -> f64| self.points.iter().map(of).sum::<f64>();
        sum(|it| -it.ratio.ln() * it.share) / sum(|it| it.share.powi(2))
    }

    /// Work that costs this share of throughput, in nanoseconds an operation.
    fn ns_that_cost(&self, lost: Share) -> f64 {
        let share = -(-lost.get()).ln_1p() / self.factor();
        // Where the weight came out as none, or less, by noise, an operation's time is as good a guess as any.
        if share.is_finite() && share >= 0.0 {
            share * self.operation_ns
        } else {
            lost.get() * self.operation_ns
        }
    }
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
        harness_ns: harness_cost(HARNESS_ROUNDS)?,
        memory,
        planted: what.planted,
        slowdown: None,
        trials: Vec::new(),
    };
    let strategies = Strategies::default();
    let work = Slowdown::default();
    // All of one type: another copy of the code lies elsewhere, and may be some per cents faster or slower for that alone.
    let same = strategies.slowed(&Slowdown::default());
    let slower = strategies.slowed(&work);
    if what.trials > 0 {
        let cost = slowdown_cost([&same, &slower], &work, what, interrupted)?;
        work.set_ns(cost.ns_that_cost(what.planted));
        calibration.slowdown = Some(cost);
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
    let terms = Terms { margin: what.margin, confidence: what.confidence, reference: None };
    Plan::default().seed(seed).duration(duration).latency(Latency::None).terms(terms)
}

/// How much of an operation's time is planted to see what it weighs: enough to be seen well within seconds.
const SHARES: [f64; 3] = [0.02, 0.04, 0.08];

/// How long each subject is measured for it at most; for less where a verdict takes less.
const LONGEST: Duration = Duration::from_secs(4);

/// What work of these shares of an operation's time costs of throughput, in the second of two subjects that are alike
/// otherwise.
fn slowdown_cost(
    [same, slower]: [&Subject<Scenario>; 2],
    work: &Slowdown,
    what: &CalibrationPlan,
    interrupted: &AtomicBool,
) -> Result<SlowdownCost, RunError> {
    let looked =
        pairs(&plan(what, what.seed, Duration::from_secs(1)), &what.scenario, &[(same, false)], interrupted)?;
    let operation_ns = 1e9 * f64::from(what.scenario.workers.get()) / looked.throughput(0).ops_per_s;
    let mut points = Vec::new();
    for (nth, share) in SHARES.into_iter().enumerate() {
        work.set_ns(share * operation_ns);
        let plan = plan(what, what.seed.wrapping_sub(1 + nth as u64), LONGEST.min(what.verdict / 2));
        let measured = pairs(&plan, &what.scenario, &[(same, false), (slower, false)], interrupted)?;
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        points.extend(measured.ratio(1, 0).map(|it| SlowdownPoint { share, ratio: it.ratio, ci: it.ci }));
    }
    Ok(SlowdownCost { operation_ns, points })
}

fn cannot(name: &str, why: impl std::fmt::Display) -> RunError {
    RunError::Subject { name: name.to_owned(), fault: Fault::new(why) }
}
