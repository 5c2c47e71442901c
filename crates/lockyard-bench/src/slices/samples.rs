//! What one task, or one subject, has seen: counters, and latencies in nanoseconds. Operations are identified by
//! their index among the workload's.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::record::Latency;
use crate::workload::Operation;

/// How one operation went, how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) done: u64,
    pub(crate) refused: u64,
    pub(crate) errors: u64,
    /// No answer came: what became of them is not known.
    pub(crate) unanswered: u64,
}

/// The log of one task during one slice. Written by that task alone.
#[derive(Debug, Default)]
pub(crate) struct TaskLog {
    /// By operation.
    pub(crate) counts: Box<[Counts]>,
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

    fn nanos(self) -> u64 {
        self.0 & Self::NANOS
    }
}

impl TaskLog {
    /// Of a workload with so many operations.
    pub(crate) fn new(operations: usize) -> Self {
        Self { counts: vec![Counts::default(); operations].into_boxed_slice(), ..Self::default() }
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
        self.counts.fill(Counts::default());
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
        self.count(&log.counts, log.look_ups, [&log.first_error, &log.first_silence]);
        for sample in &log.samples {
            let histogram = self.histograms.entry(sample.operation()).or_insert_with(histogram);
            histogram.saturating_record(sample.nanos());
        }
    }

    /// Adds what it has done in another process.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.count(&other.counts, other.look_ups, [&other.first_error, &other.first_silence]);
        for (operation, seen) in &other.histograms {
            let histogram = self.histograms.entry(*operation).or_insert_with(histogram);
            histogram.add(seen).expect("all histograms have the same bounds");
        }
    }

    fn count(
        &mut self,
        counts: &[Counts],
        look_ups: u64,
        [first_error, first_silence]: [&Option<String>; 2],
    ) {
        if self.counts.len() < counts.len() {
            self.counts.resize_with(counts.len(), Counts::default);
        }
        for (total, new) in self.counts.iter_mut().zip(counts) {
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

    /// The percentiles, by the names of the operations.
    pub(crate) fn latencies(&self, operations: &[Operation]) -> BTreeMap<String, Latency> {
        let named = |(operation, seen): (&usize, &Histogram<u64>)| {
            (operations[*operation].name.to_owned(), summary(seen))
        };
        self.histograms.iter().map(named).collect()
    }
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
    Latency {
        count: seen.len(),
        p50: seen.value_at_quantile(0.50),
        p90: seen.value_at_quantile(0.90),
        p99: seen.value_at_quantile(0.99),
        p99_9: seen.value_at_quantile(0.999),
        max: seen.max(),
    }
}

/// The latencies of some slices in a row, for a percentile of them that can be compared.
#[derive(Default)]
pub(crate) struct Block(BTreeMap<usize, Vec<u64>>);

impl Block {
    pub(crate) fn add(&mut self, log: &TaskLog) {
        for sample in &log.samples {
            self.0.entry(sample.operation()).or_default().push(sample.nanos());
        }
    }

    /// The exact 99th percentile over all operations together, in nanoseconds; `None` if none was timed.
    pub(crate) fn p99_of_all(&self) -> Option<u64> {
        let all: Vec<u64> = self.0.values().flatten().copied().collect();
        (!all.is_empty()).then(|| p99(all))
    }

    /// The exact 99th percentile of each operation, in nanoseconds. Leaves the block empty.
    pub(crate) fn take_p99(&mut self) -> BTreeMap<usize, u64> {
        std::mem::take(&mut self.0).into_iter().map(|(operation, nanos)| (operation, p99(nanos))).collect()
    }
}

/// The smallest latency that at least 99 % do not exceed. There must be one.
fn p99(mut nanos: Vec<u64>) -> u64 {
    // The nearest-rank definition: the smallest rank that holds 99 %, counted from one, and from zero for the
    // index.
    let rank = (nanos.len() * 99).div_ceil(100).max(1) - 1;
    *nanos.select_nth_unstable(rank).1
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
    fn percentiles_of_one_to_a_thousand_are_known() {
        let first = log((1..=500).map(|nanos| (GET, nanos)));
        let second = log((501..=1_000).map(|nanos| (GET, nanos)));
        let mut block = Block::default();
        block.add(&second);
        block.add(&first);
        assert_eq!(block.take_p99()[&GET], 990);
        assert!(block.take_p99().is_empty(), "it begins anew");

        let mut tally = SubjectTotals::default();
        tally.add(&first);
        tally.add(&second);
        let seen = &tally.latencies(&OPERATIONS)["get"];
        assert_eq!(
            (seen.count, seen.p50, seen.p90, seen.p99, seen.p99_9, seen.max),
            (1_000, 500, 900, 990, 999, 1_000)
        );
    }

    /// Of 1..=100 and 201..=300 the 198th of 200 is 298; of each by itself the 99th of 100.
    #[test]
    fn the_p99_of_all_is_over_all_operations() {
        let mut block = Block::default();
        assert_eq!(block.p99_of_all(), None);
        block.add(&log((1..=100).map(|nanos| (GET, nanos))));
        block.add(&log((201..=300).map(|nanos| (UPDATE, nanos))));
        assert_eq!(block.p99_of_all(), Some(298));
        assert_eq!(block.take_p99()[&GET], 99);
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
    fn the_p99_of_a_single_sample_is_that_sample() {
        let only = log([(UPDATE, 7)].into_iter());
        let mut block = Block::default();
        block.add(&only);
        assert_eq!(block.take_p99()[&UPDATE], 7);
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
