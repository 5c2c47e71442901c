//! `lockyard calibrate`: what measurements on this machine are worth.

use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::subjects::{self, Calibration, Footprint};
use lockyard_bench::program::calibrate::{overhead, ratio, verdicts};
use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::options::duration;
use lockyard_bench::program::output;
use lockyard_bench::program::stdout;
use lockyard_bench::stats::Confidence;
use lockyard_bench::{CalibrationPlan, Share};

use super::build::BUILD;
use super::options;

/// Measure the limits and the noise floor of this machine, and how often a known slowdown is detected.
///
/// Each trial compares `after` with itself and with itself plus work injected into the session manager's hit path. At most
/// about 1 % of the first pairs should be called different, and nearly all of the second slower. How much work costs the
/// throughput asked for is found out first, by trying more of it.
///
/// Exits with 1 if the harness itself comes out as costing less than nothing, whole interval: then nothing measured by this
/// build on this machine is to be believed.
#[derive(Parser)]
pub(super) struct Args {
    /// How many trials there are of each pair.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    trials: u32,

    /// The measured time behind one verdict: each of its two subjects gets half. A trial has three subjects, so it takes
    /// one and a half times as long.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    verdict: Duration,

    /// What the work that is injected into the slowed subject's operations is to cost, in per cent of throughput.
    #[arg(long, value_name = "PERCENT", default_value = "1")]
    planted: Share,

    /// The scenario: a name (see `lockyard list scenarios`), or a TOML file.
    #[arg(long, value_name = "SCENARIO", default_value = "polling")]
    scenario: String,

    /// Overrides a field of the scenario: `tasks=1`, `workers=1`. May be given again.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    overrides: Vec<String>,

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
    let scenario = options::scenario(&args.scenario, &args.overrides)?;
    let plan = CalibrationPlan {
        seed: args.seed,
        verdict: args.verdict,
        trials: args.trials,
        planted: args.planted,
        margin: args.margin,
        confidence: Confidence::default(),
    };
    let interrupted = output::interrupt(output::WRITES_MEASURED)?;
    let found = subjects::calibrate(&plan, &scenario, &BUILD, &interrupted, |done, trial| {
        let (same, slowed) = (ratio(trial.same), ratio(trial.slowed));
        eprintln!("trial {done} of {}: itself {same}; slowed {slowed}", args.trials);
    })?;
    let interrupted = interrupted.load(Ordering::Relaxed);
    let partial = if interrupted { "Interrupted: partial results.\n\n" } else { "" };
    let printed = match args.format {
        Format::Text => partial.to_owned() + &text(&found, &plan, &scenario.name),
        Format::Json => serde_json::to_string_pretty(&Printed { interrupted, found: &found })?,
    };
    stdout::write_out(&printed)?;
    Ok(if interrupted {
        Exit::Interrupted
    } else if found.harness_ns.is_impossible() {
        eprintln!(
            "error: an operation came out as taking less time for being measured; nothing measured here is to be believed"
        );
        Exit::Internal
    } else {
        Exit::Fine
    })
}

/// What is printed as JSON.
#[derive(serde::Serialize)]
struct Printed<'a> {
    /// Whether it was stopped before its end: then there are fewer trials than were asked for.
    interrupted: bool,
    #[serde(flatten)]
    found: &'a Calibration,
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

fn text(found: &Calibration, plan: &CalibrationPlan, scenario: &str) -> String {
    let of = format!("after under {scenario}");
    let verdicts = verdicts(&found.verdicts, plan, &of);
    format!(
        "Limits, {cores} threads\n  \
           no shared writes                 {reads:.1} M state reads/s\n  \
           one shared cache line            {writes:.1} M changes/s\n\
         Harness overhead per operation, with 64 tasks\n  \
           without a clock                  {bare}\n  \
           recording one latency in 17      {sampled}\n  \
           recording each latency           {full}\n\
         {memory}{verdicts}",
        cores = found.environment.cores,
        reads = found.limits.no_shared_write_ops_per_s / 1e6,
        writes = found.limits.shared_rmw_per_s / 1e6,
        bare = overhead(found.harness_ns.bare),
        sampled = overhead(found.harness_ns.sampled),
        full = overhead(found.harness_ns.full),
        memory = found.memory.as_deref().map_or_else(String::new, memory),
    )
}
