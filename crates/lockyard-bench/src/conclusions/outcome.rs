//! What a process has measured under one workload, and what one or several such outcomes allow to be said.

use serde::{Deserialize, Serialize};

use crate::judged::Verified;
use crate::plan::Ablated;
use crate::planned::PlannedSlice;
use crate::record::{Ablation, Cell, Comparison, Finding, MachineRecord, Memory, Record};
use crate::tracking::TrackingSummary;

use super::ablation;
use super::facts::{Context, WorkloadFacts};
use super::latency;
use super::measured::Measured;
use super::ratios;

/// One subject when all rounds are over.
#[derive(Serialize, Deserialize)]
pub(crate) struct SubjectOutcome {
    pub(crate) measured: Measured,
    pub(crate) verified: Verified,
    /// What its tracker saw; nothing if its locks were not tracked.
    pub(crate) seen: Option<TrackingSummary>,
    /// What there is to say besides numbers.
    pub(crate) findings: Vec<Finding>,
}

/// What one process has measured under one workload.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// In the order of the plan.
    pub(crate) subjects: Vec<SubjectOutcome>,
    /// The baseline run a second time, as a subject of its own.
    pub(crate) control: Option<SubjectOutcome>,
    /// The limit, by its name.
    pub(crate) limit: Option<(String, SubjectOutcome)>,
}

impl Outcome {
    /// Whether nothing was measured and nothing found.
    pub(crate) fn is_empty(&self) -> bool {
        self.subjects.iter().all(|it| it.measured.rounds.is_empty() && it.findings.is_empty())
    }
}

/// The outcomes of one workload, of one or of several processes.
pub(crate) struct Outcomes<'a> {
    context: Context<'a>,
    workload: WorkloadFacts,
    processes: Vec<&'a Outcome>,
}

impl<'a> Outcomes<'a> {
    pub(crate) fn new(
        context: Context<'a>,
        workload: WorkloadFacts,
        processes: impl Iterator<Item = &'a Outcome>,
    ) -> Self {
        Self { context, workload, processes: processes.collect() }
    }

    /// Whether no process came this far.
    pub(crate) fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }

    /// What the record says of every subject. `memory` is in the order of the plan.
    pub(crate) fn cells(&self, memory: Option<&[Memory]>) -> Vec<Cell> {
        let confidence = self.context.terms.confidence;
        let limit = self.of_all(|it| it.limit.as_ref().map(|(_, limit)| limit));
        let limit = limit.zip(self.limit_name());
        let cell = |(index, subject)| {
            let measured = self.subject(index);
            let throughput = ratios::throughput(&measured, confidence);
            let pooled = Measured::pooled(&measured, &self.workload);
            let mut cell = pooled.cell(&self.workload, subject, throughput);
            cell.seconds_asked = self.context.duration.map(|duration| duration.as_secs_f64());
            let operations = self.workload.operations;
            latency::add_intervals(&mut cell.latency_ns, operations, &measured, confidence);
            let verified = self.verified(index);
            cell.findings.splice(0..0, self.findings(index).into_iter().chain(verified.findings()));
            cell.verification = verified.verification();
            if let Some(seen) = self.seen(index) {
                seen.add_to(&mut cell);
            }
            cell.violations = verified.violations();
            cell.of_limit =
                limit.as_ref().and_then(|(limit, name)| ratios::of_limit(name, &measured, limit, confidence));
            if let Some(memory) = memory {
                let allocations_per_operation = pooled.allocations_per_operation();
                cell.memory = Some(Memory { allocations_per_operation, ..memory[index].clone() });
            }
            cell
        };
        self.context.subjects.iter().enumerate().map(cell).collect()
    }

    /// What the record says of this machine's part of a plan; nothing if it measured nothing.
    pub(crate) fn machine(&self, planned: &PlannedSlice, record: &Record) -> Option<MachineRecord> {
        let (process, cell) = (self.processes.first()?, record.cells.first()?);
        let measured = &process.subjects.first()?.measured;
        let history = planned.history.as_ref().filter(|path| path.exists());
        Some(MachineRecord {
            slice: planned.slice,
            clients: planned.plan.clients_of(planned.slice),
            environment: record.environment.clone(),
            clock: planned.clock.clone(),
            seconds: cell.seconds,
            operations: cell.operations,
            rounds: measured.spans.clone(),
            histograms_ns: measured.tally.buckets(self.workload.operations),
            verification: cell.verification,
            history: history.and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned())),
        })
    }

    /// Every candidate against its baselines.
    pub(crate) fn comparisons(&self, memory: Option<&[Memory]>) -> Vec<Comparison> {
        let measured: Vec<_> = (0..self.context.subjects.len()).map(|index| self.subject(index)).collect();
        let control = self.of_all(|it| it.control.as_ref());
        let WorkloadFacts { name, operations, .. } = &self.workload;
        ratios::comparisons(self.context, name, operations, &measured, control.as_deref(), memory)
    }

    /// What keeping latencies cost: throughput in slices that did ÷ throughput in slices without a clock.
    pub(crate) fn probe_effect(&self) -> Option<f64> {
        let all = |it: &&'a Outcome| {
            let limit = it.limit.as_ref().map(|(_, limit)| limit);
            it.subjects.iter().chain(&it.control).chain(limit).map(|outcome| &outcome.measured)
        };
        ratios::probe_effect(self.processes.iter().map(all), self.context.terms.confidence)
    }

    /// What each change on these ways gave.
    pub(crate) fn ablations(&self, ways: &[Ablated]) -> Vec<Ablation> {
        let rounds = |it: &&'a Outcome| it.subjects.iter().map(|it| it.measured.rounds.as_slice()).collect();
        let processes: Vec<Vec<_>> = self.processes.iter().map(rounds).collect();
        ablation::effects(self.context, ways, &self.workload.name, &processes)
    }

    fn subject(&self, index: usize) -> Vec<&'a Measured> {
        self.processes.iter().map(|it| &it.subjects[index].measured).collect()
    }

    /// What was verified in all processes together.
    fn verified(&self, index: usize) -> Verified {
        let mut all = Verified::default();
        self.processes.iter().for_each(|it| all.merge(&it.subjects[index].verified));
        all
    }

    /// What was seen of its locks in all processes together.
    fn seen(&self, index: usize) -> Option<TrackingSummary> {
        let seen = self.processes.iter().filter_map(|it| it.subjects[index].seen.clone());
        seen.reduce(|mut all, other| {
            all.add(other);
            all
        })
    }

    /// What several processes found alike is reported once.
    fn findings(&self, index: usize) -> Vec<Finding> {
        let mut found: Vec<Finding> = Vec::new();
        for finding in self.processes.iter().flat_map(|it| &it.subjects[index].findings) {
            if !found.contains(finding) {
                found.push(finding.clone());
            }
        }
        found
    }

    fn limit_name(&self) -> Option<&'a str> {
        self.processes.iter().find_map(|it| it.limit.as_ref().map(|(name, _)| name.as_str()))
    }

    /// Of what is in every process or in none.
    fn of_all(&self, which: impl Fn(&'a Outcome) -> Option<&'a SubjectOutcome>) -> Option<Vec<&'a Measured>> {
        self.processes.iter().map(|it| which(it).map(|outcome| &outcome.measured)).collect()
    }
}
