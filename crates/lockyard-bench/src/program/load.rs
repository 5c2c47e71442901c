//! The verb `load`: one system under one workload.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;

use crate::record::LoadPlan;
use crate::share::Share;
use crate::subject::Subject;
use crate::workload::Workload;

use super::declared::Declared;
use super::exit::Exit;
use super::options::RunOptions;
use super::output;
use super::planned::{self, PlanOptions, PlanTarget};

/// How long it is measured by default.
const DURATION: Duration = Duration::from_secs(10);

/// Measure one system under one workload, and record the result.
#[derive(Args, Clone, Debug)]
pub(super) struct LoadArgs {
    /// The system, by its name: see `list systems`. By default the first.
    #[arg(long, alias = "strategy", value_name = "SYSTEM")]
    system: Option<String>,

    /// The workload, by its name: see `list workloads`. By default the first.
    #[arg(long, alias = "scenario", value_name = "WORKLOAD")]
    workload: Option<String>,

    /// Changes a setting of the workload: `tasks=16`. May be given again.
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    settings: Vec<String>,

    /// Writes what the verification slices have recorded as JSON Lines, for `check FILE`.
    #[arg(long, value_name = "FILE", conflicts_with = "no_verify")]
    history: Option<PathBuf>,

    #[command(flatten)]
    planning: PlanOptions,

    #[command(flatten)]
    run: RunOptions,
}

/// Runs the verb.
pub(super) fn run<W: Workload + Clone>(declared: &Declared<W>, args: &LoadArgs) -> anyhow::Result<Exit> {
    if args.history.is_some() {
        ensure!(
            declared.check.is_some(),
            "--history: this program does not write histories; declare `history_files = true` behind its specification"
        );
    }
    if let Some((plan, slice)) = args.planning.read(&declared.build, &args.run)? {
        return run_planned(declared, args, plan, slice);
    }
    let mut systems = declared.systems(args.system.as_slice())?;
    systems.truncate(1);
    let mut workloads = declared.workloads(args.workload.as_slice(), &args.settings)?;
    workloads.truncate(1);
    let duration = args.run.duration.unwrap_or(DURATION);
    if let ([system], [workload]) = (&systems[..], &workloads[..]) {
        let target = PlanTarget {
            subject: system.name(),
            servers: system.servers().cloned(),
            document: None,
            settings: args.settings.clone(),
            duration,
            build: &declared.build,
        };
        if args.planning.writes() {
            can_be_shared(system)?;
        }
        if let Some(exit) = args.planning.write(workload, target, &args.run)? {
            return Ok(exit);
        }
    }
    let plan = declared
        .plan(systems, workloads, Share::NONE, &args.run)?
        .duration(duration)
        .longest_slice(DURATION)
        .history(args.history.clone());
    output::measure(&plan, &args.run.output, None)
}

/// Several machines can ask only what stands outside all of them.
fn can_be_shared<W: Workload>(system: &Subject<W>) -> anyhow::Result<()> {
    ensure!(
        system.is_outside(),
        "{} is set up in this process, so that several machines would each have one of their own: a plan is for what stands \
         elsewhere, and says so by `outside` where it is declared",
        system.name()
    );
    Ok(())
}

/// One machine's part of a plan.
fn run_planned<W: Workload + Clone>(
    declared: &Declared<W>,
    args: &LoadArgs,
    plan: LoadPlan,
    slice: u32,
) -> anyhow::Result<Exit> {
    let is_given = args.system.is_some() || args.workload.is_some() || !args.settings.is_empty();
    ensure!(!is_given && args.history.is_none(), "{}", planned::DECIDED);
    let systems = declared.systems(std::slice::from_ref(&plan.subject))?;
    systems.iter().try_for_each(can_be_shared)?;
    let workloads = declared.workloads(std::slice::from_ref(&plan.workload), &plan.settings)?;
    let (folder, output) = args.run.output.with_folder();
    let run = RunOptions { seed: plan.seed, no_verify: !plan.verify, ..args.run.clone() };
    let duration = Duration::from_millis(plan.duration_ms);
    let measured = declared
        .plan(systems, workloads, Share::NONE, &run)?
        .duration(duration)
        .longest_slice(DURATION)
        .planned(planned::planned(plan, slice, None, &folder));
    output::measure(&measured, &output, None)
}
