//! The gate of a run: a baseline to hold it against, read and held against the plan before anything is measured.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::gate::{self, Regression, RunSettings, Tolerance};
use crate::record::{Record, write_atomically};
use crate::report;
use crate::share::Share;
use crate::stats::Confidence;

use super::exit::{self, Exit};
use super::stdout;

/// Options of a run with a gate.
#[derive(Args, Clone, Debug)]
pub struct GateOptions {
    /// Compare the run with this record, an earlier run.json of the same machine.
    ///
    /// Each strategy's throughput ÷ that of the run's reference is compared, each within its own run, so both must have it (`list
    /// strategies` says which it is). Changes are reported on stderr and written to gate.md. Another machine, scenario or point, other settings, another number of
    /// --processes, --track in one of the two, or no reference is refused with exit code 5 before anything is measured. A
    /// strategy or scenario of the baseline that this run leaves out ends with 3. For a pull request, --against sees more.
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

    /// The tolerated loss of absolute throughput against the --baseline, in per cent: a strategy whose operations a second fell
    /// by more, with the whole interval, ends the run with exit code 3. Not judged unless given.
    ///
    /// Ratios cannot show what slows all strategies alike. But absolute throughput drifts with the machine, by some per cent from
    /// day to day even on a quiet one, and the interval does not cover that: tolerate 20 % or more, or measure both builds in
    /// turns, with --against.
    #[arg(long, value_name = "PERCENT", requires = "baseline", conflicts_with = "against")]
    gate_absolute: Option<Share>,
}

/// What a run is held against, and what is let pass.
pub enum Gate {
    /// An earlier record, with where it came from.
    Baseline(PathBuf, Box<Record>, Tolerance),
    /// The other build that was measured in the same run.
    Against(Share),
}

impl GateOptions {
    /// The gate of a run that has another build to be held against.
    pub fn against(&self) -> Gate {
        Gate::Against(self.gate)
    }

    /// Reads the baseline, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(&self) -> anyhow::Result<Option<Gate>> {
        let Some(path) = &self.baseline else { return Ok(None) };
        let baseline = Record::read(path).context("the baseline cannot be used")?;
        let tolerance = Tolerance { ratio: self.gate, absolute: self.gate_absolute };
        Ok(Some(Gate::Baseline(path.clone(), Box::new(baseline), tolerance)))
    }
}

impl Gate {
    /// Whether a run with these settings can be held against the baseline. Why not is said on stderr: minutes of measuring would
    /// not change it.
    pub fn admits(&self, planned: &RunSettings) -> bool {
        let Self::Baseline(path, baseline, _) = self else { return true };
        let reasons = gate::refusals(&RunSettings::of_record(baseline), planned);
        if !reasons.is_empty() {
            eprintln!("Not comparable with {}: {}.", path.display(), reasons.join("; "));
            eprintln!(
                "Measure as the baseline was, or record another one here, with this command and without --baseline."
            );
        }
        reasons.is_empty()
    }

    /// What became of the baseline: on stderr, since stdout has the record; and beside the record, where it is another one.
    ///
    /// # Errors
    /// When gate.md cannot be written.
    pub fn judge(&self, record: &Record, out: &Path) -> anyhow::Result<Exit> {
        let (baseline, tolerance) = match self {
            Self::Baseline(_, baseline, tolerance) => (baseline, *tolerance),
            Self::Against(share) => return Ok(of_losses(record, *share)),
        };
        let diff = gate::diff(baseline, record, tolerance, Confidence::default());
        let path = out.join("gate.md");
        write_atomically(&path, &report::diff_summary(&diff))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        eprintln!("\n{}", report::diff_text(&diff, &stdout::table_options()).trim_end());
        Ok(exit::of_gate(record, &diff))
    }
}

/// What this build lost against the other one, on stderr.
fn of_losses(record: &Record, share: Share) -> Exit {
    let losses = gate::losses(record, share, Confidence::default());
    for Regression { scenario, strategy, change } in &losses {
        let Some(change) = change else {
            eprintln!(
                "regression: {strategy} under {scenario} has no interval; measure more rounds, with --duration"
            );
            continue;
        };
        let (change, let_pass) = (report::ratio(change.ratio, change.ci), share);
        eprintln!(
            "regression: {strategy} under {scenario} is at {change} of the other build; tolerated loss {let_pass}"
        );
    }
    exit::of_losses(record, &losses)
}
