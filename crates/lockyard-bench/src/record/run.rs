//! Everything that one run has measured and found, and the version of its format.

use jiff::Timestamp;
use lockyard_evidence::{Finding, ModelResult, PitfallResult};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::against::Against;
use super::cell::Cell;
use super::comparison::{Ablation, Comparison, Metric};
use super::environment::Environment;
use super::harness::HarnessCost;
use super::locks_alone::LockRecord;
use super::machines::{AcrossMachines, LoadPlan, MachineRecord};
use super::scaling::Scaling;
use super::strategy::StrategySummary;

/// The version of the record that this Lockyard writes, and the newest that it reads. It rises when a field
/// goes, or changes its name, unit or meaning; a new field does not raise it.
///
/// Older records are read, as what they would be in this version. Schema 2 has a closed list of kinds of findings, with the
/// system's own names as rules of `invariant`; factors as a map; `false_positives` for `twin_alarms`, and `operation` for the
/// `endpoint` of `lock_uses`; and the `reference`, which was always `naive`.
pub const SCHEMA_VERSION: u32 = 2;

/// Everything about one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Lockyard record")]
pub struct Record {
    /// The version of this format. Once read it is this program's: what is older was read as what it is called today.
    #[serde(deserialize_with = "brought_up_to_date")]
    pub schema_version: u32,
    /// The command line that made the record, ready to be run again.
    pub command: String,
    /// The seed that all random choices of the run came from.
    pub seed: u64,
    /// When the run began, in UTC.
    pub started_at: Timestamp,
    /// True when the run was stopped before its end: the record then holds what was measured until then.
    pub interrupted: bool,
    /// True when the run came to its end. False: it is under way, or ended before that, and the record holds what was measured
    /// until it was written.
    #[serde(default = "yes")]
    pub finished: bool,
    /// The scenarios of the run in their order, also those that were not reached.
    #[serde(default)]
    pub scenarios: Vec<ScenarioRecord>,
    /// How many processes measured, one after the other. Where there are several, intervals also hold what differs from one
    /// process to the next, such as where code and data lie in memory. Against another build: those of both together.
    #[serde(default = "one")]
    pub processes: u32,
    /// The strategy that every other one was also compared with, where both were measured: what a gate reads. Null if there was
    /// none but the baseline.
    #[serde(default = "reference_of_schema_1")]
    pub reference: Option<String>,
    /// The other build that this one was measured against; null if there was none.
    #[serde(default)]
    pub against: Option<Against>,
    /// What several load machines did together, of which this is one machine's part or all; null if one machine had all clients.
    #[serde(default)]
    pub plan: Option<LoadPlan>,
    /// What each load machine has measured of the plan, by its slice; empty without a plan.
    #[serde(default)]
    pub machines: Vec<MachineRecord>,
    /// What was judged of the histories of all machines together; null of one machine.
    #[serde(default)]
    pub across: Option<AcrossMachines>,
    /// Where it ran; of several load machines the first.
    pub environment: Environment,
    /// The limits of this machine; null if not calibrated.
    pub limits: Option<Limits>,
    /// What the harness adds to an operation, in nanoseconds; null if that was not measured.
    #[serde(default)]
    pub harness_ns: Option<HarnessCost>,
    /// Throughput in slices that keep latencies ÷ throughput in those without a clock, so that 0.99 says that keeping
    /// them costs 1 %; null if the two were not measured apart.
    pub probe_effect: Option<f64>,
    /// What each strategy is, in the order of the run; empty in records that do not say.
    #[serde(default)]
    pub strategies: Vec<StrategySummary>,
    /// Every strategy under every scenario. The first cell's strategy is the baseline of the run.
    pub cells: Vec<Cell>,
    /// Candidates against baselines, each with its verdict. Reports repeat these verdicts and make none themselves.
    pub comparisons: Vec<Comparison>,
    /// Ablations: the effect of each change between two strategies.
    pub ablations: Vec<Ablation>,
    /// Sweeps: one strategy under one scenario, over one setting that varies.
    pub scaling: Vec<Scaling>,
    /// What was measured of locks alone besides cells; null in runs of anything else.
    #[serde(default)]
    pub locks: Option<LockRecord>,
    /// Models of correct designs that ran; null if none was requested.
    pub models: Option<Vec<ModelResult>>,
    /// Seeded bugs, and which checks detected them; null if none was requested.
    pub pitfalls: Option<Vec<PitfallResult>>,
}

/// A scenario of a run: what it is, and whether it was measured to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioRecord {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence; empty if nothing is known of it.
    pub about: String,
    /// Whether every process measured all rounds of its cells. Sweeps are not part of it.
    pub finished: bool,
}

/// What the machine's memory system allows at most, whatever the lock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// Reads a second over a map without writers: no thread writes to anything another one reads.
    pub no_shared_write_ops_per_s: f64,
    /// Atomic read-modify-writes a second on one word that all workers share.
    pub shared_rmw_per_s: f64,
}

/// Reads the version that was written, and gives the one that the record has from here on.
fn brought_up_to_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        1..=SCHEMA_VERSION => Ok(SCHEMA_VERSION),
        found => Err(D::Error::custom(format!("schema {found} is none from 1 to {SCHEMA_VERSION}"))),
    }
}

/// Records without the field were written when their runs were over.
fn yes() -> bool {
    true
}

/// Records without the field were measured in one process.
fn one() -> u32 {
    1
}

/// The reference of every record without the field.
#[expect(clippy::unnecessary_wraps, reason = "a default has the type of its field")]
fn reference_of_schema_1() -> Option<String> {
    Some("naive".to_owned())
}

/// The JSON Schema (draft 2020-12) of [`Record`]. Every key that the program writes is required in it, also those
/// whose value may be null; more keys are allowed.
pub fn json_schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Record>()
}

impl Record {
    /// The record of a run in which nothing has been measured yet, by no process.
    #[must_use]
    pub fn empty(command: &str, seed: u64, started_at: Timestamp, environment: Environment) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            command: command.to_owned(),
            seed,
            started_at,
            interrupted: false,
            finished: false,
            scenarios: Vec::new(),
            processes: 0,
            reference: None,
            against: None,
            plan: None,
            machines: Vec::new(),
            across: None,
            environment,
            limits: None,
            harness_ns: None,
            probe_effect: None,
            strategies: Vec::new(),
            cells: Vec::new(),
            comparisons: Vec::new(),
            ablations: Vec::new(),
            scaling: Vec::new(),
            locks: None,
            models: None,
            pitfalls: None,
        }
    }

    /// Whether it holds less than was asked for: the run was stopped, or did not come to its end.
    pub fn is_partial(&self) -> bool {
        self.partial().is_some()
    }

    /// The strategy that the others were compared with: the first one given. `None` if no cell was measured.
    pub fn baseline(&self) -> Option<&str> {
        self.cells.first().map(|cell| cell.strategy.as_str())
    }

    /// Why the record holds only a part of what was to be measured, in a word after "was"; `None` if it is whole.
    #[must_use]
    pub fn partial(&self) -> Option<&'static str> {
        // A run that ended by an error is not finished, and neither is one that goes on.
        self.interrupted.then_some("interrupted").or((!self.finished).then_some("not finished"))
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

    /// What a strategy is; `None` where the record does not say.
    pub fn strategy(&self, name: &str) -> Option<&StrategySummary> {
        self.strategies.iter().find(|it| it.name == name)
    }

    /// Whether a strategy was measured for an ablation alone, so that tables and rankings leave it out.
    pub fn is_ablation_only(&self, name: &str) -> bool {
        self.strategy(name).is_some_and(|it| it.ablation_only)
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
