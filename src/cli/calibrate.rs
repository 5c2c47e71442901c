//! `lockyard calibrate`: what measurements on this machine are worth.

use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::subjects::{self, Calibration, CalibrationPlan, Footprint, JudgedRatio};
use lockyard_bench::Share;
use lockyard_bench::stats::Confidence;

use super::exit::Exit;
use super::options;
use super::origin::BUILD;
use super::output;
use super::stdout;

/// Measure the limits and the noise floor of this machine, and how often a known slowdown is detected.
///
/// Each trial compares `after` with itself and with itself plus work injected into the session manager's hit path. On a
/// machine fit for measuring at most about 1 % of the first pairs are called different, and nearly all of the second
/// slower.
#[derive(Parser)]
pub(super) struct Args {
    /// How many trials there are of each pair.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    trials: u32,

    /// The measured time behind one verdict: each of its two subjects gets half. A trial has three subjects, so it takes
    /// one and a half times as long.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = options::duration)]
    verdict: Duration,

    /// The work to inject into the slowed subject's operations, in per cent of an operation's time.
    #[arg(long, value_name = "PERCENT", default_value = "1")]
    planted: Share,

    /// The scenario: a name (see `lockyard list scenarios`), or a TOML file.
    #[arg(long, value_name = "SCENARIO", default_value = "polling")]
    scenario: String,

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

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let plan = CalibrationPlan {
        scenario: options::scenario(&args.scenario, &[])?,
        seed: args.seed,
        verdict: args.verdict,
        trials: args.trials,
        planted: args.planted,
        margin: args.margin,
        confidence: Confidence::default(),
    };
    let interrupted = output::interrupt(output::WRITES_MEASURED)?;
    let found = subjects::calibrate(&plan, &BUILD, &interrupted, |done, trial| {
        let (same, slowed) = (words(trial.same), words(trial.slowed));
        eprintln!("trial {done} of {}: itself {same}; slowed {slowed}", args.trials);
    })?;
    match args.format {
        Format::Text => stdout::write_out(&text(&found, &plan))?,
        Format::Json => stdout::write_out(&serde_json::to_string_pretty(&found)?)?,
    }
    let ended =
        if interrupted.load(std::sync::atomic::Ordering::Relaxed) { Exit::Interrupted } else { Exit::Fine };
    Ok(ended)
}

/// A line for each preset.
fn memory(footprints: &[Footprint]) -> String {
    let line = |Footprint { strategy, counted, resident }: &Footprint| {
        let more = (resident / counted - 1.0) * 100.0;
        format!("  {strategy:<33}{counted:.0} counted, {resident:.0} resident ({more:+.0} %)\n")
    };
    let lines: String = footprints.iter().map(line).collect();
    format!("Bytes per live session, of 20,000, without its messages\n{lines}")
}

fn words(JudgedRatio { ratio, ci: [low, high], verdict }: JudgedRatio) -> String {
    format!("×{ratio:.4} [{low:.4}, {high:.4}] {verdict}")
}

fn text(found: &Calibration, plan: &CalibrationPlan) -> String {
    let trials = found.trials.len();
    format!(
        "Limits, {cores} threads\n  \
           no shared writes                 {reads:.1} M state reads/s\n  \
           one shared cache line            {writes:.1} M changes/s\n\
         Harness overhead per operation, with 64 tasks\n  \
           without a clock                  {bare:.1} ns\n  \
           recording one latency in 17      {sampled:.1} ns\n  \
           recording each latency           {full:.1} ns\n\
         {memory}\
         Verdicts of {verdict:?} at {level} %, after under {scenario}\n  \
           noise floor                      {floor:.2} % (the largest deviation of after from itself in {trials})\n  \
           false positives                  {different} of {trials}\n  \
           slowed by {planted:.1}, detected       {slower} of {trials} (median ×{slowed_to:.3})",
        cores = found.environment.cores,
        reads = found.limits.no_shared_write_ops_per_s / 1e6,
        writes = found.limits.shared_rmw_per_s / 1e6,
        bare = found.harness.bare_ns,
        sampled = found.harness.sampled_ns,
        full = found.harness.full_ns,
        memory = found.memory.as_deref().map_or_else(String::new, memory),
        verdict = plan.verdict,
        level = plan.confidence.level() * 100.0,
        scenario = plan.scenario.name,
        floor = found.noise_floor() * 100.0,
        different = found.concluded_different(),
        planted = found.planted,
        slower = found.concluded_slower(),
        slowed_to = found.slowed_to(),
    )
}
