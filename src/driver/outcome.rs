//! What a process has measured under one scenario, and what one or several such outcomes allow to be said.

use serde::{Deserialize, Serialize};

use crate::workload::Scenario;
use lockyard_bench::record::{Ablation, Cell, Comparison, Finding, Memory};

use super::ablation;
use super::judge;
use super::limit;
use super::measured::Measured;
use super::plan::Plan;
use super::tracking::Seen;
use super::verification::Verified;

/// One entrant at the end of its race.
#[derive(Serialize, Deserialize)]
pub(super) struct Ran {
    pub(super) measured: Measured,
    pub(super) verified: Verified,
    /// What its tracker saw; nothing if its locks were not tracked.
    pub(super) seen: Option<Seen>,
    /// What there is to say besides numbers.
    pub(super) findings: Vec<Finding>,
}

/// What one process has measured under one scenario.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// In the order of the plan.
    pub(super) strategies: Vec<Ran>,
    /// The baseline run a second time, as a rival of itself.
    pub(super) control: Option<Ran>,
    pub(super) limit: Option<Ran>,
}

/// The outcomes of one scenario, of one or of several processes.
pub(super) struct Outcomes<'a> {
    plan: &'a Plan,
    scenario: &'a Scenario,
    processes: Vec<&'a Outcome>,
}

impl<'a> Outcomes<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        scenario: &'a Scenario,
        processes: impl Iterator<Item = &'a Outcome>,
    ) -> Self {
        Self { plan, scenario, processes: processes.collect() }
    }

    /// Whether no process came this far.
    pub(super) fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }

    /// What the record says of every strategy. `memory` is in the order of the plan.
    pub(super) fn cells(&self, memory: Option<&[Memory]>) -> Vec<Cell> {
        let limit = self.of_all(|it| it.limit.as_ref()).zip(limit::applies(self.scenario));
        let cell = |(index, name): (usize, &str)| {
            let measured = self.strategy(index);
            let throughput = judge::throughput(&measured, self.plan.confidence);
            let pooled = Measured::pooled(&measured, self.scenario);
            let mut cell = pooled.cell(self.scenario, name, self.plan.strategies.get(index), throughput);
            let verified = self.verified(index);
            cell.findings.splice(0..0, self.findings(index).into_iter().chain(verified.findings()));
            cell.verification = verified.verification();
            if let Some(seen) = self.seen(index) {
                seen.tell(&mut cell);
            }
            cell.violations = verified.violations();
            cell.of_limit = limit
                .as_ref()
                .and_then(|(limit, name)| judge::of_limit(name, &measured, limit, self.plan.confidence));
            if let Some(memory) = memory {
                let allocations_per_operation = pooled.allocations_per_operation();
                cell.memory = Some(Memory { allocations_per_operation, ..memory[index] });
            }
            cell
        };
        self.plan.names().enumerate().map(cell).collect()
    }

    /// Every candidate against its baselines.
    pub(super) fn comparisons(&self, memory: Option<&[Memory]>) -> Vec<Comparison> {
        let measured: Vec<_> = self.plan.names().enumerate().map(|(index, _)| self.strategy(index)).collect();
        let control = self.of_all(|it| it.control.as_ref());
        judge::comparisons(self.plan, &self.scenario.name, &measured, control.as_deref(), memory)
    }

    /// What keeping latencies cost: throughput in slices that did ÷ throughput in slices without a clock.
    pub(super) fn probe_effect(&self) -> Option<f64> {
        let everybody = |it: &&'a Outcome| {
            it.strategies.iter().chain(&it.control).chain(&it.limit).map(|ran| &ran.measured)
        };
        judge::probe_effect(self.processes.iter().map(everybody), self.plan.confidence)
    }

    /// What each change on the plan's ways gave.
    pub(super) fn ablations(&self) -> Vec<Ablation> {
        let rounds = |it: &&'a Outcome| it.strategies.iter().map(|ran| &*ran.measured.rounds).collect();
        let processes: Vec<Vec<_>> = self.processes.iter().map(rounds).collect();
        ablation::effects(self.plan, &self.scenario.name, &processes)
    }

    fn strategy(&self, index: usize) -> Vec<&'a Measured> {
        self.processes.iter().map(|it| &it.strategies[index].measured).collect()
    }

    /// What was verified in all processes together.
    fn verified(&self, index: usize) -> Verified {
        let mut all = Verified::default();
        self.processes.iter().for_each(|it| all.merge(&it.strategies[index].verified));
        all
    }

    /// What was seen of its locks in all processes together.
    fn seen(&self, index: usize) -> Option<Seen> {
        let seen = self.processes.iter().filter_map(|it| it.strategies[index].seen.clone());
        seen.reduce(|mut all, other| {
            all.add(other);
            all
        })
    }

    /// What several processes found alike is told once.
    fn findings(&self, index: usize) -> Vec<Finding> {
        let mut found: Vec<Finding> = Vec::new();
        for finding in self.processes.iter().flat_map(|it| &it.strategies[index].findings) {
            if !found.contains(finding) {
                found.push(finding.clone());
            }
        }
        found
    }

    /// Somebody who is in every process or in none.
    fn of_all(&self, who: impl Fn(&'a Outcome) -> Option<&'a Ran>) -> Option<Vec<&'a Measured>> {
        self.processes.iter().map(|it| who(it).map(|ran| &ran.measured)).collect()
    }
}
