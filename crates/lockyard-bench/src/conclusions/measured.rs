//! What one subject has done in the slices that count, and the cell that follows from it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::record::{self, Cell, Finding, FindingKind, Severity};
use crate::slices::{Block, Distribution, LatencyMode, Sliced, SubjectTotals, TaskLog};
use crate::stats::jain;
use crate::system::{CacheCounters, Counters};
use crate::workload::Arrival;

use super::facts::{SubjectFacts, WorkloadFacts};
use super::notices::{noticed, turned_away};
use super::rounds::{Round, RoundNumber};

/// Everything one subject has done in the slices that count, in one process.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Layout by layout.
    pub(crate) rounds: Vec<Vec<Round>>,
    /// What each operation took, block by block.
    pub(crate) blocks: Vec<BTreeMap<usize, Distribution>>,
    /// The block that is being filled.
    #[serde(skip)]
    block: Block,
    /// What there was before that block: measured time, and operations done.
    before_block: (Duration, u64),
    /// The blocks, as the record has them.
    timeline: Vec<record::Slice>,
    pub(super) tally: SubjectTotals,
    time: Duration,
    /// What its cache has counted in these slices, where it has one.
    cache: Option<CacheCounters>,
    /// Whatever else it has counted.
    counters: BTreeMap<String, u64>,
    /// Operations that each task has done.
    by_task: Vec<u64>,
    /// Allocations in slices without a clock, and the operations in them.
    allocations: Option<(u64, u64)>,
    /// Under a plan: when each slice began.
    #[serde(default)]
    pub(crate) spans: Vec<record::RoundSpan>,
}

impl Measured {
    pub(crate) fn new(workload: &WorkloadFacts) -> Self {
        Self { by_task: vec![0; workload.shape.tasks() as usize], ..Self::default() }
    }

    /// Counts a slice towards a round, with what each task did in it, and says what all did.
    pub(crate) fn count<'a>(
        &mut self,
        RoundNumber { layout, nth }: RoundNumber,
        mode: LatencyMode,
        tells_throughput: bool,
        slice: Sliced,
        logs: impl Iterator<Item = (usize, &'a TaskLog)>,
    ) -> u64 {
        self.rounds.resize_with(self.rounds.len().max(layout + 1), Vec::new);
        let rounds = &mut self.rounds[layout];
        rounds.resize_with(rounds.len().max(nth + 1), Round::default);
        let mut done = 0;
        for (task, log) in logs {
            let of_task = log.done();
            done += of_task;
            self.by_task[task] += of_task;
            self.tally.add(log);
            self.block.add(log);
        }
        self.time += slice.elapsed;
        let rate = Some(done as f64 / slice.elapsed.as_secs_f64());
        let Round { throughput, probed } = &mut self.rounds[layout][nth];
        *(if tells_throughput { throughput } else { probed }) = rate;
        if mode == LatencyMode::Bare
            && let Some(new) = slice.allocations
        {
            let (allocations, operations) = self.allocations.unwrap_or_default();
            self.allocations = Some((allocations + new, operations + done));
        }
        done
    }

    /// Counts what the system has counted during a slice.
    pub(crate) fn counters(&mut self, before: &Counters, after: &Counters) {
        if let (Some(before), Some(after)) = (before.cache, after.cache) {
            let cache = self.cache.get_or_insert_default();
            cache.misses += after.misses - before.misses;
            cache.evictions += after.evictions - before.evictions;
            cache.turned_away += after.turned_away - before.turned_away;
        }
        for (name, count) in &after.others {
            let earlier =
                before.others.iter().find(|(other, _)| other == name).map_or(0, |(_, count)| *count);
            *self.counters.entry((*name).to_owned()).or_default() += count.saturating_sub(earlier);
        }
    }

    /// Ends a block of rounds: their latencies become one distribution for each operation.
    pub(crate) fn end_block(&mut self) {
        let (began, done_before) = self.before_block;
        let done = self.tally.sum(|counts| counts.done);
        // A subject that is stuck has no more slices.
        if self.time > began {
            self.timeline.push(record::Slice {
                at_s: began.as_secs_f64(),
                operations: done - done_before,
                p99_ns: self.block.p99_of_all(),
            });
        }
        self.before_block = (self.time, done);
        self.blocks.push(self.block.take());
    }

    /// What one subject has done in several processes, counted together. Its rounds stand one after the other, to be
    /// counted, too: what is compared are the rounds of each process by themselves.
    pub(crate) fn pooled(processes: &[&Self], workload: &WorkloadFacts) -> Self {
        let mut pooled = Self::new(workload);
        for process in processes {
            pooled.pool(process);
        }
        pooled
    }

    fn pool(&mut self, other: &Self) {
        self.rounds.extend_from_slice(&other.rounds);
        let later =
            |slice: &record::Slice| record::Slice { at_s: slice.at_s + self.time.as_secs_f64(), ..*slice };
        self.timeline.extend(other.timeline.iter().map(later));
        self.tally.merge(&other.tally);
        self.time += other.time;
        if let Some(other) = other.cache {
            let cache = self.cache.get_or_insert_default();
            cache.misses += other.misses;
            cache.evictions += other.evictions;
            cache.turned_away += other.turned_away;
        }
        for (name, count) in &other.counters {
            *self.counters.entry(name.clone()).or_default() += count;
        }
        for (mine, other) in self.by_task.iter_mut().zip(&other.by_task) {
            *mine += other;
        }
        let both = self.allocations.into_iter().chain(other.allocations);
        self.allocations = both.reduce(|(a, b), (c, d)| (a + c, b + d));
    }

    /// What the record says of it, but for what others must say: limits and memory.
    pub(crate) fn cell(
        &self,
        workload: &WorkloadFacts,
        subject: &SubjectFacts,
        throughput: record::Throughput,
    ) -> Cell {
        // The store of a server has its own speed.
        let save_ms = workload.point.save_ms.filter(|_| !subject.outside);
        Cell {
            scenario: workload.name.clone(),
            strategy: subject.name.clone(),
            factors: subject.factors.clone(),
            point: record::Point { save_ms, ..workload.point.clone() },
            arrival: match workload.shape.arrival {
                Arrival::Closed => record::Arrival::Closed,
                Arrival::Open { .. } => record::Arrival::Open,
            },
            seconds: self.time.as_secs_f64(),
            seconds_asked: None,
            rounds: self.rounds.iter().flatten().filter(|round| round.throughput.is_some()).count() as u32,
            layouts: Some(self.rounds.len() as u32),
            operations: self.tally.sum(|counts| counts.done),
            errors: self.tally.sum(|counts| counts.errors),
            refused: self.tally.sum(|counts| counts.refused),
            unanswered: self.tally.sum(|counts| counts.unanswered),
            hit_ratio: self.hit_ratio(),
            evictions: self.cache.map(|cache| cache.evictions),
            counters: Some(&self.counters)
                .filter(|counters| !counters.is_empty())
                .map(|counters| counters.iter().map(|(name, count)| (name.clone(), *count as f64)).collect()),
            read_share: self.tally.read_share(workload.operations),
            reads_per_s: self.per_second(workload, true),
            writes_per_s: self.per_second(workload, false),
            throughput,
            latency_ns: self.tally.latencies(workload.operations),
            latency_curves_ns: self.tally.latency_curves(workload.operations),
            timeline: (!self.timeline.is_empty())
                .then(|| self.timeline.iter().map(|it| it.to_millis()).collect()),
            wait_ns: None,
            hold_ns: None,
            lock_uses: None,
            tracked_beside_s: None,
            memory: None,
            fairness: self.fairness(workload),
            of_limit: None,
            verification: None,
            findings: self
                .findings(workload)
                .chain(noticed(&self.by_task, self.time, workload, throughput))
                .collect(),
            violations: Vec::new(),
        }
    }

    /// Reads or writes a second of the measured time; `None` where no such operation was asked for.
    fn per_second(&self, workload: &WorkloadFacts, reads: bool) -> Option<f64> {
        let done = self.tally.done_of(workload.operations, reads);
        // A client that waited all the time has done none.
        let clients = if reads { workload.point.readers } else { workload.point.writers };
        let done = done.or_else(|| (clients? > 0).then_some(0))?;
        (!self.time.is_zero()).then(|| done as f64 / self.time.as_secs_f64())
    }

    fn hit_ratio(&self) -> Option<f64> {
        let (cache, look_ups) = (self.cache?, self.tally.look_ups);
        (look_ups > 0).then(|| 1.0 - (cache.misses as f64 / look_ups as f64).min(1.0))
    }

    /// Heap allocations for one operation.
    pub(crate) fn allocations_per_operation(&self) -> Option<f64> {
        let (allocations, operations) = self.allocations.filter(|(_, operations)| *operations > 0)?;
        Some(allocations as f64 / operations as f64)
    }

    /// The least even sharing among tasks that ask alike. Readers and writers are not expected to do as much.
    fn fairness(&self, workload: &WorkloadFacts) -> Option<record::Fairness> {
        let mut tasks = self.by_task.as_slice();
        let groups = workload.shape.groups.iter().filter_map(|group| {
            let alike;
            (alike, tasks) = tasks.split_at(group.tasks as usize);
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

    fn findings(&self, workload: &WorkloadFacts) -> impl Iterator<Item = Finding> {
        let finding = |kind, severity, message, places| Finding {
            kind,
            rule: None,
            severity,
            message,
            places,
            tasks: Vec::new(),
            edges: Vec::new(),
        };
        let failed = self.tally.first_error.as_ref().map(|first| {
            let failing = workload.operations.iter().zip(&self.tally.counts).filter(|(_, it)| it.errors > 0);
            let places = failing.map(|(operation, _)| operation.name.to_owned()).collect();
            let errors = self.tally.sum(|counts| counts.errors);
            let message = format!("{errors} operations failed; the first: {first}");
            finding(FindingKind::Errors, Severity::Error, message, places)
        });
        let unanswered = self.tally.first_silence.as_ref().map(|first| {
            let count = self.tally.sum(|counts| counts.unanswered);
            let message =
                format!("{count} operations had no answer, so their outcome is unknown; the first: {first}");
            finding(FindingKind::Unanswered, Severity::Warning, message, Vec::new())
        });
        let turned_away = self.cache.and_then(turned_away);
        failed.into_iter().chain(unanswered).chain(turned_away)
    }
}

#[cfg(test)]
mod tests {
    use crate::slices::{Meter, Outcome};
    use crate::workload::{Operation, WorkloadShape};

    use super::*;

    const OPERATIONS: &[Operation] = &[Operation::read("get").looking_up(), Operation::write("put")];

    const THROUGHPUT: record::Throughput = record::Throughput { ops_per_s: 300.0, ci: [290.0, 310.0] };

    fn workload() -> WorkloadFacts {
        let shape = WorkloadShape::closed(1, 2);
        let point = record::Point { workers: 1, tasks: 2, save_ms: Some(3), ..record::Point::default() };
        WorkloadFacts { name: "small".to_owned(), operations: OPERATIONS, shape, point }
    }

    fn subject(outside: bool) -> SubjectFacts {
        SubjectFacts { outside, ..SubjectFacts::named("a") }
    }

    fn sliced(allocations: Option<u64>) -> Sliced {
        Sliced { begun: quanta::Instant::now(), elapsed: Duration::from_millis(100), allocations }
    }

    /// A slice of a tenth of a second in which the tasks have read so often.
    fn count(measured: &mut Measured, round: usize, by_task: [u64; 2], nanos: u64) {
        let logs = by_task.map(|done| TaskLog::of_samples(OPERATIONS.len(), 0, done, nanos));
        let sliced = sliced(Some(10));
        let number = RoundNumber { layout: round, nth: 0 };
        measured.count(number, LatencyMode::Bare, true, sliced, logs.iter().enumerate());
        measured.end_block();
    }

    /// Two blocks of one slice each, of which the second is slower.
    fn measured() -> Measured {
        let mut measured = Measured::new(&workload());
        count(&mut measured, 0, [300, 100], 5);
        count(&mut measured, 1, [100, 100], 9);
        let misses = |misses| {
            let cache = CacheCounters { misses, ..CacheCounters::default() };
            Counters { cache: Some(cache), others: vec![("loads", misses)] }
        };
        measured.counters(&misses(4), &misses(64));
        measured
    }

    fn cell(measured: &Measured) -> Cell {
        measured.cell(&workload(), &subject(false), THROUGHPUT)
    }

    #[test]
    fn of_a_server_only_that_is_reported_which_clients_see() {
        let mut measured = Measured::new(&workload());
        measured.counters(&Counters::default(), &Counters::default());
        let cell = measured.cell(&workload(), &subject(true), THROUGHPUT);
        let unseen = (cell.factors, cell.hit_ratio, cell.evictions, cell.point.save_ms);
        assert_eq!(unseen, (None, None, None, None));
    }

    #[test]
    fn silence_is_reported_and_is_no_error() {
        use crate::slices::testing::meter;

        let mut meter: Meter = meter(OPERATIONS);
        let start = meter.begin(0);
        meter.end(start, Outcome::Unknown(&"the connection was lost"));
        let mut measured = Measured::new(&workload());
        let sliced = sliced(None);
        let number = RoundNumber { layout: 0, nth: 0 };
        measured.count(number, LatencyMode::Bare, true, sliced, std::iter::once((0, meter.log())));
        let cell = cell(&measured);
        assert_eq!((cell.operations, cell.errors, cell.refused, cell.unanswered), (0, 0, 0, 1));
        let [finding] = &cell.findings[..] else { panic!("{:?}", cell.findings) };
        assert_eq!((finding.kind, finding.severity), (FindingKind::Unanswered, Severity::Warning));
        assert!(finding.message.starts_with("1 operations") && finding.message.ends_with("was lost"));
    }

    /// By hand: 600 operations of which the tasks did 400 and 200, so that Jain's index is 600² ÷ (2 · (400² + 200²)) = 0.9; 20
    /// allocations; 60 misses of 600 look-ups; 600 reads in 0.2 s.
    #[test]
    fn a_cell_by_hand() {
        let cell = cell(&measured());
        assert_eq!((cell.operations, cell.rounds, cell.errors), (600, 2, 0));
        assert!((cell.seconds - 0.2).abs() < 1e-12);
        assert!((cell.hit_ratio.unwrap() - 0.9).abs() < 1e-12);
        assert!((cell.counters.unwrap()["loads"] - 60.0).abs() < 1e-12);
        assert!((cell.reads_per_s.unwrap() - 3_000.0).abs() < 1e-9);
        assert_eq!(cell.writes_per_s, None, "none was asked for");
        let mut apart = workload();
        apart.point.writers = Some(1);
        let cell = measured().cell(&apart, &subject(false), THROUGHPUT);
        assert_eq!(cell.writes_per_s, Some(0.0), "the writer waited all the time");
        let fairness = cell.fairness.unwrap();
        assert!((fairness.jain - 0.9).abs() < 1e-12, "{fairness:?}");
        assert_eq!(fairness.max_wait_ns, Some(9));
        let per_task = fairness.operations_per_task.unwrap();
        assert_eq!((per_task.min, per_task.max), (200, 400));
    }

    #[test]
    fn the_timeline_has_each_block() {
        let mut measured = measured();
        let slice = |at_s, operations, p99| record::Slice { at_s, operations, p99_ns: Some(p99) };
        let expected = vec![slice(0.0, 400, 5), slice(0.1, 200, 9)];
        assert_eq!(cell(&measured).timeline, Some(expected.clone()));
        measured.end_block();
        assert_eq!(cell(&measured).timeline, Some(expected), "nothing was done since");
        assert_eq!(cell(&Measured::new(&workload())).timeline, None);
    }

    #[test]
    fn what_processes_did_is_counted_together() {
        let (first, second) = (measured(), measured());
        let sent: Measured = serde_json::from_str(&serde_json::to_string(&second).unwrap()).unwrap();
        let pooled = Measured::pooled(&[&first, &sent], &workload());
        let (one, both) = (cell(&first), cell(&pooled));
        assert_eq!((both.operations, both.rounds), (1_200, 4));
        let kept = |it: &Cell| (it.hit_ratio, it.fairness.map(|it| it.jain));
        assert_eq!(kept(&both), kept(&one));
        assert_eq!(pooled.allocations_per_operation(), first.allocations_per_operation());
        let begins: Vec<_> = both.timeline.unwrap().iter().map(|slice| (slice.at_s * 10.0).round()).collect();
        assert_eq!(begins, [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(both.latency_ns["get"].count, 1_200);
        assert!((both.counters.unwrap()["loads"] - 120.0).abs() < 1e-12);
    }
}
