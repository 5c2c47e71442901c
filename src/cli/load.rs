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
use super::remote::{self, TokenOptions};

/// The strategy unless told otherwise.
const DEFAULT: &str = "after";

/// How long it is measured unless told otherwise.
const DURATION: Duration = Duration::from_secs(10);

/// What a server is called that nobody has said the strategy of.
const REMOTE: &str = "remote";

/// Put one strategy under one scenario's load, or a server over HTTP, and record how it went.
#[derive(Parser)]
pub(super) struct Args {
    /// The strategy: a preset's name (see `lockyard list strategies`), or
    /// session=LOCK,cache=CACHE,dto=POLICY,save=POLICY. By default after.
    ///
    /// With --url, what the server runs: it stands in the record, and nothing depends on it.
    #[arg(long, value_name = "STRATEGY", value_parser = options::strategy)]
    strategy: Option<Strategy>,

    /// The scenario: a name (see `lockyard list scenarios`), or a TOML file.
    #[arg(long, value_name = "SCENARIO", default_value = "polling")]
    scenario: String,

    /// Writes what the verification slices have recorded as JSON Lines, for `lockyard check FILE --model session`.
    #[arg(long, value_name = "FILE", conflicts_with = "no_verify")]
    history: Option<PathBuf>,

    /// Ask the server there, such as `http://127.0.0.1:8080`, instead of a strategy in this process.
    ///
    /// The scenario's sessions are made through its routes first, and deleted at the end. What cannot be seen from outside
    /// (hits, evictions, memory, factors) is null in the record. A lost connection is an unknown outcome and no failure.
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    #[command(flatten)]
    token: TokenOptions,

    #[command(flatten)]
    run: RunOptions,
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let scenarios = vec![options::scenario(&args.scenario, &args.run.overrides)?];
    let (mut strategies, mut servers) = (Vec::new(), Vec::new());
    match &args.url {
        Some(url) => {
            servers.push(args.token.server(args.strategy.as_ref().map_or(REMOTE, Strategy::name), url)?);
            remote::announce(&scenarios);
        }
        None => strategies.push(args.strategy.clone().map_or_else(|| Strategy::parse(DEFAULT), Ok)?),
    }
    let plan = Plan {
        command: output::command_line(),
        strategies,
        servers,
        scenarios,
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
