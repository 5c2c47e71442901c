//! What one task, or one rival, has seen: counters, and latencies in nanoseconds.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::backend::service::ServiceError;
use crate::workload::Operation;
use lockyard_bench::record::Latency;

/// How one operation went, how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) done: u64,
    pub(super) refused: u64,
    pub(super) errors: u64,
    /// No answer came: what became of them is not known.
    pub(super) unanswered: u64,
}

/// The log of one task during one slice. Written by that task alone.
#[derive(Default)]
pub(super) struct Log {
    pub(super) counts: [Counts; Operation::COUNT],
    /// Sessions looked up, those after the end of the slice included: the cache counts its misses so, too.
    pub(super) look_ups: u64,
    /// Latencies in the order of completion: eight bytes each, written one after the other, so that keeping them
    /// disturbs the caches less than a histogram would.
    pub(super) samples: Vec<Sample>,
    /// What the first failure said.
    pub(super) first_error: Option<String>,
    /// Why the first answer did not come.
    pub(super) first_silence: Option<String>,
}

/// One latency: the operation in the upper byte, nanoseconds below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample(u64);

impl Sample {
    const NANOS: u64 = (1 << 56) - 1;

    pub(super) fn new(operation: Operation, nanos: u64) -> Self {
        Self((operation.index() as u64) << 56 | nanos.min(Self::NANOS))
    }

    fn operation(self) -> Operation {
        Operation::ALL[(self.0 >> 56) as usize]
    }

    fn nanos(self) -> u64 {
        self.0 & Self::NANOS
    }
}

impl Log {
    /// Counts what was refused, failed, or is not known.
    #[cold]
    pub(super) fn failed(&mut self, operation: Operation, error: &ServiceError) {
        let counts = &mut self.counts[operation.index()];
        if error.is_refusal() {
            counts.refused += 1;
        } else if error.is_unanswered() {
            counts.unanswered += 1;
            self.first_silence.get_or_insert_with(|| format!("{operation}: {error}"));
        } else {
            counts.errors += 1;
            self.first_error.get_or_insert_with(|| format!("{operation}: {error}"));
        }
    }

    pub(super) fn clear(&mut self) {
        self.counts = Default::default();
        self.look_ups = 0;
        self.samples.clear();
    }
}

/// Everything one rival has done in its measured slices.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) counts: [Counts; Operation::COUNT],
    pub(super) look_ups: u64,
    pub(super) first_error: Option<String>,
    pub(super) first_silence: Option<String>,
    #[serde(with = "seen")]
    histograms: BTreeMap<Operation, Histogram<u64>>,
}

impl Tally {
    pub(super) fn add(&mut self, log: &Log) {
        self.count(&log.counts, log.look_ups, [&log.first_error, &log.first_silence]);
        for sample in &log.samples {
            let histogram = self.histograms.entry(sample.operation()).or_insert_with(histogram);
            histogram.saturating_record(sample.nanos());
        }
    }

    /// Adds what it has done in another process.
    pub(super) fn merge(&mut self, other: &Self) {
        self.count(&other.counts, other.look_ups, [&other.first_error, &other.first_silence]);
        for (operation, seen) in &other.histograms {
            let histogram = self.histograms.entry(*operation).or_insert_with(histogram);
            histogram.add(seen).expect("all histograms have the same bounds");
        }
    }

    fn count(
        &mut self,
        counts: &[Counts; Operation::COUNT],
        look_ups: u64,
        [first_error, first_silence]: [&Option<String>; 2],
    ) {
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

    pub(super) fn sum(&self, of: impl Fn(&Counts) -> u64) -> u64 {
        self.counts.iter().map(of).sum()
    }

    /// The longest that any operation took, in nanoseconds.
    pub(super) fn longest(&self) -> Option<u64> {
        self.histograms.values().map(Histogram::max).max()
    }

    /// The percentiles, by operation.
    pub(super) fn latencies(&self) -> BTreeMap<String, Latency> {
        self.histograms.iter().map(|(operation, seen)| (operation.to_string(), summary(seen))).collect()
    }
}

/// Latencies to within a thousandth, up to an hour.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("the bounds are right")
}

/// Histograms on their way from one process to another: how often which latency was seen.
mod seen {
    use serde::{Deserializer, Serializer};

    use super::{BTreeMap, Deserialize, Histogram, Operation, Serialize, histogram};

    type Histograms = BTreeMap<Operation, Histogram<u64>>;

    pub(super) fn serialize<S: Serializer>(histograms: &Histograms, to: S) -> Result<S::Ok, S::Error> {
        let seen = |histogram: &Histogram<u64>| {
            let latencies = histogram.iter_recorded();
            latencies.map(|it| (it.value_iterated_to(), it.count_at_value())).collect::<Vec<_>>()
        };
        let seen: BTreeMap<_, _> = histograms.iter().map(|(operation, it)| (operation, seen(it))).collect();
        seen.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Histograms, D::Error> {
        let seen = BTreeMap::<Operation, Vec<(u64, u64)>>::deserialize(from)?;
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
pub(super) struct Block(BTreeMap<Operation, Vec<u64>>);

impl Block {
    pub(super) fn add(&mut self, log: &Log) {
        for sample in &log.samples {
            self.0.entry(sample.operation()).or_default().push(sample.nanos());
        }
    }

    /// The exact 99th percentile over all operations together, in nanoseconds; `None` if none was timed.
    pub(super) fn p99_of_all(&self) -> Option<u64> {
        let all: Vec<u64> = self.0.values().flatten().copied().collect();
        (!all.is_empty()).then(|| p99(all))
    }

    /// The exact 99th percentile of each operation, in nanoseconds. Leaves the block empty.
    pub(super) fn take_p99(&mut self) -> BTreeMap<Operation, u64> {
        std::mem::take(&mut self.0).into_iter().map(|(operation, nanos)| (operation, p99(nanos))).collect()
    }
}

/// The smallest latency that at least 99 % do not exceed. There must be one.
fn p99(mut nanos: Vec<u64>) -> u64 {
    let rank = (nanos.len() * 99).div_ceil(100).max(1) - 1;
    *nanos.select_nth_unstable(rank).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(samples: impl Iterator<Item = (Operation, u64)>) -> Log {
        Log { samples: samples.map(|(op, nanos)| Sample::new(op, nanos)).collect(), ..Log::default() }
    }

    #[test]
    fn a_sample_keeps_its_operation_and_its_time() {
        for operation in Operation::ALL {
            let sample = Sample::new(operation, 123_456_789);
            assert_eq!((sample.operation(), sample.nanos()), (operation, 123_456_789));
        }
        assert_eq!(Sample::new(Operation::GetContext, u64::MAX).operation(), Operation::GetContext);
    }

    #[test]
    fn percentiles_of_one_to_a_thousand_are_known() {
        let first = log((1..=500).map(|nanos| (Operation::GetContext, nanos)));
        let second = log((501..=1_000).map(|nanos| (Operation::GetContext, nanos)));
        let mut block = Block::default();
        block.add(&second);
        block.add(&first);
        assert_eq!(block.take_p99()[&Operation::GetContext], 990);
        assert!(block.take_p99().is_empty(), "it begins anew");

        let mut tally = Tally::default();
        tally.add(&first);
        tally.add(&second);
        let seen = &tally.latencies()["get_context"];
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
        block.add(&log((1..=100).map(|nanos| (Operation::GetContext, nanos))));
        block.add(&log((201..=300).map(|nanos| (Operation::UpdateContext, nanos))));
        assert_eq!(block.p99_of_all(), Some(298));
        assert_eq!(block.take_p99()[&Operation::GetContext], 99);
    }

    #[test]
    fn what_two_processes_have_seen_is_as_if_one_had() {
        let nanos = |nth: u64| nth * nth * 1_000;
        let first = log((1..=500).map(|nth| (Operation::GetContext, nanos(nth))));
        let second = log((501..=1_000).map(|nth| (Operation::GetContext, nanos(nth))));
        let (mut whole, mut merged, mut other) = (Tally::default(), Tally::default(), Tally::default());
        whole.add(&first);
        whole.add(&second);
        merged.add(&first);
        other.add(&second);
        let sent = serde_json::to_string(&other).unwrap();
        merged.merge(&serde_json::from_str(&sent).unwrap());
        assert_eq!(merged.latencies(), whole.latencies());
        assert_eq!(merged.longest(), whole.longest());
        assert!(merged.latencies()["get_context"].max >= 1_000_000_000);
    }

    #[test]
    fn the_p99_of_a_single_sample_is_that_sample() {
        let only = log([(Operation::UpdateContext, 7)].into_iter());
        let mut block = Block::default();
        block.add(&only);
        assert_eq!(block.take_p99()[&Operation::UpdateContext], 7);
    }

    #[test]
    fn the_first_error_is_the_one_that_is_kept() {
        let mut tally = Tally::default();
        for error in ["first", "second"] {
            tally.add(&Log { first_error: Some(error.to_owned()), ..Log::default() });
        }
        assert_eq!(tally.first_error.as_deref(), Some("first"));
    }
}
