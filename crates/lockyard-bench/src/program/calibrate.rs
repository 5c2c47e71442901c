//! The verb `calibrate`: what measurements on this machine are worth.

use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::calibration::{
    CalibrationPlan, CalibrationResult, CalibrationTrial, JudgedRatio, Slowdown, SlowdownCost, SlowdownPoint,
    calibrate,
};
use crate::environment::environment;
use crate::harness::harness_cost;
use crate::record::{Environment, HarnessCost, Overhead};
use crate::share::Share;
use crate::stats::Confidence;
use crate::workload::Workload;

use super::declared::Declared;
use super::exit::Exit;
use super::options;
use super::output;
use super::stdout;

/// How many rounds measure what the harness costs: two seconds.
const HARNESS_ROUNDS: u32 = 120;

/// Measure what the harness costs, the noise floor of this machine, and how often a known slowdown is detected.
///
/// Each trial compares a system with itself and with itself plus work injected before each answer. At most about 1 % of the first
/// pairs should be called different, and nearly all of the second slower. How much work costs the throughput asked for is found
/// out first, by trying more of it.
#[derive(Args, Clone, Debug)]
pub(super) struct CalibrateArgs {
    /// The system, by its name: see `list systems`. By default the first.
    #[arg(long, alias = "strategy", value_name = "SYSTEM")]
    system: Option<String>,

    /// The workload, by its name: see `list workloads`. By default the first.
    #[arg(long, alias = "scenario", value_name = "WORKLOAD")]
    workload: Option<String>,

    /// Changes a setting of the workload: `tasks=1`. May be given again.
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    settings: Vec<String>,

    #[command(flatten)]
    calibration: CalibrationOptions,
}

/// Options of every calibration.
#[derive(Args, Clone, Debug)]
pub struct CalibrationOptions {
    /// How many trials there are of each pair.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    trials: u32,

    /// The measured time behind one verdict: each of its two subjects gets half. A trial has three subjects, so it takes
    /// one and a half times as long.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = options::duration)]
    verdict: Duration,

    /// What the work that is injected into the slowed subject's operations is to cost, in per cent of throughput.
    #[arg(long, value_name = "PERCENT", default_value = "1")]
    planted: Share,

    /// Ratios within 1 ± this many per cent are called no difference.
    #[arg(long, value_name = "PERCENT", default_value = "0.5")]
    margin: Share,

    /// The seed of every trace and of the order of subjects.
    #[arg(long, default_value_t = 42)]
    seed: u64,

    /// What is printed on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What is printed on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// Everything, as JSON
    Json,
}

impl CalibrationOptions {
    /// What shall be tried.
    #[must_use]
    pub fn plan(&self) -> CalibrationPlan {
        CalibrationPlan {
            seed: self.seed,
            verdict: self.verdict,
            trials: self.trials,
            planted: self.planted,
            margin: self.margin,
            confidence: Confidence::default(),
        }
    }

    /// Says on stderr what a trial has come to, of which `done` are over.
    pub fn report(&self, done: u32, trial: &CalibrationTrial) {
        let (same, slowed) = (ratio(trial.same), ratio(trial.slowed));
        eprintln!("trial {done} of {}: itself {same}; slowed {slowed}", self.trials);
    }

    /// Prints what was found, and says how the program ends.
    ///
    /// # Errors
    /// Where it cannot be printed.
    pub fn conclude(
        &self,
        interrupted: bool,
        harness_ns: &HarnessCost,
        found: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> anyhow::Result<Exit> {
        let partial = if interrupted { "Interrupted: partial results.\n\n" } else { "" };
        stdout::write_out(&match self.format {
            Format::Text => partial.to_owned() + &text(),
            Format::Json => serde_json::to_string_pretty(&Printed { interrupted, found })?,
        })?;
        Ok(if interrupted {
            Exit::Interrupted
        } else if harness_ns.is_impossible() {
            eprintln!(
                "error: an operation came out as taking less time for being measured; nothing measured here is to be believed"
            );
            Exit::Internal
        } else {
            Exit::Fine
        })
    }
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Printed<'a, T> {
    /// Whether it was stopped before its end: then there are fewer trials than were asked for.
    interrupted: bool,
    #[serde(flatten)]
    found: &'a T,
}

/// What was found out.
#[derive(Serialize)]
struct Found {
    environment: Environment,
    harness_ns: HarnessCost,
    #[serde(flatten)]
    trials: CalibrationResult,
}

/// Runs the verb.
pub(super) fn run<W: Workload + Clone>(declared: &Declared<W>, args: &CalibrateArgs) -> anyhow::Result<Exit> {
    let system = declared.systems(args.system.as_slice())?.swap_remove(0);
    let workload = declared.workloads(args.workload.as_slice(), &args.settings)?.swap_remove(0);
    let name = system.name();
    let slowed = declared.slowed.iter().find(|(it, _)| it == name).map(|(_, slowed)| slowed);
    let slowed = slowed.with_context(|| {
        format!("{name} cannot be calibrated by: work can be planted in what is declared as a service only")
    })?;
    let options = &args.calibration;
    let what = options.plan();
    let interrupted = output::interrupt(output::WRITES_MEASURED)?;
    let harness_ns = harness_cost(HARNESS_ROUNDS)?;
    let work = Slowdown::default();
    // Of one type: another copy of the code lies elsewhere, and may be some per cents faster or slower for that alone.
    let (same, slower) = (slowed(&Slowdown::default()), slowed(&work));
    let after_trial = |done, trial: &CalibrationTrial| options.report(done, trial);
    let trials =
        calibrate(&what, &workload, [&same, &slower], &|ns| work.set_ns(ns), &interrupted, after_trial)?;
    let found = Found { environment: environment(&declared.build), harness_ns, trials };
    options.conclude(interrupted.load(Ordering::Relaxed), &harness_ns, &found, || {
        harness(&harness_ns) + &verdicts(&found.trials, &what, (name, workload.name()))
    })
}

/// What the harness adds to an operation, a line for each way to measure it.
#[must_use]
pub fn harness(HarnessCost { bare, sampled, full, .. }: &HarnessCost) -> String {
    format!(
        "Harness overhead per operation, with 64 tasks\n  \
           without a clock                  {bare}\n  \
           recording one latency in 17      {sampled}\n  \
           recording each latency           {full}\n",
        bare = overhead(*bare),
        sampled = overhead(*sampled),
        full = overhead(*full),
    )
}

/// What the trials of a system came to, under a workload.
#[must_use]
pub fn verdicts(
    found: &CalibrationResult,
    plan: &CalibrationPlan,
    (system, workload): (&str, &str),
) -> String {
    let trials = found.trials.len();
    if trials == 0 {
        return "Verdicts\n  no trial was done".to_owned();
    }
    format!(
        "Verdicts of {verdict:?} at {level} %, {system} under {workload}\n  \
           noise floor                      {floor:.2} % (the largest deviation of {system} from itself in {trials})\n  \
           false positives                  {different} of {trials}\n  \
           slowed by {planted:.1}, detected       {slower} of {trials} (median ×{slowed_to:.3})\n\
         {slowdown}",
        verdict = plan.verdict,
        level = plan.confidence.level() * 100.0,
        floor = found.noise_floor() * 100.0,
        different = found.concluded_different(),
        planted = found.planted,
        slower = found.concluded_slower(),
        slowed_to = found.slowed_to(),
        slowdown = found.slowdown.as_ref().map_or_else(String::new, slowdown_cost),
    )
}

/// What the harness adds, with its interval.
fn overhead(Overhead { ns, ci: [low, high] }: Overhead) -> String {
    format!("{ns:.1} ns [{low:.1}, {high:.1}]")
}

/// A ratio with its interval and what was said of it.
fn ratio(JudgedRatio { ratio, ci: [low, high], verdict }: JudgedRatio) -> String {
    format!("×{ratio:.4} [{low:.4}, {high:.4}] {verdict}")
}

/// What planted work costs, a line for each amount.
fn slowdown_cost(cost: &SlowdownCost) -> String {
    let line = |SlowdownPoint { share, ratio, ci: [low, high] }: &SlowdownPoint| {
        format!("  {:<33}×{ratio:.3} [{low:.3}, {high:.3}]\n", format!("{:.0} %", share * 100.0))
    };
    let lines: String = cost.points.iter().map(line).collect();
    format!(
        "Throughput with more work in each operation, as a share of the {:.0} ns that it takes\n{lines}  \
           so work costs {:.1} times its share",
        cost.operation_ns,
        cost.factor()
    )
}
