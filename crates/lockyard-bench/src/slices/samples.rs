//! What one task, or one subject, has seen: counters, and latencies in nanoseconds. Operations are identified by
//! their index among the workload's.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::record::{Latency, LatencyCurve, Percentile};
use crate::workload::Operation;

use super::counts::{Counts, TaskCounts};
use super::distribution::Distribution;

/// The log of one task during one slice. Written by that task alone.
#[derive(Debug, Default)]
pub(crate) struct TaskLog {
    /// By operation.
    pub(crate) counts: TaskCounts,
    /// Look-ups in a cache, those after the end of the slice included: the cache counts its misses so, too.
    pub(crate) look_ups: u64,
    /// Latencies in the order of completion: eight bytes each, written one after the other, so that keeping them
    /// disturbs the caches less than a histogram would.
    pub(crate) samples: Vec<Sample>,
    /// What the first failure said.
    pub(crate) first_error: Option<String>,
    /// Why the first answer did not come.
    pub(crate) first_silence: Option<String>,
}

/// One latency: the operation in the upper byte, nanoseconds below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample(u64);

impl Sample {
    const NANOS: u64 = (1 << 56) - 1;

    pub(crate) fn new(operation: usize, nanos: u64) -> Self {
        Self((operation as u64) << 56 | nanos.min(Self::NANOS))
    }

    fn operation(self) -> usize {
        (self.0 >> 56) as usize
    }

    pub(super) fn nanos(self) -> u64 {
        self.0 & Self::NANOS
    }
}

impl TaskLog {
    /// Of a workload with so many operations.
    pub(crate) fn new(operations: usize) -> Self {
        Self { counts: TaskCounts::new(operations), ..Self::default() }
    }

    /// One that has done an operation so often, each in so many nanoseconds, and looked something up each time.
    #[cfg(test)]
    pub(crate) fn of_samples(operations: usize, operation: usize, done: u64, nanos: u64) -> Self {
        let mut log = Self::new(operations);
        log.counts[operation].done = done;
        log.look_ups = done;
        log.samples = vec![Sample::new(operation, nanos); done as usize];
        log
    }

    /// Operations that were done.
    pub(crate) fn done(&self) -> u64 {
        self.counts.iter().map(|counts| counts.done).sum()
    }

    pub(crate) fn clear(&mut self) {
        self.counts.clear();
        self.look_ups = 0;
        self.samples.clear();
    }
}

/// Everything one subject has done in its measured slices.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct SubjectTotals {
    /// By operation; empty before the first log.
    pub(crate) counts: Vec<Counts>,
    pub(crate) look_ups: u64,
    pub(crate) first_error: Option<String>,
    pub(crate) first_silence: Option<String>,
    #[serde(with = "seen")]
    histograms: BTreeMap<usize, Histogram<u64>>,
}

impl SubjectTotals {
    pub(crate) fn add(&mut self, log: &TaskLog) {
        self.count(log.counts.iter(), log.look_ups, [&log.first_error, &log.first_silence]);
        for sample in &log.samples {
            let histogram = self.histograms.entry(sample.operation()).or_insert_with(histogram);
            histogram.saturating_record(sample.nanos());
        }
    }

    /// Adds what it has done in another process.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.count(other.counts.iter(), other.look_ups, [&other.first_error, &other.first_silence]);
        for (operation, seen) in &other.histograms {
            let histogram = self.histograms.entry(*operation).or_insert_with(histogram);
            histogram.add(seen).expect("all histograms have the same bounds");
        }
    }

    fn count<'a>(
        &mut self,
        counts: impl Iterator<Item = &'a Counts>,
        look_ups: u64,
        [first_error, first_silence]: [&Option<String>; 2],
    ) {
        for (nth, new) in counts.enumerate() {
            if nth == self.counts.len() {
                self.counts.push(Counts::default());
            }
            let total = &mut self.counts[nth];
            total.done += new.done;
            total.refused += new.refused;
            total.errors += new.errors;
            total.unanswered += new.unanswered;
        }
        self.look_ups += look_ups;
        for (mine, new) in [(&mut self.first_error, first_error), (&mut self.first_silence, first_silence)] {
            if mine.is_none() {
                mine.clone_from(new);
            }
        }
    }

    pub(crate) fn sum(&self, of: impl Fn(&Counts) -> u64) -> u64 {
        self.counts.iter().map(of).sum()
    }

    /// How many operations were done that only read, or that do not; `None` where no such operation was asked for.
    pub(crate) fn done_of(&self, operations: &[Operation], reads: bool) -> Option<u64> {
        let kinds = operations.iter().zip(&self.counts).filter(|(it, _)| it.is_read == reads);
        let asked = |it: &Counts| it.done + it.refused + it.errors + it.unanswered;
        let asked = kinds.map(|(_, counts)| counts).filter(|counts| asked(counts) > 0);
        asked.map(|counts| counts.done).reduce(|sum, done| sum + done)
    }

    /// The longest that any operation took, in nanoseconds.
    pub(crate) fn longest(&self) -> Option<u64> {
        self.histograms.values().map(Histogram::max).max()
    }

    /// The share of what was timed that only reads.
    pub(crate) fn read_share(&self, operations: &[Operation]) -> Option<f64> {
        let count = |only_reads: bool| {
            let counted = self.histograms.iter().filter(|(nth, _)| !only_reads || operations[**nth].is_read);
            counted.map(|(_, seen)| seen.len()).sum::<u64>()
        };
        let all = count(false);
        (all > 0).then(|| count(true) as f64 / all as f64)
    }

    /// What the histograms hold, by the names of the operations: the upper end of each bucket that is not empty, and how many.
    pub(crate) fn buckets(&self, operations: &[Operation]) -> BTreeMap<String, Vec<[u64; 2]>> {
        let held = |seen: &Histogram<u64>| {
            seen.iter_recorded().map(|it| [it.value_iterated_to(), it.count_at_value()]).collect()
        };
        let named = |(nth, seen): (&usize, &Histogram<u64>)| (operations[*nth].name.to_owned(), held(seen));
        self.histograms.iter().map(named).collect()
    }

    /// The percentiles, by the names of the operations.
    pub(crate) fn latencies(&self, operations: &[Operation]) -> BTreeMap<String, Latency> {
        let named = |(operation, seen): (&usize, &Histogram<u64>)| {
            (operations[*operation].name.to_owned(), summary(seen))
        };
        self.histograms.iter().map(named).collect()
    }

    /// Their curves, by the names of the operations.
    pub(crate) fn latency_curves(&self, operations: &[Operation]) -> BTreeMap<String, LatencyCurve> {
        let named = |(nth, seen): (&usize, &Histogram<u64>)| (operations[*nth].name.to_owned(), curve(seen));
        self.histograms.iter().map(named).collect()
    }
}

/// Latencies of several histograms together, of which these are the buckets: the upper end of each, and how many it holds.
pub(crate) fn latency_of(buckets: &mut dyn Iterator<Item = &[u64; 2]>) -> Latency {
    summary(&together(buckets))
}

/// The same as a curve.
pub(crate) fn latency_curve_of(buckets: &mut dyn Iterator<Item = &[u64; 2]>) -> LatencyCurve {
    curve(&together(buckets))
}

fn together(buckets: &mut dyn Iterator<Item = &[u64; 2]>) -> Histogram<u64> {
    let mut all = histogram();
    buckets.for_each(|[nanos, count]| all.saturating_record_n(*nanos, *count));
    all
}

fn curve(seen: &Histogram<u64>) -> LatencyCurve {
    LatencyCurve::of(seen.len(), |share| seen.value_at_quantile(share))
}

/// Latencies to within a thousandth, up to an hour.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("the bounds are right")
}

/// Histograms on their way from one process to another: how often which latency was seen.
mod seen {
    use serde::{Deserializer, Serializer};

    use super::{BTreeMap, Deserialize, Histogram, Serialize, histogram};

    type Histograms = BTreeMap<usize, Histogram<u64>>;

    pub(crate) fn serialize<S: Serializer>(histograms: &Histograms, to: S) -> Result<S::Ok, S::Error> {
        let seen = |histogram: &Histogram<u64>| {
            let latencies = histogram.iter_recorded();
            // The upper end of each bucket: recorded again it falls into the same bucket, so nothing is rounded
            // twice.
            latencies.map(|it| (it.value_iterated_to(), it.count_at_value())).collect::<Vec<_>>()
        };
        let seen: BTreeMap<_, _> = histograms.iter().map(|(operation, it)| (operation, seen(it))).collect();
        seen.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Histograms, D::Error> {
        let seen = BTreeMap::<usize, Vec<(u64, u64)>>::deserialize(from)?;
        let filled = |seen: Vec<(u64, u64)>| {
            let mut histogram = histogram();
            for (nanos, count) in seen {
                histogram.saturating_record_n(nanos, count);
            }
            histogram
        };
        Ok(seen.into_iter().map(|(operation, seen)| (operation, filled(seen))).collect())
    }
}

fn summary(seen: &Histogram<u64>) -> Latency {
    let count = seen.len();
    let percentile = |which: Percentile| {
        which.of_samples(count, || seen.value_at_quantile(which.per_mille() as f64 / 1e3))
    };
    Latency {
        count,
        p50: percentile(Percentile::P50).unwrap_or_default(),
        p90: percentile(Percentile::P90),
        p99: percentile(Percentile::P99),
        p99_9: percentile(Percentile::P99_9),
        max: seen.max(),
        ..Latency::default()
    }
}

/// The latencies of some slices in a row, for percentiles of them that can be compared.
#[derive(Default)]
pub(crate) struct Block(BTreeMap<usize, Vec<u64>>);

impl Block {
    pub(crate) fn add(&mut self, log: &TaskLog) {
        for sample in &log.samples {
            self.0.entry(sample.operation()).or_default().push(sample.nanos());
        }
    }

    /// The 99th percentile over all operations together, in nanoseconds; `None` of too few samples.
    pub(crate) fn p99_of_all(&self) -> Option<u64> {
        Distribution::of(self.0.values().flatten().copied().collect()).percentile(Percentile::P99)
    }

    /// What each operation took. Leaves the block empty.
    pub(crate) fn take(&mut self) -> BTreeMap<usize, Distribution> {
        let all = std::mem::take(&mut self.0).into_iter();
        all.map(|(operation, nanos)| (operation, Distribution::of(nanos))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: usize = 0;
    const UPDATE: usize = 1;
    const OPERATIONS: [Operation; 2] = [Operation::read("get"), Operation::write("update")];

    fn log(samples: impl Iterator<Item = (usize, u64)>) -> TaskLog {
        let samples = samples.map(|(operation, nanos)| Sample::new(operation, nanos)).collect();
        TaskLog { samples, ..TaskLog::new(OPERATIONS.len()) }
    }

    #[test]
    fn a_sample_keeps_its_operation_and_its_time() {
        for operation in [GET, UPDATE, 200] {
            let sample = Sample::new(operation, 123_456_789);
            assert_eq!((sample.operation(), sample.nanos()), (operation, 123_456_789));
        }
        assert_eq!(Sample::new(GET, u64::MAX).operation(), GET);
    }

    #[test]
    fn each_operation_has_counts_of_its_own() {
        let mut log = TaskLog::new(6);
        for nth in 0..6 {
            log.counts[nth].done += nth as u64 + 1;
        }
        assert_eq!(log.done(), 21);
        let mut tally = SubjectTotals::default();
        tally.add(&log);
        tally.add(&log);
        let done: Vec<_> = tally.counts.iter().take(6).map(|counts| counts.done).collect();
        assert_eq!(done, [2, 4, 6, 8, 10, 12]);
        log.clear();
        assert_eq!(log.done(), 0);
    }

    #[test]
    fn percentiles_of_one_to_a_thousand_are_known() {
        let first = log((1..=500).map(|nanos| (GET, nanos)));
        let second = log((501..=1_000).map(|nanos| (GET, nanos)));
        let mut block = Block::default();
        block.add(&second);
        block.add(&first);
        assert_eq!(block.take()[&GET].percentile(Percentile::P99), Some(990));
        assert!(block.take().is_empty(), "it begins anew");

        let mut tally = SubjectTotals::default();
        tally.add(&first);
        tally.add(&second);
        let seen = &tally.latencies(&OPERATIONS)["get"];
        let found = Percentile::ALL.map(|which| seen.percentile(which));
        assert_eq!((seen.count, seen.max), (1_000, 1_000));
        assert_eq!(found, [Some(500), Some(900), Some(990), Some(999)]);
    }

    #[test]
    fn a_percentile_of_too_few_samples_is_none() {
        for (count, expected) in [(9, [true, false, false, false]), (99, [true, true, false, false])] {
            let mut tally = SubjectTotals::default();
            tally.add(&log((0..count).map(|nanos| (GET, nanos))));
            let seen = &tally.latencies(&OPERATIONS)["get"];
            assert_eq!(Percentile::ALL.map(|which| seen.percentile(which).is_some()), expected, "of {count}");
        }
    }

    /// Of 1..=100 and 201..=300 the 198th of 200 is 298; of each by itself the 99th of 100.
    #[test]
    fn the_p99_of_all_is_over_all_operations() {
        let mut block = Block::default();
        assert_eq!(block.p99_of_all(), None);
        block.add(&log((1..=99).map(|nanos| (GET, nanos))));
        assert_eq!(block.p99_of_all(), None, "of 99");
        block.add(&log(std::iter::once((GET, 100))));
        block.add(&log((201..=300).map(|nanos| (UPDATE, nanos))));
        assert_eq!(block.p99_of_all(), Some(298));
        assert_eq!(block.take()[&GET].percentile(Percentile::P99), Some(99));
    }

    #[test]
    fn what_two_processes_have_seen_is_as_if_one_had() {
        let nanos = |nth: u64| nth * nth * 1_000;
        let first = log((1..=500).map(|nth| (GET, nanos(nth))));
        let second = log((501..=1_000).map(|nth| (GET, nanos(nth))));
        let (mut whole, mut merged, mut other) =
            (SubjectTotals::default(), SubjectTotals::default(), SubjectTotals::default());
        whole.add(&first);
        whole.add(&second);
        merged.add(&first);
        other.add(&second);
        let sent = serde_json::to_string(&other).unwrap();
        merged.merge(&serde_json::from_str(&sent).unwrap());
        assert_eq!(merged.latencies(&OPERATIONS), whole.latencies(&OPERATIONS));
        assert_eq!(merged.longest(), whole.longest());
        assert!(merged.latencies(&OPERATIONS)["get"].max >= 1_000_000_000);
    }

    #[test]
    fn the_first_error_is_the_one_that_is_kept() {
        let mut tally = SubjectTotals::default();
        for error in ["first", "second"] {
            tally.add(&TaskLog { first_error: Some(error.to_owned()), ..TaskLog::default() });
        }
        assert_eq!(tally.first_error.as_deref(), Some("first"));
    }
}
