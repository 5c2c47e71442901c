//! The verb `compare`: systems under workloads, in rounds that alternate between them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::{ArgGroup, Args};

use crate::gate::RunSettings;
use crate::plan::Plan;
use crate::run::run as measure;
use crate::share::Share;
use crate::subject::Subject;
use crate::workload::Workload;

use super::against::Against;
use super::declared::Declared;
use super::exit::Exit;
use super::gate::GateOptions;
use super::options::RunOptions;
use super::output;
use super::process_number::ProcessNumber;
use super::processes;
use super::progress;
use super::record_file::RecordFile;
use super::sweeps::sweeps;

/// How long each system is measured under each workload.
const FULL: Duration = Duration::from_secs(4);
/// And with `--quick`.
const QUICK: Duration = Duration::from_secs(2);
/// The longest slice: five of them are measured in any case.
const FULL_SLICE: Duration = Duration::from_secs(5);
/// And with `--quick`.
const QUICK_SLICE: Duration = Duration::from_millis(700);

/// Measure systems under workloads, in rounds that alternate between them.
///
/// The first system is the baseline; a ratio is candidate ÷ baseline. Writes a record, a page and a summary, and prints the answer,
/// in which systems are called strategies and workloads scenarios.
#[derive(Args, Clone, Debug)]
#[command(group = ArgGroup::new("held").args(["baseline", "against"]))]
pub(super) struct CompareArgs {
    /// A system, by its name: see `list systems`. May be given again; the first is the baseline. All by default.
    #[arg(long = "system", alias = "strategy", value_name = "SYSTEM")]
    pub(super) systems: Vec<String>,

    /// A workload, by its name: see `list workloads`. May be given again. All by default.
    #[arg(long = "workload", alias = "scenario", value_name = "WORKLOAD")]
    workloads: Vec<String>,

    /// Changes a setting of every workload: `tasks=16`. May be given again.
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    settings: Vec<String>,

    /// Ablation: the effect of each change from one system to another, `mutex..rwlock`, by every combination of the factors in
    /// which they differ, each of which is a system of its own. May be given again.
    #[arg(long = "ablate", value_name = "FROM..TO")]
    ablations: Vec<String>,

    /// Measure all systems again at these values of a setting: `tasks=1,2,4,8`.
    ///
    /// All else stays as the workload has it. Each point is measured a quarter as long as a cell. Along workers, tasks and readers
    /// the Universal Scalability Law is fitted. May be given again, one sweep each.
    #[arg(long = "sweep", value_name = "SETTING=VALUES")]
    sweeps: Vec<String>,

    /// Measure each system for 2 s instead of 4 s, with shorter slices: everything is there, less tightly.
    #[arg(long)]
    quick: bool,

    /// The equivalence margin: ratios within 1 ± this many per cent are called no difference.
    #[arg(long, value_name = "PERCENT", default_value = "0.5")]
    margin: Share,

    /// Measure in this many processes, one after the other, each for its share of the time.
    ///
    /// Where code lies in memory makes systems faster or slower and is fixed for a whole process, so a single one cannot
    /// estimate it. With several, intervals include that variance and are wider. Five or more are worth their time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100),
          conflicts_with = "track")]
    processes: u32,

    /// Measure this one of several processes and print what the process that asks for it wants to know.
    #[arg(long, hide = true, value_name = "NTH/OF")]
    part: Option<ProcessNumber>,

    /// Measure another build of this program, alternating with this one: is this build no slower?
    ///
    /// A process of each is set up; then they take turns, a few milliseconds each, for a second. Each system is listed twice, that
    /// of the other build as `mutex@other` and as the baseline. There are as many pairs of processes as --duration has seconds, 10
    /// by default and 5 with --quick, at least 5. Answers are not checked. Losses beyond --gate end with exit code 3.
    #[arg(long, value_name = "PROGRAM", conflicts_with_all = ["ablations", "sweeps", "processes", "part", "track"])]
    against: Option<PathBuf>,

    #[command(flatten)]
    gate: GateOptions,

    #[command(flatten)]
    run: RunOptions,
}

impl CompareArgs {
    /// The workloads that are asked for, with their settings.
    pub(super) fn workloads<W: Workload + Clone>(&self, declared: &Declared<W>) -> anyhow::Result<Vec<W>> {
        declared.workloads(&self.workloads, &self.settings)
    }

    /// Ratios within 1 ± this are no difference.
    pub(super) fn margin(&self) -> Share {
        self.margin
    }

    /// As every run has them.
    pub(super) fn options(&self) -> &RunOptions {
        &self.run
    }
}

/// Runs the verb.
pub(super) fn run<W: Workload + Clone>(declared: &Declared<W>, args: &CompareArgs) -> anyhow::Result<Exit> {
    let gate = args.gate.load()?;
    let systems = declared.systems(&args.systems)?;
    let workloads = args.workloads(declared)?;
    if let Some(program) = &args.against {
        let against = Against {
            program,
            build: &declared.build,
            strategies: systems.iter().map(|it| it.name().to_owned()).collect(),
            scenarios: workloads.iter().map(|it| (it.name().to_owned(), it.name().to_owned())).collect(),
            quick: args.quick,
            margin: args.margin,
            options: &args.run,
            words: args.settings.iter().flat_map(|it| ["--set".to_owned(), it.clone()]).collect(),
        };
        return output::measure_by(
            &args.run.output,
            Some(&args.gate.against()),
            |interrupted, file: &mut RecordFile| against.measure(interrupted, file),
        );
    }
    let plan = plan(declared, args, systems, workloads)?;
    // A part of a run is asked for by a process that has looked already.
    let planned = gate.as_ref().filter(|_| args.part.is_none());
    if planned.is_some_and(|gate| !gate.admits(&RunSettings::of_plan(&plan, args.processes))) {
        return Ok(Exit::NotComparable);
    }
    if let Some(nth) = args.part {
        return processes::answer(plan, nth);
    }
    let measured = |interrupted: &Arc<AtomicBool>, file: &mut RecordFile| match args.processes {
        1 => Ok(measure(&plan, interrupted, &mut file.observed_by(progress::observer(&plan)))?),
        several => processes::measure(&plan, several, interrupted, file),
    };
    output::measure_by(&args.run.output, gate.as_ref(), measured)
}

fn plan<W: Workload + Clone>(
    declared: &Declared<W>,
    args: &CompareArgs,
    mut systems: Vec<Subject<W>>,
    workloads: Vec<W>,
) -> anyhow::Result<Plan<W>> {
    let ways = args.ablations.iter().map(|way| declared.way(way)).collect::<anyhow::Result<Vec<_>>>()?;
    for corner in ways.iter().flat_map(|way| &way.corners) {
        if systems.iter().all(|it| it.name() != corner) {
            systems.extend(declared.systems(std::slice::from_ref(corner))?);
        }
    }
    let sweeps = sweeps(&workloads, &args.sweeps)?;
    let duration = args.run.duration.unwrap_or(if args.quick { QUICK } else { FULL });
    Ok(declared
        .plan(systems, workloads, args.margin, &args.run)?
        .ablations(ways)
        .sweeps(sweeps)
        .duration(duration)
        .longest_slice(if args.quick { QUICK_SLICE } else { FULL_SLICE })
        // Half of what would make a difference, so that no difference can be concluded.
        .precision(args.margin.half())
        .many_items(!args.quick))
}
