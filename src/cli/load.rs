//! `lockyard load`: one strategy under one scenario.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::driver::Plan;
use crate::stats::Confidence;
use crate::strategy::Strategy;

use super::exit::Exit;
use super::options::{self, RunOptions};
use super::output;

/// How long it is measured unless told otherwise.
const DURATION: Duration = Duration::from_secs(10);

/// Put one strategy under one scenario's load, and record how it went.
#[derive(Parser)]
pub(super) struct Args {
    /// The strategy: a preset's name (see `lockyard list strategies`), or
    /// session=LOCK,cache=CACHE,dto=POLICY,save=POLICY.
    #[arg(long, value_name = "STRATEGY", default_value = "after", value_parser = options::strategy)]
    strategy: Strategy,

    /// The scenario: a name (see `lockyard list scenarios`), or a TOML file.
    #[arg(long, value_name = "SCENARIO", default_value = "polling")]
    scenario: String,

    /// Writes what the verification slices have recorded as JSON Lines, for `lockyard check FILE --model session`.
    #[arg(long, value_name = "FILE", conflicts_with = "no_verify")]
    history: Option<PathBuf>,

    #[command(flatten)]
    run: RunOptions,
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let plan = Plan {
        command: output::command_line(),
        strategies: vec![args.strategy.clone()],
        scenarios: vec![options::scenario(&args.scenario, &args.run.overrides)?],
        ablations: Vec::new(),
        sweeps: Vec::new(),
        seed: args.run.seed,
        duration: args.run.duration.unwrap_or(DURATION),
        longest_slice: DURATION,
        latency: args.run.latency.into(),
        precision: 0.0,
        many_sessions: false,
        verify: !args.run.no_verify,
        history: args.history.clone(),
        margin: 0.0,
        confidence: Confidence::default(),
        patience: output::PATIENCE,
    };
    output::measure(&plan, &args.run, None)
}
