//! The record of a run: what was measured, found and concluded, in one versioned type.
//!
//! It is written after every scenario and when a run ends, always whole, and everything after that reads it: table, page,
//! comparison with another record, gate. So a reader needs no second source, and a committed record can be looked at again years later.
//!
//! Two rules hold in every field. What was not measured is null and never zero: `deadlocks: 0` from a run that did
//! not look for deadlocks would be a false claim. And a ratio is candidate ÷ baseline, whatever it compares.

mod against;
mod cell;
mod check;
mod comparison;
mod diff;
mod environment;
mod factors;
mod file;
mod harness;
mod latency;
mod locks;
mod locks_alone;
mod machines;
mod point;
mod run;
mod scaling;
mod servers;
mod simulated;
mod strategy;
mod tracked;
mod trends;

pub use against::{Against, AgainstRound};
pub use cell::{
    Arrival, Cell, Fairness, LockTime, Memory, OfLimit, PerTask, Slice, Throughput, Verification,
};
pub use comparison::{Ablation, Change, Comparison, EffectKind, Metric, UnknownMetric};
pub use diff::{CellChange, Diff, DiffSide, Estimate, Outcome, ThroughputChange, ThroughputDiff};
pub use environment::Environment;
pub use factors::Factors;
pub use file::{RecordError, write_atomically};
pub use harness::{HarnessCost, Overhead};
pub use latency::{Latency, LatencyCurve, Percentile};
pub use locks::{LockUse, Times};
pub use locks_alone::{Agreement, KnownCurve, LockPoint, LockRecord, LockSummary};
pub use lockyard_evidence::{
    Action, Check, Counterexample, Drawing, Edge, Engine, Finding, FindingKind, ModelResult, OperationSpan,
    PitfallResult, Severity, Step, Trace, VerificationReport, Violation,
};
pub use machines::{AcrossMachines, ClockCheck, LoadPlan, MachineRecord, PLAN_VERSION, RoundSpan};
pub use point::Point;
pub use run::{Limits, Record, SCHEMA_VERSION, ScenarioRecord, json_schema};
pub use scaling::{Extrapolated, Fit, Scaling, ScalingPoint};
pub use servers::{Route, ServerGroup};
pub use simulated::{
    CurveValidation, GrantOrder, HeldOutPoint, LockCosts, MissedOrder, MissedPoint, SimulatedLock,
    SimulatedPoint, SimulationRecord, Waiting,
};
pub use strategy::StrategySummary;
pub use trends::{StepChange, TrendPoint, TrendRun, TrendScenario, TrendStrategy, Trends};

pub use crate::stats::Verdict;
