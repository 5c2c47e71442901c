//! The record of a run: what was measured, found and concluded, in one versioned type.
//!
//! It is written once, when a run ends, and everything after that reads it: table, page, comparison with another
//! record, gate. So a reader needs no second source, and a committed record can be looked at again years later.
//!
//! Two rules hold in every field. What was not measured is null and never zero: `deadlocks: 0` from a run that did
//! not look for deadlocks would be a false claim. And a ratio is candidate ÷ baseline, whatever it compares.

mod cell;
mod comparison;
mod diff;
mod file;
mod locks;
mod scaling;

use jiff::Timestamp;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

pub use cell::{
    Arrival, Bar, Cell, Factors, Fairness, Finding, Latency, LockTime, Memory, OfLimit, PerTask, Point,
    Severity, Slice, Throughput, Verification, Violation,
};
pub use comparison::{Ablation, Change, Comparison, EffectKind, Metric, UnknownMetric, Verdict};
pub use diff::{CellChange, Diff, Estimate, Outcome, Side};
pub use file::{RecordError, write_atomically};
pub use locks::{LockUse, Times};
pub use lockyard_evidence::{Check, Counterexample, Engine, ModelResult, PitfallResult, VerificationReport};
pub use scaling::{Extrapolated, Fit, Scaling, ScalingPoint};

/// The version of the record that this Lockyard writes, and the newest that it reads. It rises when a field
/// goes, or changes its name, unit or meaning; a new field does not raise it.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything one run has to tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Lockyard record")]
pub struct Record {
    /// The version of this format.
    pub schema_version: u32,
    /// The command line that made the record, ready to be run again.
    pub command: String,
    /// The seed that all random choices of the run came from.
    pub seed: u64,
    /// When the run began, in UTC.
    pub started_at: Timestamp,
    /// True when the run was stopped before its end: the record then holds what was measured until then.
    pub interrupted: bool,
    /// How many processes measured, one after the other. Where there are several, intervals also hold what differs from one
    /// process to the next, such as where code and data lie in memory.
    #[serde(default = "one")]
    pub processes: u32,
    /// Where it ran.
    pub environment: Environment,
    /// What this machine can do at most; null if that was not calibrated.
    pub limits: Option<Limits>,
    /// Throughput in slices that keep latencies ÷ throughput in those without a clock, so that 0.99 says that keeping
    /// them costs 1 %; null if the two were not measured apart.
    pub probe_effect: Option<f64>,
    /// Every strategy under every scenario. The first cell's strategy is the baseline of the run.
    pub cells: Vec<Cell>,
    /// Candidates against baselines, each with its verdict. Reports repeat these verdicts and make none themselves.
    pub comparisons: Vec<Comparison>,
    /// What each single change on the way from one strategy to another gave.
    pub ablations: Vec<Ablation>,
    /// Sweeps: one strategy under one scenario, over one setting that varies.
    pub scaling: Vec<Scaling>,
    /// Models of correct designs that ran; null if none was asked for.
    pub models: Option<Vec<ModelResult>>,
    /// Known-bad variants, and which checks saw them; null if none was asked for.
    pub pitfalls: Option<Vec<PitfallResult>>,
}

/// The machine and the build a run was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The processor's name, as the operating system gives it; null where it gives none.
    pub cpu_model: Option<String>,
    /// Logical cores that the process may use.
    pub cores: u32,
    /// Operating system, release and architecture.
    pub os: String,
    /// The compiler that built the program.
    pub rustc: String,
    /// The version of Lockyard.
    pub version: String,
    /// The commit it was built from; null for a build from a package.
    pub commit: Option<String>,
}

/// What the machine's memory system allows at most, whatever the lock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// State reads a second over a map of sessions that nobody writes: no thread writes to anything another one reads.
    pub no_shared_write_ops_per_s: f64,
    /// Atomic read-modify-writes a second on one word that all workers share.
    pub shared_rmw_per_s: f64,
}

/// Records from before it was told were measured in one process.
fn one() -> u32 {
    1
}

/// The JSON Schema (draft 2020-12) of [`Record`]. Every key that the program writes is required in it, also those
/// whose value may be null; more keys are allowed.
pub fn json_schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Record>()
}

impl Record {
    /// The strategy that the others were compared with: the first one given. `None` if no cell was measured.
    pub fn baseline(&self) -> Option<&str> {
        self.cells.first().map(|cell| cell.strategy.as_str())
    }

    /// The scenarios that were run, each once, in their order.
    pub fn scenarios(&self) -> Vec<&str> {
        let mut scenarios: Vec<&str> = Vec::new();
        for cell in &self.cells {
            if !scenarios.contains(&cell.scenario.as_str()) {
                scenarios.push(&cell.scenario);
            }
        }
        scenarios
    }

    /// The cells of one scenario, in the order of the strategies.
    pub fn cells_of<'a>(&'a self, scenario: &'a str) -> impl Iterator<Item = &'a Cell> {
        self.cells.iter().filter(move |cell| cell.scenario == scenario)
    }

    /// Everything that was found, in cells and at the points of sweeps.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        let points = self.scaling.iter().flat_map(|sweep| &sweep.points);
        let in_sweeps = points.flat_map(|point| &point.findings);
        self.cells.iter().flat_map(|cell| &cell.findings).chain(in_sweeps)
    }

    /// The comparison of two strategies under a scenario by a metric, if it was made.
    pub fn comparison(
        &self,
        scenario: &str,
        baseline: &str,
        candidate: &str,
        metric: &Metric,
    ) -> Option<&Comparison> {
        self.comparisons.iter().find(|it| {
            it.scenario == scenario
                && it.baseline == baseline
                && it.candidate == candidate
                && it.metric == *metric
        })
    }
}
