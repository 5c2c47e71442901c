//! The gate of a run: a baseline to hold it against, read and looked at before anything is measured.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::driver;
use lockyard_bench::gate;
use lockyard_bench::record::Record;
use lockyard_bench::record::write_atomically;
use lockyard_bench::report;
use lockyard_bench::stats::Confidence;

use super::exit::{self, Exit};
use super::options;
use super::output;

/// Options of a run with a gate.
#[derive(Args)]
pub(super) struct Options {
    /// Hold the run against this record, an earlier run.json of the same machine.
    ///
    /// Compared is each strategy's throughput ÷ that of `naive`, each within its own run, so both must have `naive`. What
    /// changed is told on stderr and written to gate.md. Another machine, scenario or point is refused with exit code 5,
    /// the machine before anything is measured.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// The loss that is let pass, in per cent: a strategy whose whole interval lies below ends the run with exit code 3.
    ///
    /// The confidence is that of the whole: at 99 %, one pair of runs in a hundred raises an alarm over nothing, at most.
    /// Separate processes differ by more than their intervals say, so leave some per cent.
    #[arg(long, value_name = "PERCENT", default_value = "5%", value_parser = options::percent, requires = "baseline")]
    gate: f64,
}

/// A baseline, and what is let pass.
pub(super) struct Gate {
    baseline: Record,
    share: f64,
}

impl Options {
    /// Reads the baseline, if there is one. What is refused here has been told on stderr.
    pub(super) fn load(&self) -> anyhow::Result<Result<Option<Gate>, Exit>> {
        let Some(path) = &self.baseline else { return Ok(Ok(None)) };
        let baseline = Record::read(path).context("the baseline cannot be used")?;
        let reasons = gate::other_machine(&baseline.environment, &driver::environment());
        if reasons.is_empty() {
            return Ok(Ok(Some(Gate { baseline, share: self.gate / 100.0 })));
        }
        eprintln!("Not comparable with {}: {}.", path.display(), reasons.join("; "));
        eprintln!("Record a baseline on this machine, with the same command and without --baseline.");
        Ok(Err(Exit::NotComparable))
    }
}

impl Gate {
    /// What became of the baseline: on stderr, since stdout has the record; and beside the record.
    pub(super) fn judge(&self, record: &Record, out: &Path) -> anyhow::Result<Exit> {
        let diff = gate::diff(&self.baseline, record, self.share, Confidence::default());
        let path = out.join("gate.md");
        write_atomically(&path, &report::diff_summary(&diff))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        eprintln!("\n{}", report::diff_text(&diff, output::colour()).trim_end());
        Ok(exit::of_gate(record, &diff))
    }
}
