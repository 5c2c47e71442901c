//! What one entrant has done in the slices that count, and the cell that follows from it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::backend::session::Traffic;
use crate::strategy::Strategy;
use crate::workload::{Arrival, Operation, Point, Scenario};
use lockyard_bench::record::{self, Cell, Finding, Severity};
use lockyard_bench::stats::jain;

use super::arena::Sliced;
use super::rival::Kind;
use super::samples::{Block, Tally};

/// What one entrant did in one round, in operations a second. Empty where it was no longer in the race, or the run was
/// interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Round {
    /// In the slice that tells throughput.
    pub(super) throughput: Option<f64>,
    /// In the slice that tells latency, where that is another one.
    pub(super) probed: Option<f64>,
}

/// Everything one entrant has done in the slices that count, in one process.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) rounds: Vec<Round>,
    /// The p99 of each operation in nanoseconds, block by block.
    pub(super) blocks: Vec<BTreeMap<Operation, u64>>,
    /// The block that is being filled.
    #[serde(skip)]
    block: Block,
    /// What there was before that block: measured time, and operations done.
    before_block: (Duration, u64),
    /// The blocks, as the record tells them.
    timeline: Vec<record::Slice>,
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
        let (began, done_before) = self.before_block;
        let done = self.tally.sum(|counts| counts.done);
        // Who got stuck has no more slices, and nothing to tell of them.
        if self.time > began {
            self.timeline.push(record::Slice {
                at_s: began.as_secs_f64(),
                operations: done - done_before,
                p99_ns: self.block.p99_of_all(),
            });
        }
        self.before_block = (self.time, done);
        self.blocks.push(self.block.take_p99());
    }

    /// What one entrant has done in several processes, counted together. Its rounds stand one after the other, to be
    /// counted, too: what is compared are the rounds of each process by themselves.
    pub(super) fn pooled(processes: &[&Self], scenario: &Scenario) -> Self {
        let mut pooled = Self::new(scenario);
        for process in processes {
            pooled.pool(process);
        }
        pooled
    }

    fn pool(&mut self, other: &Self) {
        self.rounds.extend(&other.rounds);
        let later =
            |slice: &record::Slice| record::Slice { at_s: slice.at_s + self.time.as_secs_f64(), ..*slice };
        self.timeline.extend(other.timeline.iter().map(later));
        self.tally.merge(&other.tally);
        self.time += other.time;
        self.misses += other.misses;
        self.evictions += other.evictions;
        self.turned_away += other.turned_away;
        for (mine, other) in self.by_task.iter_mut().zip(&other.by_task) {
            *mine += other;
        }
        let both = self.allocations.into_iter().chain(other.allocations);
        self.allocations = both.reduce(|(a, b), (c, d)| (a + c, b + d));
    }

    /// What the record says of it, but for what others must say: limits and memory. Of a server there is no strategy,
    /// and nothing to be known that clients cannot see.
    pub(super) fn cell(
        &self,
        scenario: &Scenario,
        name: &str,
        strategy: Option<&Strategy>,
        throughput: record::Throughput,
    ) -> Cell {
        let inside = strategy.is_some();
        Cell {
            scenario: scenario.name.clone(),
            strategy: name.to_owned(),
            factors: strategy.map(Strategy::factors).map(|factors| record::Factors {
                session: factors.session.to_string(),
                cache: factors.cache.to_string(),
                dto: factors.dto.to_string(),
                save: factors.save.to_string(),
                state: factors.state.to_string(),
            }),
            point: point(scenario.point(), inside),
            arrival: match scenario.arrival {
                Arrival::Closed => record::Arrival::Closed,
                Arrival::Open(_) => record::Arrival::Open,
            },
            seconds: self.time.as_secs_f64(),
            rounds: self.rounds.len() as u32,
            operations: self.tally.sum(|counts| counts.done),
            errors: self.tally.sum(|counts| counts.errors),
            refused: self.tally.sum(|counts| counts.refused),
            unanswered: self.tally.sum(|counts| counts.unanswered),
            hit_ratio: self.hit_ratio().filter(|_| inside),
            evictions: inside.then_some(self.evictions),
            throughput,
            latency_ns: self.tally.latencies(),
            timeline: Some(self.timeline.clone()).filter(|slices| !slices.is_empty()),
            wait_ns: None,
            hold_ns: None,
            lock_uses: None,
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
        let unanswered = self.tally.sum(|counts| counts.unanswered);
        let unanswered = self.tally.first_silence.as_ref().map(|first| Finding {
            kind: "unanswered".to_owned(),
            severity: Severity::Warning,
            message: format!(
                "{unanswered} operations had no answer, so that nobody knows what became of them; the first: {first}"
            ),
            places: Vec::new(),
            tasks: Vec::new(),
        });
        failed.into_iter().chain(unanswered).chain(turned_away)
    }
}

/// Where every task both reads and writes there are no readers and writers to count; and the store of a server has its own
/// speed.
fn point(point: Point, inside: bool) -> record::Point {
    let dedicated = point.readers + point.writers > 0;
    record::Point {
        workers: point.workers,
        tasks: point.tasks,
        readers: dedicated.then_some(point.readers),
        writers: dedicated.then_some(point.writers),
        save_ms: inside.then_some(point.save_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::{Client, Questions};
    use super::super::population::Population;
    use super::super::samples::{Counts, Sample};
    use super::super::watchdog::Board;
    use super::*;
    use crate::backend::service::{Elsewhere, ServiceError};

    fn scenario() -> Scenario {
        let small = ["sessions=2", "messages=0", "tasks=2"].map(str::to_owned);
        Scenario::load("polling", &small).expect("a built-in scenario")
    }

    /// A slice of a tenth of a second in which the tasks have read the state so often, each in so many nanoseconds.
    fn slice(scenario: &Scenario, by_task: [u64; 2], nanos: u64) -> Sliced {
        let questions =
            std::sync::Arc::new(Questions::new(scenario, &Population::of(scenario, 1), Vec::new(), 1));
        let board = std::sync::Arc::new(Board::new(2));
        let client = |(task, done): (usize, u64)| {
            let mut client = Client::new(task, &questions, &board);
            client.log.counts[Operation::GetContextState.index()] = Counts { done, ..Counts::default() };
            client.log.look_ups = done;
            client.log.samples = vec![Sample::new(Operation::GetContextState, nanos); done as usize];
            client
        };
        let clients = by_task.into_iter().enumerate().map(client).collect();
        Sliced { elapsed: Duration::from_millis(100), clients, allocations: Some(10) }
    }

    /// Two blocks of one slice each, of which the second is slower.
    fn measured(scenario: &Scenario) -> Measured {
        let mut measured = Measured::new(scenario);
        measured.count(0, Kind::Bare, true, &slice(scenario, [30, 10], 5));
        measured.end_block();
        measured.count(1, Kind::Bare, true, &slice(scenario, [10, 10], 9));
        measured.end_block();
        measured.misses = 6;
        measured
    }

    fn cell(measured: &Measured, scenario: &Scenario) -> Cell {
        let throughput = record::Throughput { ops_per_s: 300.0, ci: [200.0, 400.0] };
        measured.cell(scenario, "after", Some(&Strategy::parse("after").unwrap()), throughput)
    }

    #[test]
    fn of_a_server_only_that_is_told_which_clients_see() {
        let scenario = scenario();
        let throughput = record::Throughput { ops_per_s: 300.0, ci: [200.0, 400.0] };
        let cell = measured(&scenario).cell(&scenario, "remote", None, throughput);
        assert_eq!((cell.operations, &*cell.strategy), (60, "remote"));
        assert_eq!(
            (cell.factors, cell.hit_ratio, cell.evictions, cell.point.save_ms),
            (None, None, None, None)
        );
    }

    #[test]
    fn silence_is_told_and_is_no_error() {
        let scenario = scenario();
        let mut slice = slice(&scenario, [3, 3], 5);
        let reason = "the connection was lost".to_owned();
        let lost = ServiceError::Elsewhere { outcome: Elsewhere::Unanswered, reason };
        slice.clients[1].log.failed(Operation::GetContext, &lost);
        let mut measured = Measured::new(&scenario);
        measured.count(0, Kind::Bare, true, &slice);
        let cell = cell(&measured, &scenario);
        assert_eq!((cell.operations, cell.errors, cell.refused), (6, 0, 0));
        let [finding] = &cell.findings[..] else { panic!("{:?}", cell.findings) };
        assert_eq!((&*finding.kind, finding.severity), ("unanswered", Severity::Warning));
        assert!(finding.message.starts_with("1 operations") && finding.message.ends_with("was lost"));
    }

    /// By hand: 60 operations of which the tasks did 40 and 20, so that Jain's index is 60² ÷ (2 · (40² + 20²)) = 0.9; 20
    /// allocations; 6 misses of 60 look-ups.
    #[test]
    fn a_cell_by_hand() {
        let scenario = scenario();
        let cell = cell(&measured(&scenario), &scenario);
        assert_eq!((cell.operations, cell.rounds, cell.errors), (60, 2, 0));
        assert!((cell.seconds - 0.2).abs() < 1e-12);
        assert!((cell.hit_ratio.unwrap() - 0.9).abs() < 1e-12);
        let fairness = cell.fairness.unwrap();
        assert!((fairness.jain - 0.9).abs() < 1e-12, "{fairness:?}");
        assert_eq!(fairness.max_wait_ns, Some(9));
        let per_task = fairness.operations_per_task.unwrap();
        assert_eq!((per_task.min, per_task.max), (20, 40));
    }

    #[test]
    fn the_timeline_tells_each_block() {
        let scenario = scenario();
        let mut measured = measured(&scenario);
        let slice = |at_s, operations, p99| record::Slice { at_s, operations, p99_ns: Some(p99) };
        let expected = vec![slice(0.0, 40, 5), slice(0.1, 20, 9)];
        assert_eq!(cell(&measured, &scenario).timeline, Some(expected.clone()));
        measured.end_block();
        assert_eq!(cell(&measured, &scenario).timeline, Some(expected), "nothing was done since");
        assert_eq!(cell(&Measured::new(&scenario), &scenario).timeline, None);
    }

    #[test]
    fn what_processes_did_is_counted_together() {
        let scenario = scenario();
        let (first, second) = (measured(&scenario), measured(&scenario));
        let sent: Measured = serde_json::from_str(&serde_json::to_string(&second).unwrap()).unwrap();
        let pooled = Measured::pooled(&[&first, &sent], &scenario);
        let (one, both) = (cell(&first, &scenario), cell(&pooled, &scenario));
        assert_eq!((both.operations, both.rounds), (120, 4));
        assert_eq!(
            (both.hit_ratio, both.fairness.map(|it| it.jain)),
            (one.hit_ratio, one.fairness.map(|it| it.jain))
        );
        assert_eq!(pooled.allocations_per_operation(), first.allocations_per_operation());
        let begins: Vec<_> = both.timeline.unwrap().iter().map(|slice| (slice.at_s * 10.0).round()).collect();
        assert_eq!(begins, [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(both.latency_ns["get_context_state"].count, 120);
    }
}
