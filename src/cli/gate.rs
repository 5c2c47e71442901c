//! The gate of a run: a baseline to hold it against, read and looked at before anything is measured.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use lockyard_bench::Share;
use lockyard_bench::gate::{self, Regression};
use lockyard_bench::record::Record;
use lockyard_bench::record::write_atomically;
use lockyard_bench::report;
use lockyard_bench::stats::Confidence;

use super::exit::{self, Exit};
use super::origin::BUILD;
use super::stdout;

/// Options of a run with a gate.
#[derive(Args)]
pub(super) struct Options {
    /// Compare the run with this record, an earlier run.json of the same machine.
    ///
    /// Each strategy's throughput ÷ that of `naive` is compared, each within its own run, so both must have `naive`. Changes
    /// are reported on stderr and written to gate.md. Another machine, scenario or point is refused with exit code 5,
    /// the machine before anything is measured.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// The tolerated loss, in per cent: a strategy whose whole interval lies below ends the run with exit code 3, against
    /// a --baseline as well as --against another build.
    ///
    /// The confidence is family-wise, 99 %: if intervals covered all variance, at most one pair of runs in a hundred would
    /// report a false positive. With a --baseline they do not cover differences between processes unless --processes is
    /// given, so tolerate a few per cent.
    #[arg(long, value_name = "PERCENT", default_value = "5%", requires = "held")]
    gate: Share,
}

/// What a run is held against, and what is let pass.
pub(super) enum Gate {
    /// An earlier record.
    Baseline(Box<Record>, Share),
    /// The other build that was measured in the same run.
    Against(Share),
}

impl Options {
    /// The gate of a run that has another build to be held against.
    pub(super) fn against(&self) -> Gate {
        Gate::Against(self.gate)
    }

    /// Reads the baseline, if there is one. What is refused here has been reported on stderr.
    pub(super) fn load(&self) -> anyhow::Result<Result<Option<Gate>, Exit>> {
        let Some(path) = &self.baseline else { return Ok(Ok(None)) };
        let baseline = Record::read(path).context("the baseline cannot be used")?;
        let reasons = gate::other_machine(&baseline.environment, &lockyard_bench::environment(&BUILD));
        if reasons.is_empty() {
            return Ok(Ok(Some(Gate::Baseline(Box::new(baseline), self.gate))));
        }
        eprintln!("Not comparable with {}: {}.", path.display(), reasons.join("; "));
        eprintln!("Record a baseline on this machine, with the same command and without --baseline.");
        Ok(Err(Exit::NotComparable))
    }
}

impl Gate {
    /// What became of the baseline: on stderr, since stdout has the record; and beside the record, where it is another one.
    pub(super) fn judge(&self, record: &Record, out: &Path) -> anyhow::Result<Exit> {
        let (baseline, share) = match self {
            Self::Baseline(baseline, share) => (baseline, *share),
            Self::Against(share) => return Ok(of_losses(record, *share)),
        };
        let diff = gate::diff(baseline, record, share, Confidence::default());
        let path = out.join("gate.md");
        write_atomically(&path, &report::diff_summary(&diff))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        eprintln!("\n{}", report::diff_text(&diff, stdout::colour()).trim_end());
        Ok(exit::of_gate(record, &diff))
    }
}

/// What this build lost against the other one, on stderr.
fn of_losses(record: &Record, share: Share) -> Exit {
    let losses = gate::losses(record, share, Confidence::default());
    for Regression { scenario, strategy, change } in &losses {
        let (change, let_pass) = (report::ratio(change.ratio, change.ci), share);
        eprintln!(
            "regression: {strategy} under {scenario} is at {change} of the other build; tolerated loss {let_pass}"
        );
    }
    exit::of_losses(record, &losses)
}
