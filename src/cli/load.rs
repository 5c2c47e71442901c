//! `lockyard load`: one strategy under one scenario.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;

use crate::checks::pitfalls::{PITFALLS, Pitfall, Variant};

use lockyard_bench::Share;
use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::options::RunOptions;
use lockyard_bench::program::output;
use lockyard_bench::program::planned::{self, PlanOptions, PlanTarget};
use lockyard_bench::program::{command_line, program_name};
use lockyard_bench::record::LoadPlan;

use crate::strategy::Strategy;
use crate::subjects::{self, PitfallPlan, Server};
use crate::unknown::Unknown;
use crate::workload::Scenario;

use super::build::BUILD;
use super::names::{self, offering};
use super::options::{self, ScenarioOptions};
use super::plan;
use super::remote::{self, GroupUrl, ServerOptions};

/// The default scenario.
const POLLING: &str = "polling";

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
    #[arg(long, value_name = "STRATEGY", value_parser = options::strategy(), hide_possible_values = true, conflicts_with = "plan")]
    strategy: Option<Strategy>,

    /// The scenario: a name (see `lockyard list scenarios`), or a TOML file.
    #[arg(long, value_name = "SCENARIO", default_value = POLLING, value_parser = options::scenario_name(),
          hide_possible_values = true, conflicts_with = "plan")]
    scenario: String,

    /// Writes what the verification slices have recorded as JSON Lines, for `lockyard check FILE --model session`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["no_verify", "plan", "write_plan"])]
    history: Option<PathBuf>,

    /// Run this pitfall instead: a seeded bug, under tracked locks and whatever else must detect it.
    ///
    /// Exits with 4 once it is detected. It has its own tasks, so strategy and scenario do not apply; see `lockyard list
    /// pitfalls`. --duration is how long it is repeated, 1s by default; --track changes nothing.
    #[arg(long, value_name = "NAME", value_parser = offering(pitfall, names::pitfalls_at_run_time), hide_possible_values = true,
          conflicts_with_all = ["strategy", "scenario", "history", "cancel", "plan", "write_plan"])]
    pitfall: Option<&'static Pitfall>,

    /// Run the pitfall's fixed variant, on which any report is a false positive.
    // Not `requires`: clap forgets that where something is given that a pitfall excludes, such as a strategy.
    #[arg(long, alias = "twin")]
    fixed: bool,

    /// Measure the server at this URL, such as `http://127.0.0.1:8080`, instead of a strategy in this process; or several that keep
    /// the same sessions, as one: `lease=http://a:8080,http://b:8080`, with a name for reports.
    ///
    /// Clients ask all servers of a group (see --route), and their answers are judged together, as of one system.
    /// The scenario's sessions are made through its routes first, and deleted at the end. What cannot be seen from outside
    /// (hits, evictions, memory, factors) is null in the record. A lost connection is an unknown outcome and no failure.
    #[arg(long, value_name = "[NAME=]URL[,URL…]", conflicts_with_all = ["pitfall", "track", "cancel", "plan"])]
    url: Option<GroupUrl>,

    #[command(flatten)]
    servers: ServerOptions,

    #[command(flatten)]
    planning: PlanOptions,

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
    args.servers.check(args.url.is_some() || args.planning.keeps())?;
    if let Some((plan, slice)) = args.planning.read(&BUILD, &args.run.run)? {
        return run_planned(args, plan, slice);
    }
    let scenarios = vec![options::scenario(&args.scenario, &args.run.overrides)?];
    let subjects = if let Some(GroupUrl { name, urls }) = &args.url {
        let runs = args.strategy.as_ref().map(Strategy::name);
        let server = args.servers.server(name.as_deref().or(runs).unwrap_or(REMOTE), urls)?;
        remote::check_route(&args.servers, std::slice::from_ref(&server))?;
        if let Some(exit) = write_plan(args, &server, &scenarios[0])? {
            return Ok(exit);
        }
        remote::announce(std::slice::from_ref(&server), &scenarios);
        plan::servers(vec![server.subject()])
    } else {
        anyhow::ensure!(
            !args.planning.writes(),
            "--write-plan: several machines can ask only what is none of their own processes; name servers with --url"
        );
        let strategy = args.strategy.clone().map_or_else(|| Strategy::parse(DEFAULT), Ok)?;
        plan::strategies(&[strategy], &[], &args.run)?
    };
    let plan = plan::plan(subjects, scenarios, Share::NONE, &args.run)
        .duration(args.run.run.duration.unwrap_or(DURATION))
        .longest_slice(DURATION)
        .history(args.history.clone());
    output::measure(&plan, &args.run.run.output, None)
}

/// Writes a plan for several load machines, if that is asked for.
fn write_plan(args: &Args, server: &Server, scenario: &Scenario) -> anyhow::Result<Option<Exit>> {
    let (text, overrides) = scenario.document();
    let target = PlanTarget {
        subject: server.name(),
        servers: Some(server.servers()),
        document: Some(text.to_owned()),
        settings: overrides.to_vec(),
        duration: args.run.run.duration.unwrap_or(DURATION),
        build: &BUILD,
    };
    args.planning.write(scenario, target, &args.run.run)
}

/// One machine's part of a plan of several.
fn run_planned(args: &Args, plan: LoadPlan, slice: u32) -> anyhow::Result<Exit> {
    anyhow::ensure!(args.run.overrides.is_empty() && args.run.cancel.is_none(), "{}", planned::DECIDED);
    let (Some(text), Some(group)) = (&plan.document, &plan.servers) else {
        anyhow::bail!("--plan is of a program of another kind: it names no scenario's text, or no servers");
    };
    let scenario = Scenario::of_document(&plan.workload, text, &plan.settings)
        .context("the plan's scenario cannot be run")?;
    let server = args.servers.group(&plan.subject, &group.addresses, group.route)?;
    let scenarios = vec![scenario];
    remote::announce(std::slice::from_ref(&server), &scenarios);
    let run = RunOptions { seed: plan.seed, no_verify: !plan.verify, ..args.run.run.clone() };
    let options = ScenarioOptions { overrides: Vec::new(), cancel: None, run };
    let (folder, output) = args.run.run.output.with_folder();
    let clock = subjects::clock_of(server.first())?;
    let duration = Duration::from_millis(plan.duration_ms);
    let measured = plan::plan(plan::servers(vec![server.subject()]), scenarios, Share::NONE, &options)
        .duration(duration)
        .longest_slice(DURATION)
        .planned(planned::planned(plan, slice, clock, &folder));
    output::measure(&measured, &output, None)
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
    let (program, name) = (program_name(), pitfall.name);
    let mut output = args.run.run.output.clone();
    if !args.fixed {
        output = output.followed_by(format!("{program} load --pitfall {name} --fixed"), "its fixed variant");
    }
    output =
        output.followed_by(format!("{program} verify --pitfall {name}"), "which checks detect it, and how");
    output::measure_by(&output, None, |interrupted, _| Ok(subjects::run_pitfall(&plan, interrupted)))
}
