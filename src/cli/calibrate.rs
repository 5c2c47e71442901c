//! `lockyard calibrate`: what measurements on this machine are worth.

use std::sync::atomic::Ordering;

use clap::Parser;

use crate::subjects::{self, Calibration, Footprint};
use lockyard_bench::program::calibrate::{CalibrationOptions, harness, verdicts};
use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::output;
use lockyard_bench::{CalibrationPlan, CalibrationTrial};

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
    /// The scenario: a name (see `lockyard list scenarios`), or a TOML file.
    #[arg(long, value_name = "SCENARIO", default_value = "polling", value_parser = options::scenario_name(),
          hide_possible_values = true)]
    scenario: String,

    /// Overrides a field of the scenario: `tasks=1`, `workers=1`. May be given again.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    overrides: Vec<String>,

    #[command(flatten)]
    calibration: CalibrationOptions,
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let scenario = options::scenario(&args.scenario, &args.overrides)?;
    let plan = args.calibration.plan();
    let interrupted = output::interrupt(output::WRITES_MEASURED)?;
    let after_trial = |done, trial: &CalibrationTrial| args.calibration.report(done, trial);
    let found = subjects::calibrate(&plan, &scenario, &BUILD, &interrupted, after_trial)?;
    let text = || text(&found, &plan, &scenario.name);
    args.calibration.conclude(interrupted.load(Ordering::Relaxed), &found.harness_ns, &found, text)
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
    format!(
        "Limits, {cores} threads\n  \
           no shared writes                 {reads:.1} M state reads/s\n  \
           one shared cache line            {writes:.1} M changes/s\n\
         {harness}{memory}{verdicts}",
        cores = found.environment.cores,
        reads = found.limits.no_shared_write_ops_per_s / 1e6,
        writes = found.limits.shared_rmw_per_s / 1e6,
        harness = harness(&found.harness_ns),
        memory = found.memory.as_deref().map_or_else(String::new, memory),
        verdicts = verdicts(&found.verdicts, plan, ("after", scenario)),
    )
}
