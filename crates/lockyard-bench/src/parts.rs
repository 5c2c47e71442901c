//! The record of what was measured so far, experiment by experiment, in one process or in several.
//!
//! A run may end in its middle, by a signal, an error or the loss of a process. So a record does not wait for the end: each
//! experiment is a part, and from any set of parts there follows a whole record, which says what is missing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::conclusions::{Context, Outcome, Outcomes, SubjectFacts, WorkloadFacts, scaling};
use crate::environment;
use crate::error::RunError;
use crate::experiment::ExperimentPlan;
use crate::harness::harness_cost;
use crate::memory::MemoryCount;
use crate::plan::Plan;
use crate::planned::PlannedSlice;
use crate::record::{
    Environment, Finding, FindingKind, Record, Scaling, ScalingPoint, ScenarioRecord, Severity,
};
use crate::workload::Workload;

/// How many rounds measure what the harness costs: half a second.
const HARNESS_ROUNDS: u32 = 32;

/// One experiment of a plan, as one process has measured it. Can be sent to another process, which makes a record of those of
/// several.
#[derive(Serialize, Deserialize)]
pub struct Part {
    /// Which experiment of the plan.
    pub(crate) of: usize,
    /// Whether all its rounds were measured.
    pub(crate) finished: bool,
    /// Of each of its points.
    pub(crate) outcomes: Vec<Outcome>,
}

impl Part {
    /// Whether nothing was measured and nothing found. A cell made of that would say zero of what was not looked at.
    pub(crate) fn is_empty(&self) -> bool {
        self.outcomes.iter().all(Outcome::is_empty)
    }
}

/// That the clock of this machine is not what the plan states, where that is certain.
fn clock_error(planned: &PlannedSlice) -> Option<Finding> {
    let (clock, error_ns) = planned.clock.as_ref().zip(planned.plan.clock_error_ns)?;
    clock.exceeds(error_ns).then(|| Finding {
        kind: FindingKind::ClockError,
        rule: None,
        severity: Severity::Warning,
        message: format!(
            "the plan states that clocks are off by {:.3} ms at most, and {}; nothing is judged across machines by such a clock",
            error_ns as f64 / 1e6,
            clock.seen()
        ),
        places: vec![clock.server.clone()],
        tasks: Vec::new(),
        edges: Vec::new(),
    })
}

/// The parts of a run, and the record that follows from them.
pub(crate) struct RecordBuilder<'a, W: Workload> {
    plan: &'a Plan<W>,
    subjects: Vec<SubjectFacts>,
    experiments: Vec<ExperimentPlan<'a, W>>,
    processes: u32,
    /// What no measurement changes.
    begun: Record,
    /// With the process that measured each.
    parts: Vec<(u32, Part)>,
}

impl<'a, W: Workload> RecordBuilder<'a, W> {
    /// Of a run that begins now, in this many processes. Looks at the limits of the machine and at what the harness costs, if
    /// the plan does.
    pub(crate) fn new(plan: &'a Plan<W>, processes: u32) -> Result<Self, RunError> {
        let pinned = plan.pinning.as_ref().map(|pinning| pinning.cpus().to_vec());
        let environment = Environment { pinned, ..environment::environment(&plan.build) };
        let begun = Record {
            reference: plan.terms.reference.clone(),
            limits: plan.limits.as_ref().map(|limits| limits()),
            harness_ns: plan.harness.then(|| harness_cost(HARNESS_ROUNDS)).transpose()?,
            ..Record::empty(&plan.command, plan.seed, jiff::Timestamp::now(), environment)
        };
        let subjects: Vec<_> = plan.subjects.iter().map(SubjectFacts::of).collect();
        let begun = Record { strategies: subjects.iter().map(SubjectFacts::summary).collect(), ..begun };
        let experiments = ExperimentPlan::all(plan);
        Ok(Self { plan, subjects, experiments, processes, begun, parts: Vec::new() })
    }

    /// Takes what process `nth` has measured.
    ///
    /// # Panics
    /// If it is not of this plan.
    pub(crate) fn add(&mut self, nth: u32, part: Part) {
        let points = self.experiments.get(part.of).map(|experiment| experiment.points.len());
        assert_eq!(points, Some(part.outcomes.len()), "part {} is of another plan", part.of);
        self.parts.push((nth, part));
    }

    /// The record of what there is by now, marked as not finished.
    pub(crate) fn so_far(&self, interrupted: bool) -> Record {
        Record { interrupted, ..self.concluded(None) }
    }

    /// The record of a run that is over.
    pub(crate) fn finish(&self, interrupted: bool, memory: &MemoryCount) -> Record {
        let counted = match memory {
            MemoryCount::Counted(memory) => Some(memory.as_slice()),
            MemoryCount::Unknown | MemoryCount::Failed { .. } => None,
        };
        let mut record = Record { interrupted, ..self.concluded(counted) };
        if let MemoryCount::Failed { subject, finding } = memory
            && let Some(cell) = record.cells.iter_mut().find(|cell| cell.strategy == *subject)
        {
            cell.findings.push(finding.clone());
        }
        record.finished = !interrupted && self.is_whole();
        record
    }

    /// Everything that follows from the parts.
    fn concluded(&self, memory: Option<&[crate::record::Memory]>) -> Record {
        let plan = self.plan;
        let mut record = self.begun.clone();
        for (nth, experiment) in self.experiments.iter().enumerate() {
            record.scaling.extend(self.scalings(nth, experiment));
            if experiment.cell.is_none() {
                continue;
            }
            let workload = experiment.points[0].0;
            let (name, about) = (workload.name().to_owned(), workload.about());
            record.scenarios.push(ScenarioRecord { name, about, finished: self.is_finished(nth) });
            let outcomes = self.outcomes(nth, 0);
            if outcomes.is_empty() {
                continue;
            }
            record.comparisons.extend(outcomes.comparisons(memory));
            record.cells.extend(outcomes.cells(memory));
            record.probe_effect = record.probe_effect.or_else(|| outcomes.probe_effect());
            record.ablations.extend(outcomes.ablations(&plan.ablations));
        }
        if let Some(planned) = &plan.planned {
            let machine = (!record.cells.is_empty()).then(|| self.outcomes(0, 0).machine(planned, &record));
            record.machines.extend(machine.flatten());
            if let Some(cell) = record.cells.first_mut() {
                cell.findings.extend(clock_error(planned));
            }
            record.plan = Some(planned.plan.clone());
        }
        let processes: BTreeSet<_> = self.parts.iter().map(|(nth, _)| nth).collect();
        record.processes = processes.len() as u32;
        record
    }

    fn context(&self) -> Context<'_> {
        Context { terms: &self.plan.terms, subjects: &self.subjects, duration: Some(self.plan.duration) }
    }

    /// What all processes have measured at a point of an experiment.
    fn outcomes(&self, of: usize, point: usize) -> Outcomes<'_> {
        let parts = self.parts.iter().filter(|(_, part)| part.of == of);
        let measured = parts.map(|(_, part)| &part.outcomes[point]).filter(|outcome| !outcome.is_empty());
        let workload = self.experiments[of].points[point].0;
        Outcomes::new(self.context(), WorkloadFacts::of(workload, self.plan.client_slice()), measured)
    }

    /// Whether every process has measured all of an experiment.
    fn is_finished(&self, of: usize) -> bool {
        let finished = self.parts.iter().filter(|(_, part)| part.of == of && part.finished);
        finished.count() == self.processes as usize
    }

    /// Whether nothing is missing.
    fn is_whole(&self) -> bool {
        (0..self.experiments.len()).all(|of| self.is_finished(of))
    }

    /// What the record says of the sweeps of an experiment.
    fn scalings(&self, of: usize, experiment: &ExperimentPlan<'_, W>) -> Vec<Scaling> {
        let plan = self.plan;
        let mut found = Vec::new();
        for (sweep, places) in &experiment.sweeps {
            let mut points: Vec<Vec<ScalingPoint>> = vec![Vec::new(); plan.subjects.len()];
            for place in places {
                let outcomes = self.outcomes(of, *place);
                if outcomes.is_empty() {
                    continue;
                }
                for (points, cell) in points.iter_mut().zip(outcomes.cells(None)) {
                    let (point, throughput) = (cell.point, cell.throughput);
                    let (reads_per_s, writes_per_s) = (cell.reads_per_s, cell.writes_per_s);
                    let (latency_ns, findings) = (cell.latency_ns, cell.findings);
                    points.push(ScalingPoint {
                        point,
                        throughput,
                        reads_per_s,
                        writes_per_s,
                        latency_ns,
                        findings,
                    });
                }
            }
            if points.iter().all(Vec::is_empty) {
                continue;
            }
            found.extend(plan.names().zip(points).map(|(subject, points)| {
                let along = &plan.sweeps[*sweep].along;
                scaling(experiment.name(), subject, along, points, plan.terms.confidence)
            }));
        }
        found
    }
}
