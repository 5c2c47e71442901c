//! The verb `load`: one system under one workload.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::share::Share;
use crate::workload::Workload;

use super::declared::Declared;
use super::exit::Exit;
use super::options::RunOptions;
use super::output;

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
    run: RunOptions,
}

/// Runs the verb.
pub(super) fn run<W: Workload + Clone>(declared: &Declared<W>, args: &LoadArgs) -> anyhow::Result<Exit> {
    if args.history.is_some() {
        anyhow::ensure!(
            declared.check.is_some(),
            "--history: this program does not write histories; declare `history_files = true` behind its specification"
        );
    }
    let mut systems = declared.systems(args.system.as_slice())?;
    systems.truncate(1);
    let mut workloads = declared.workloads(args.workload.as_slice(), &args.settings)?;
    workloads.truncate(1);
    let plan = declared
        .plan(systems, workloads, Share::NONE, &args.run)?
        .duration(args.run.duration.unwrap_or(DURATION))
        .longest_slice(DURATION)
        .history(args.history.clone());
    output::measure(&plan, &args.run.output, None)
}
