//! What verdicts on this machine are worth: how far a subject comes out from itself, and whether a known slowdown is detected.
//!
//! A verdict is only as good as the machine lets it be, and that can be tried: a subject is measured against itself, and
//! against itself with so much more work planted in its operations that it loses a known share of its throughput. The first must
//! not be called different, the second must be called slower.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::error::RunError;
use crate::pairs::pairs;
use crate::plan::{Latency, Plan, Terms};
use crate::record::Verdict;
use crate::share::Share;
use crate::stats::{Confidence, Direction, Ratio};
use crate::subject::Subject;
use crate::workload::Workload;

/// Work that is planted in operations, none at first. Clones are the same work.
#[derive(Clone, Debug, Default)]
pub struct Slowdown(Arc<AtomicU32>);

impl Slowdown {
    /// Has each operation take so many nanoseconds more, from now on.
    pub fn set_ns(&self, extra_ns: f64) {
        // Relaxed: a number that nothing is ordered by.
        self.0.store((extra_ns / spin_ns()).round() as u32, Ordering::Relaxed);
    }

    /// Does the work.
    #[inline]
    pub fn work(&self) {
        spin(self.0.load(Ordering::Relaxed));
    }
}

#[inline]
fn spin(times: u32) {
    for nth in 0..times {
        black_box(nth);
    }
}

/// How long one spin takes: the fastest of some tries, for nothing makes it faster than it is.
fn spin_ns() -> f64 {
    const TIMES: u32 = 1_000_000;
    let tries = (0..20).map(|_| {
        let start = Instant::now();
        spin(TIMES);
        start.elapsed()
    });
    tries.min().unwrap_or_default().as_nanos() as f64 / f64::from(TIMES)
}

/// What shall be tried, and how often.
#[derive(Clone, Debug)]
pub struct CalibrationPlan {
    /// Decides every step and every order.
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

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct CalibrationResult {
    /// What the work planted in the slowed subject is to cost, as a share of throughput.
    pub planted: Share,
    /// What planted work weighs, from which follows how much is planted; null without trials.
    pub slowdown: Option<SlowdownCost>,
    /// One verdict each, by trial, in the order made.
    pub trials: Vec<CalibrationTrial>,
}

/// What planted work costs: more than its share of an operation's time where tasks wait for each other meanwhile.
#[derive(Clone, Debug, Serialize)]
pub struct SlowdownCost {
    /// How long an operation takes on a worker, in nanoseconds.
    pub operation_ns: f64,
    /// What was tried, with rising shares.
    pub points: Vec<SlowdownPoint>,
}

/// What work of some share of an operation's time costs.
#[derive(Clone, Copy, Debug, Serialize)]
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
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CalibrationTrial {
    /// The subject against itself.
    pub same: JudgedRatio,
    /// The subject with work planted against the one without.
    pub slowed: JudgedRatio,
}

/// A ratio and what was said of it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct JudgedRatio {
    /// Throughput ÷ throughput of the baseline.
    pub ratio: f64,
    /// Lower and upper end of its interval.
    pub ci: [f64; 2],
    /// What was said.
    pub verdict: Verdict,
}

impl CalibrationResult {
    /// How far from 1 the subject's ratio to itself came out at most, over all trials: what no single verdict should be
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

    /// How many trials called the subject different from itself, which it was not.
    pub fn concluded_different(&self) -> usize {
        let different =
            |trial: &&CalibrationTrial| matches!(trial.same.verdict, Verdict::Slower | Verdict::Faster);
        self.trials.iter().filter(different).count()
    }
}

/// Tries it with two subjects that are alike, but that work can be planted in the operations of the second: `set_ns` says how much
/// from now on. `after_trial` hears how many trials are done. When `interrupted` becomes true, the trial that is on is left out.
///
/// # Errors
/// [`RunError`] when nothing could be measured.
pub fn calibrate<W: Workload>(
    what: &CalibrationPlan,
    workload: &W,
    [same, slower]: [&Subject<W>; 2],
    set_ns: &dyn Fn(f64),
    interrupted: &AtomicBool,
    mut after_trial: impl FnMut(u32, &CalibrationTrial),
) -> Result<CalibrationResult, RunError> {
    let mut found = CalibrationResult { planted: what.planted, slowdown: None, trials: Vec::new() };
    if what.trials > 0 {
        let cost = slowdown_cost([same, slower], set_ns, what, workload, interrupted)?;
        set_ns(cost.ns_that_cost(what.planted));
        found.slowdown = Some(cost);
    }
    for trial in 0..what.trials {
        let seed = what.seed.wrapping_add(u64::from(trial));
        let subjects = [(same, false), (same, false), (slower, false)];
        let measured = pairs(&plan(what, seed, what.verdict / 2), workload, &subjects, interrupted)?;
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
            found.trials.push(done);
        }
    }
    Ok(found)
}

/// A plan of which every subject is measured for so long, from this seed.
fn plan<W: Workload>(what: &CalibrationPlan, seed: u64, duration: Duration) -> Plan<W> {
    let terms = Terms { margin: what.margin, confidence: what.confidence, reference: None };
    Plan::default().seed(seed).duration(duration).latency(Latency::None).terms(terms)
}

/// How much of an operation's time is planted to see what it weighs: enough to be seen well within seconds.
const SHARES: [f64; 3] = [0.02, 0.04, 0.08];

/// How long each subject is measured for it at most; for less where a verdict takes less.
const LONGEST: Duration = Duration::from_secs(4);

/// What work of these shares of an operation's time costs of throughput, in the second of two subjects that are alike
/// otherwise.
fn slowdown_cost<W: Workload>(
    [same, slower]: [&Subject<W>; 2],
    set_ns: &dyn Fn(f64),
    what: &CalibrationPlan,
    workload: &W,
    interrupted: &AtomicBool,
) -> Result<SlowdownCost, RunError> {
    let looked =
        pairs(&plan(what, what.seed, Duration::from_secs(1)), workload, &[(same, false)], interrupted)?;
    let operation_ns = 1e9 * f64::from(workload.shape().workers) / looked.throughput(0).ops_per_s;
    let mut points = Vec::new();
    for (nth, share) in SHARES.into_iter().enumerate() {
        set_ns(share * operation_ns);
        let plan = plan(what, what.seed.wrapping_sub(1 + nth as u64), LONGEST.min(what.verdict / 2));
        let measured = pairs(&plan, workload, &[(same, false), (slower, false)], interrupted)?;
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        points.extend(measured.ratio(1, 0).map(|it| SlowdownPoint { share, ratio: it.ratio, ci: it.ci }));
    }
    Ok(SlowdownCost { operation_ns, points })
}
