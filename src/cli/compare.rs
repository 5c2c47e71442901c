//! `lockyard compare`, and the main job, which is a comparison of everything.

use std::time::Duration;

use clap::Parser;

use crate::driver::Plan;
use crate::stats::Confidence;
use crate::strategy::{PRESETS, Strategy};

use super::exit::Exit;
use super::options::{self, RunOptions};
use super::output;

/// How long a cell is measured, so that the main job's first scenario is done within a minute and a half.
const FULL: Duration = Duration::from_secs(4);
/// And with `--quick`.
const QUICK: Duration = Duration::from_secs(2);
/// The longest slice: five of them are measured in any case.
const FULL_SLICE: Duration = Duration::from_secs(5);
/// And with `--quick`.
const QUICK_SLICE: Duration = Duration::from_millis(700);

/// Measure strategies under scenarios, in rounds that alternate between them.
///
/// The first strategy is the baseline; a ratio is candidate ÷ baseline. Writes a record, a page and a summary, and
/// prints tables.
#[derive(Parser)]
pub(super) struct Args {
    /// A strategy: a preset's name (see `lockyard list strategies`), or session=LOCK,cache=CACHE,dto=POLICY,
    /// save=POLICY[,state=POLICY].
    /// May be given again; the first is the baseline. All presets by default.
    #[arg(long = "strategy", value_name = "STRATEGY", value_parser = options::strategy)]
    strategies: Vec<Strategy>,

    /// A scenario: a name (see `lockyard list scenarios`), or a TOML file. May be given again. By default polling,
    /// hot-context and one-worker.
    #[arg(long = "scenario", value_name = "SCENARIO")]
    scenarios: Vec<String>,

    /// Measure each cell for 2 s instead of 4 s, with shorter slices: everything is there, less tightly.
    #[arg(long)]
    quick: bool,

    /// Ratios within 1 ± this many per cent are called no difference.
    #[arg(long, value_name = "PERCENT", default_value_t = 0.5, value_parser = options::percent)]
    margin: f64,

    #[command(flatten)]
    run: RunOptions,
}

/// The main job: `lockyard` without a verb.
pub(super) fn main_job() -> anyhow::Result<Exit> {
    run(&Args::parse_from(["compare"]))
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut strategies = args.strategies.clone();
    if strategies.is_empty() {
        strategies = PRESETS.iter().map(|preset| Strategy::parse(preset.name)).collect::<Result<_, _>>()?;
    }
    for (nth, strategy) in strategies.iter().enumerate() {
        let twice = strategies[..nth].iter().any(|earlier| earlier.name() == strategy.name());
        anyhow::ensure!(!twice, "the strategy {} is given twice; each is measured once", strategy.name());
    }
    let mut names: Vec<&str> = args.scenarios.iter().map(String::as_str).collect();
    if names.is_empty() {
        names = vec!["polling", "hot-context", "one-worker"];
    }
    let scenarios =
        names.iter().map(|name| options::scenario(name, &args.run.overrides)).collect::<Result<_, _>>()?;
    let duration = args.run.duration.unwrap_or(if args.quick { QUICK } else { FULL });
    let plan = Plan {
        command: output::command_line(),
        strategies,
        scenarios,
        seed: args.run.seed,
        duration,
        longest_slice: if args.quick { QUICK_SLICE } else { FULL_SLICE },
        latency: args.run.latency.into(),
        // Half of what would make a difference: then what is none can be told to be none.
        precision: args.margin / 200.0,
        many_sessions: !args.quick,
        margin: args.margin / 100.0,
        confidence: Confidence::default(),
        patience: output::PATIENCE,
    };
    output::measure(&plan, &args.run)
}
