//! What one entrant has done in the slices that count, and the cell that follows from it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::record::{self, Cell, Finding, Severity};
use crate::session::Traffic;
use crate::stats::jain;
use crate::strategy::Strategy;
use crate::workload::{Arrival, Operation, Point, Scenario};

use super::arena::Sliced;
use super::judge;
use super::plan::Plan;
use super::rival::Kind;
use super::samples::{Block, Tally};

/// What one entrant did in one round, in operations a second. Empty where it was no longer in the race, or the run was
/// interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Round {
    /// In the slice that tells throughput.
    pub(super) throughput: Option<f64>,
    /// In the slice that tells latency, where that is another one.
    pub(super) probed: Option<f64>,
}

/// Everything one entrant has done in the slices that count.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) rounds: Vec<Round>,
    /// The p99 of each operation in nanoseconds, block by block.
    pub(super) blocks: Vec<BTreeMap<Operation, u64>>,
    /// The block that is being filled.
    block: Block,
    tally: Tally,
    time: Duration,
    misses: u64,
    evictions: u64,
    /// Newcomers that the cache turned away; counted among the evictions, too.
    turned_away: u64,
    /// Operations that each task has done.
    by_task: Vec<u64>,
    /// Allocations in slices without a clock, and the operations in them.
    allocations: Option<(u64, u64)>,
}

impl Measured {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self { by_task: vec![0; scenario.tasks() as usize], ..Self::default() }
    }

    /// Counts a slice towards a round.
    pub(super) fn count(&mut self, round: usize, kind: Kind, tells_throughput: bool, slice: &Sliced) {
        if self.rounds.len() <= round {
            self.rounds.resize_with(round + 1, Round::default);
        }
        let mut done = 0;
        for client in &slice.clients {
            let of_client: u64 = client.log.counts.iter().map(|counts| counts.done).sum();
            done += of_client;
            self.by_task[client.index] += of_client;
            self.tally.add(&client.log);
            self.block.add(&client.log);
        }
        self.time += slice.elapsed;
        let rate = Some(done as f64 / slice.elapsed.as_secs_f64());
        let Round { throughput, probed } = &mut self.rounds[round];
        *(if tells_throughput { throughput } else { probed }) = rate;
        if kind == Kind::Bare
            && let Some(new) = slice.allocations
        {
            let (allocations, operations) = self.allocations.unwrap_or_default();
            self.allocations = Some((allocations + new, operations + done));
        }
    }

    /// Counts what manager and cache did during a slice.
    pub(super) fn traffic(&mut self, before: Traffic, after: Traffic) {
        self.misses += after.misses - before.misses;
        self.evictions += after.cache.evictions - before.cache.evictions;
        self.turned_away += after.cache.refused - before.cache.refused;
    }

    /// Ends a block of rounds: their latencies become one p99 for each operation.
    pub(super) fn end_block(&mut self) {
        self.blocks.push(self.block.take_p99());
    }

    /// What the record says of it, but for what others must say: limits and memory.
    pub(super) fn cell(&self, plan: &Plan, scenario: &Scenario, strategy: &Strategy) -> Cell {
        let factors = strategy.factors();
        Cell {
            scenario: scenario.name.clone(),
            strategy: strategy.name().to_owned(),
            factors: Some(record::Factors {
                session: factors.session.to_string(),
                cache: factors.cache.to_string(),
                dto: factors.dto.to_string(),
                save: factors.save.to_string(),
                state: factors.state.to_string(),
            }),
            point: point(scenario.point()),
            arrival: match scenario.arrival {
                Arrival::Closed => record::Arrival::Closed,
                Arrival::Open(_) => record::Arrival::Open,
            },
            seconds: self.time.as_secs_f64(),
            rounds: self.rounds.len() as u32,
            operations: self.tally.sum(|counts| counts.done),
            errors: self.tally.sum(|counts| counts.errors),
            refused: self.tally.sum(|counts| counts.refused),
            hit_ratio: self.hit_ratio(),
            evictions: Some(self.evictions),
            throughput: judge::throughput(&self.rounds, plan.confidence),
            latency_ns: self.tally.latencies(),
            timeline: None,
            wait_ns: None,
            hold_ns: None,
            memory: None,
            fairness: self.fairness(scenario),
            of_limit: None,
            verification: None,
            findings: self.findings().collect(),
            violations: Vec::new(),
        }
    }

    fn hit_ratio(&self) -> Option<f64> {
        let Tally { look_ups, .. } = self.tally;
        (look_ups > 0).then(|| 1.0 - (self.misses as f64 / look_ups as f64).min(1.0))
    }

    /// Heap allocations for one operation.
    pub(super) fn allocations_per_operation(&self) -> Option<f64> {
        let (allocations, operations) = self.allocations.filter(|(_, operations)| *operations > 0)?;
        Some(allocations as f64 / operations as f64)
    }

    /// The least even sharing among tasks that ask alike. Who reads and who writes are not expected to do as much.
    fn fairness(&self, scenario: &Scenario) -> Option<record::Fairness> {
        let mut tasks = self.by_task.as_slice();
        let groups = scenario.groups.iter().filter_map(|group| {
            let alike;
            (alike, tasks) = tasks.split_at(group.tasks.get() as usize);
            jain(alike)
        });
        let jain = groups.reduce(f64::min)?;
        let mut sorted = self.by_task.clone();
        sorted.sort_unstable();
        Some(record::Fairness {
            jain,
            max_wait_ns: self.tally.longest(),
            operations_per_task: Some(record::PerTask {
                min: sorted[0],
                median: sorted[sorted.len() / 2],
                max: sorted[sorted.len() - 1],
            }),
        })
    }

    fn findings(&self) -> impl Iterator<Item = Finding> {
        let failed = self.tally.first_error.as_ref().map(|first| {
            let places = Operation::ALL
                .into_iter()
                .filter(|operation| self.tally.counts[operation.index()].errors > 0);
            Finding {
                kind: "errors".to_owned(),
                severity: Severity::Error,
                message: format!(
                    "{} operations failed; the first: {first}",
                    self.tally.sum(|counts| counts.errors)
                ),
                places: places.map(|operation| operation.name().to_owned()).collect(),
                tasks: Vec::new(),
            }
        });
        let turned_away = (self.turned_away > 0).then(|| Finding {
            kind: "turned away".to_owned(),
            severity: Severity::Info,
            message: format!(
                "of {} evictions {} were newcomers that the cache did not take in; such a session is loaded anew \
                 when it is asked for again",
                self.evictions, self.turned_away,
            ),
            places: Vec::new(),
            tasks: Vec::new(),
        });
        failed.into_iter().chain(turned_away)
    }
}

/// Where every task both reads and writes there are no readers and writers to count.
fn point(point: Point) -> record::Point {
    let dedicated = point.readers + point.writers > 0;
    record::Point {
        workers: point.workers,
        tasks: point.tasks,
        readers: dedicated.then_some(point.readers),
        writers: dedicated.then_some(point.writers),
        save_ms: Some(point.save_ms),
    }
}
