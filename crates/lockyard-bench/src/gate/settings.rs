//! What a run is to measure, and how: all that decides whether its numbers can be held against those of another run.
//!
//! A record shows it afterwards and a plan knows it before, so a gate can refuse a comparison before anything is measured,
//! by the rules that it is judged by afterwards.

use std::collections::BTreeMap;

use super::options::RunOptions;
use super::reference::reference;
use crate::environment;
use crate::plan::Plan;
use crate::record::{Arrival, Cell, Environment, Factors, Point, Record};
use crate::workload::{self, Workload};

/// What a run measures, and how: known of a run that is over, and of one that has not begun.
///
/// ```
/// use lockyard_bench::gate::{RunSettings, refusals};
/// use lockyard_bench::record::Record;
/// use lockyard_bench::{Plan, Workload};
///
/// /// Why a run of this plan could not be held against the baseline, before minutes are spent on it.
/// fn look_first<W: Workload>(baseline: &Record, plan: &Plan<W>) -> Vec<String> {
///     refusals(&RunSettings::of_record(baseline), &RunSettings::of_plan(plan, 1))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RunSettings {
    pub(super) environment: Environment,
    /// Options of the command that change numbers.
    pub(super) options: RunOptions,
    /// Which load machines measure, in words.
    pub(super) machines: String,
    /// How many processes measure; none where each round has processes of its own.
    pub(super) processes: Option<u32>,
    /// Whether another build is measured in turns with this one.
    pub(super) against_other: bool,
    /// Whether locks are tracked, which has a cost.
    pub(super) is_tracked: bool,
    /// The strategy that ratios are to.
    pub(super) reference: Option<String>,
    pub(super) cells: Vec<CellSettings>,
}

/// One strategy under one scenario, as it is to be measured.
#[derive(Clone, Debug)]
pub(super) struct CellSettings {
    pub(super) scenario: String,
    pub(super) strategy: String,
    pub(super) factors: Option<Factors>,
    pub(super) point: Point,
    pub(super) arrival: Arrival,
    /// How many servers stood behind it; none where that is not said.
    pub(super) servers: Option<usize>,
    /// How often each operation was timed; empty where nothing was, as before a run.
    pub(super) timed: BTreeMap<String, u64>,
}

impl RunSettings {
    /// Those of a run that is over, as far as its record shows them.
    #[must_use]
    pub fn of_record(record: &Record) -> Self {
        let is_tracked = |cell: &Cell| {
            let times = cell.wait_ns.is_some() || cell.hold_ns.is_some() || cell.lock_uses.is_some();
            times && cell.tracked_beside_s.is_none()
        };
        Self {
            environment: record.environment.clone(),
            options: RunOptions::of_record(record),
            machines: machines(record),
            processes: record.against.is_none().then(|| record.processes.max(1)),
            against_other: record.against.is_some(),
            is_tracked: record.cells.iter().any(is_tracked),
            reference: reference(record).map(str::to_owned),
            cells: record.cells.iter().map(|cell| CellSettings::of_cell(record, cell)).collect(),
        }
    }

    /// Those of a run of this plan, in this many processes.
    #[must_use]
    pub fn of_plan<W: Workload>(plan: &Plan<W>, processes: u32) -> Self {
        let cells = plan.workloads.iter().flat_map(|workload| {
            let arrival = match workload.shape().arrival {
                workload::Arrival::Closed => Arrival::Closed,
                workload::Arrival::Open { .. } => Arrival::Open,
            };
            plan.subjects.iter().map(move |subject| {
                let mut point = workload.point();
                // As in its cell: what a server's store takes is its own affair.
                point.save_ms = point.save_ms.filter(|_| !subject.is_outside());
                CellSettings {
                    scenario: workload.name().to_owned(),
                    strategy: subject.name().to_owned(),
                    factors: subject.factors().cloned(),
                    point,
                    arrival,
                    servers: subject.servers().map(|it| it.addresses.len()),
                    timed: BTreeMap::new(),
                }
            })
        });
        Self {
            environment: environment::environment(&plan.build),
            options: RunOptions::of_command(&plan.command),
            machines: ONE_MACHINE.to_owned(),
            processes: Some(processes),
            against_other: false,
            is_tracked: plan.track,
            reference: plan.terms.reference.clone().or_else(|| plan.names().next().map(str::to_owned)),
            cells: cells.collect(),
        }
    }

    /// The scenarios, each once, in their order.
    pub(super) fn scenarios(&self) -> Vec<&str> {
        let mut scenarios: Vec<&str> = Vec::new();
        for cell in &self.cells {
            if !scenarios.contains(&cell.scenario.as_str()) {
                scenarios.push(&cell.scenario);
            }
        }
        scenarios
    }

    /// The cell of this strategy under this scenario.
    pub(super) fn cell(&self, scenario: &str, strategy: &str) -> Option<&CellSettings> {
        self.cells.iter().find(|it| it.scenario == scenario && it.strategy == strategy)
    }
}

/// All clients on one machine.
const ONE_MACHINE: &str = "one machine";

/// Which load machines a record has, in words that are the same for the same ones.
fn machines(record: &Record) -> String {
    let slices: Vec<_> = record.machines.iter().map(|machine| machine.slice.to_string()).collect();
    match &record.plan {
        None => ONE_MACHINE.to_owned(),
        Some(plan) if slices.len() == plan.slices as usize => format!("{} machines", plan.slices),
        Some(plan) => format!("slice {} of {} alone", slices.join(" and "), plan.slices),
    }
}

impl CellSettings {
    fn of_cell(record: &Record, cell: &Cell) -> Self {
        let summary = record.strategy(&cell.strategy);
        Self {
            scenario: cell.scenario.clone(),
            strategy: cell.strategy.clone(),
            factors: cell.factors.clone(),
            point: cell.point.clone(),
            arrival: cell.arrival,
            servers: summary.and_then(|it| it.servers.as_ref()).map(|it| it.addresses.len()),
            timed: cell.latency_ns.iter().map(|(name, latency)| (name.clone(), latency.count)).collect(),
        }
    }
}
