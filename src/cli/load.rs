//! `lockyard load`: one strategy under one scenario.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::checks::pitfalls::{PITFALLS, Pitfall, Variant};

use lockyard_bench::Share;
use lockyard_bench::program::command_line;
use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::output;

use crate::strategy::Strategy;
use crate::subjects::{self, PitfallPlan};
use crate::unknown::Unknown;

use super::build::BUILD;
use super::options::{self, ScenarioOptions};
use super::plan;
use super::remote::{self, TokenOptions};

/// The default strategy.
const DEFAULT: &str = "after";

/// How long it is measured by default.
const DURATION: Duration = Duration::from_secs(10);

/// How long a pitfall is run by default.
const PITFALL_DURATION: Duration = Duration::from_secs(1);

/// The name of a server whose strategy is not given.
const REMOTE: &str = "remote";

/// Measure one strategy under one scenario, or a server over HTTP, or run a pitfall, and record the result.
#[derive(Parser)]
pub(super) struct Args {
    /// The strategy: a preset's name (see `lockyard list strategies`), or
    /// session=LOCK,cache=CACHE,dto=POLICY,save=POLICY[,state=POLICY]. By default after.
    ///
    /// With --url, what the server runs: it is noted in the record, and nothing depends on it.
    #[arg(long, value_name = "STRATEGY", value_parser = options::strategy)]
    strategy: Option<Strategy>,

    /// The scenario: a name (see `lockyard list scenarios`), or a TOML file.
    #[arg(long, value_name = "SCENARIO", default_value = "polling")]
    scenario: String,

    /// Writes what the verification slices have recorded as JSON Lines, for `lockyard check FILE --model session`.
    #[arg(long, value_name = "FILE", conflicts_with = "no_verify")]
    history: Option<PathBuf>,

    /// Run this pitfall instead: a seeded bug, under tracked locks and whatever else must detect it.
    ///
    /// Exits with 4 once it is detected. It has its own tasks, so strategy and scenario do not apply; see `lockyard list
    /// pitfalls`. --duration is how long it is repeated, 1s by default; --track changes nothing.
    #[arg(long, value_name = "NAME", value_parser = pitfall, conflicts_with_all = ["strategy", "scenario", "history", "cancel"])]
    pitfall: Option<&'static Pitfall>,

    /// Run the pitfall's fixed variant, on which any report is a false positive.
    // Not `requires`: clap forgets that where something is given that a pitfall excludes, such as a strategy.
    #[arg(long, alias = "twin")]
    fixed: bool,

    /// Measure the server at this URL, such as `http://127.0.0.1:8080`, instead of a strategy in this process.
    ///
    /// The scenario's sessions are made through its routes first, and deleted at the end. What cannot be seen from outside
    /// (hits, evictions, memory, factors) is null in the record. A lost connection is an unknown outcome and no failure.
    #[arg(long, value_name = "URL", conflicts_with_all = ["pitfall", "track", "cancel"])]
    url: Option<String>,

    #[command(flatten)]
    token: TokenOptions,

    #[command(flatten)]
    run: ScenarioOptions,
}

/// A pitfall, for clap.
fn pitfall(name: &str) -> Result<&'static Pitfall, String> {
    let unknown = || Unknown::new("pitfall", name, PITFALLS.iter().map(|pitfall| pitfall.name)).to_string();
    Pitfall::named(name).ok_or_else(unknown)
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    if let Some(pitfall) = args.pitfall {
        return run_pitfall(pitfall, args);
    }
    anyhow::ensure!(!args.fixed, "--fixed is a variant of a pitfall: name that with --pitfall <NAME>");
    let scenarios = vec![options::scenario(&args.scenario, &args.run.overrides)?];
    let subjects = if let Some(url) = &args.url {
        remote::announce(&scenarios);
        let name = args.strategy.as_ref().map_or(REMOTE, Strategy::name);
        plan::servers(vec![args.token.server(name, url)?.subject()])
    } else {
        let strategy = args.strategy.clone().map_or_else(|| Strategy::parse(DEFAULT), Ok)?;
        plan::strategies(&[strategy], &[], &args.run)?
    };
    let plan = plan::plan(subjects, scenarios, Share::NONE, &args.run)
        .duration(args.run.run.duration.unwrap_or(DURATION))
        .longest_slice(DURATION)
        .history(args.history.clone());
    output::measure(&plan, &args.run.run.output, None)
}

fn run_pitfall(pitfall: &'static Pitfall, args: &Args) -> anyhow::Result<Exit> {
    anyhow::ensure!(
        pitfall.at_run_time().next().is_some(),
        "{} is detected by {} only, not while a program runs; see `lockyard verify` and scripts/loom.sh",
        pitfall.name,
        pitfall.checks().join(", "),
    );
    if args.run.run.track {
        eprintln!("A pitfall runs under tracked locks in any case: --track changes nothing.");
    }
    let plan = PitfallPlan {
        command: command_line(),
        build: BUILD,
        pitfall,
        variant: if args.fixed { Variant::Right } else { Variant::Wrong },
        duration: args.run.run.duration.unwrap_or(PITFALL_DURATION),
    };
    output::measure_by(&args.run.run.output, None, |interrupted, _| {
        Ok(subjects::run_pitfall(&plan, interrupted))
    })
}
