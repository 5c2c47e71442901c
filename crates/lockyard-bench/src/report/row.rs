//! One strategy in the table of a scenario: what every format says of it, in words.

use super::format;
use crate::record::{Cell, Comparison, Finding, Latency, Percentile};

/// What stands where there is nothing to say.
pub(super) const NONE: &str = "–";

/// What a value is called that was not measured.
pub(super) const NOT_MEASURED: &str = "not measured";

/// One strategy in the table.
pub(super) struct Row<'a> {
    pub cell: &'a Cell,
    /// Throughput against the baseline; `None` for the baseline itself.
    pub against_baseline: Option<&'a Comparison>,
    pub against_reference: Option<&'a Comparison>,
    /// Throughput against the strategy that is equal to it in all but one thing.
    pub against_equal: Option<&'a Comparison>,
    /// Whether it failed anywhere in the record, so that it is never a winner.
    pub excluded: bool,
}

impl Row<'_> {
    /// Operations a second with their interval.
    pub fn throughput(&self) -> String {
        format::with_interval(self.cell.throughput.ops_per_s, self.cell.throughput.ci)
    }

    /// The same where room is short.
    pub fn throughput_and_spread(&self) -> String {
        format::with_spread(self.cell.throughput.ops_per_s, self.cell.throughput.ci)
    }

    /// p50 and p99 of an operation, with their intervals and the samples that they rest on.
    pub fn latency(&self, operation: &str) -> String {
        self.cell.latency_ns.get(operation).map_or_else(
            || NOT_MEASURED.to_owned(),
            |it| {
                let [p50, p99] = [Percentile::P50, Percentile::P99].map(|which| percentile(it, which));
                format!("{p50} / {p99} ({})", format::grouped(it.count))
            },
        )
    }

    /// The same where room is short: how far the interval of the p99 reaches.
    pub fn latency_and_spread(&self, operation: &str) -> String {
        self.cell.latency_ns.get(operation).map_or_else(
            || NOT_MEASURED.to_owned(),
            |it| {
                let p99 =
                    it.p99.map_or_else(|| NONE.to_owned(), |p99| format::nanos_with_spread(p99, it.p99_ci));
                format!("{} / {p99} ({})", format::nanos(it.p50), format::count(it.count as f64))
            },
        )
    }

    /// A rate of reads or of writes.
    pub fn rate(rate: Option<f64>) -> String {
        rate.map_or_else(|| NONE.to_owned(), format::count)
    }

    /// How often a look-up was answered by the system's cache.
    pub fn hit_ratio(&self) -> String {
        self.cell.hit_ratio.map_or_else(|| NOT_MEASURED.to_owned(), format::percent)
    }

    /// What the system counted under this name.
    pub fn counter(&self, name: &str) -> String {
        let counted = self.cell.counters.as_ref().and_then(|counters| counters.get(name));
        counted.map_or_else(|| NOT_MEASURED.to_owned(), |count| format::count(*count))
    }

    /// What is wrong with the cell.
    pub fn wrong(&self) -> impl Iterator<Item = &Finding> {
        self.cell.findings.iter().filter(|it| it.is_error())
    }

    /// The same where room is short.
    pub fn linearizable_narrow(&self) -> String {
        self.linearizable().replace(" operations)", " ops)")
    }

    /// Whether its answers are linearizable, by how many operations.
    pub fn linearizable(&self) -> String {
        let seen = self.cell.verification.as_ref();
        match (seen.and_then(|it| it.linearizable), seen.and_then(|it| it.operations_checked)) {
            (Some(true), checked) => {
                format!("yes ({} operations)", format::grouped(checked.unwrap_or_default()))
            }
            (Some(false), _) => "NO".to_owned(),
            (None, Some(_)) => "not decided".to_owned(),
            (None, None) => "not checked".to_owned(),
        }
    }

    /// What is wrong with it, in few words, or what was seen of its locks, and what was not looked at.
    pub fn found(&self) -> String {
        let wrong: Vec<_> = self.wrong().map(|finding| finding.name().to_owned()).collect();
        if !wrong.is_empty() {
            return format!("FAILED: {}", format::list(&wrong));
        }
        let seen = self.cell.verification.unwrap_or_default();
        let seen = [
            (seen.deadlocks, "deadlock"),
            (seen.order_inversions, "order inversion"),
            (seen.starvations, "starvation"),
        ];
        if seen.iter().all(|(number, _)| number.is_none()) {
            return "not tracked".to_owned();
        }
        let counts = seen.iter().filter_map(|(number, noun)| match number {
            Some(0) => None,
            Some(number) => Some(format::counted(*number, noun)),
            None => Some(format!("{noun} not checked")),
        });
        let counts: Vec<_> = counts.collect();
        if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
    }
}

/// A percentile with its interval; a dash of too few samples.
pub(super) fn percentile(it: &Latency, which: Percentile) -> String {
    it.percentile(which)
        .map_or_else(|| NONE.to_owned(), |nanos| format::nanos_with_interval(nanos, it.interval(which)))
}
