//! What `/metrics` reports of tracked locks: their waits and holds, and what is wrong with them. All of it can be added up over
//! servers: histograms of one set of bounds, and counters.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::registry::Unit;

use lockyard_track::{AcquisitionTimes, Certainty, ClassTimes, Histogram, Tracker};

/// The bounds of a histogram, as powers of two of nanoseconds: from 128 ns to 17 s.
const BOUNDS: std::ops::RangeInclusive<u32> = 7..=34;

const NANOS: f64 = 1e9;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ClassLabels {
    class: &'static str,
    /// Empty for what runs in the background.
    endpoint: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

/// Looks at the tracker, if there is one, whenever it is asked.
pub(super) struct LockCollector(pub(super) Arc<OnceLock<Tracker>>);

impl fmt::Debug for LockCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LockCollector(…)")
    }
}

impl Collector for LockCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(tracker) = self.0.get() else { return Ok(()) };
        let all = tracker.times_by_label();
        let wait = "From asking for a lock to having it";
        histograms(&mut encoder, "lock_wait", wait, &all, |times| &times.wait)?;
        let hold = "From having a lock to releasing it";
        histograms(&mut encoder, "lock_hold", hold, &all, |times| &times.hold)?;
        let mut found: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in tracker.findings().iter().filter(|it| it.certainty == Certainty::Certain) {
            *found.entry(finding.kind.as_str()).or_default() += 1;
        }
        let help = "What is certainly wrong with locks";
        let mut family = encoder.encode_descriptor("lock_findings", help, None, MetricType::Counter)?;
        for (kind, count) in found {
            ConstCounter::new(count).encode(family.encode_family(&KindLabels { kind })?)?;
        }
        Ok(())
    }
}

/// One histogram for each class of lock and endpoint.
fn histograms(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    all: &[ClassTimes],
    of: fn(&AcquisitionTimes) -> &Histogram,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
    for it in all {
        let labels = ClassLabels { class: it.class.name(), endpoint: it.label.unwrap_or_default() };
        let seen = of(&it.times);
        let sum = seen.sum() as f64 / NANOS;
        let mut one = family.encode_family(&labels)?;
        one.encode_histogram::<NoLabelSet>(sum, seen.count(), &buckets(seen), None)?;
    }
    Ok(())
}

/// How many times fell between a bound and the one before, with the bound in seconds; the last bound is infinite. Times are whole
/// nanoseconds, and one that is a bound to the nanosecond is counted under the next.
fn buckets(seen: &Histogram) -> Vec<(f64, u64)> {
    let mut buckets: Vec<(f64, u64)> = BOUNDS.map(|power| ((1u64 << power) as f64 / NANOS, 0)).collect();
    buckets.push((f64::INFINITY, 0));
    for (last, count) in seen.doublings() {
        // The doubling that ends with `last` is the one below this power of two.
        let power = u64::BITS - last.leading_zeros();
        let at = power.saturating_sub(*BOUNDS.start()) as usize;
        buckets[at.min(BOUNDS.count())].1 += count;
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_counted_once_and_under_its_bound() {
        let mut seen = Histogram::default();
        for nanos in [0, 1, 127, 128, 255, 256, (1 << 34) - 1, 1 << 34, u64::MAX] {
            seen.record(nanos);
        }
        let buckets = buckets(&seen);
        assert_eq!(buckets.len(), 29);
        assert_eq!(buckets.iter().map(|(_, count)| count).sum::<u64>(), seen.count());
        assert_eq!(buckets[..3], [(128e-9, 3), (256e-9, 2), (512e-9, 1)]);
        assert_eq!((buckets[27].1, buckets[28]), (1, (f64::INFINITY, 2)));
    }

    #[test]
    fn bounds_do_not_depend_on_what_was_seen() {
        let bounds = |seen: &Histogram| buckets(seen).into_iter().map(|(bound, _)| bound).collect::<Vec<_>>();
        let mut seen = Histogram::default();
        seen.record(1_000_000);
        assert_eq!(bounds(&seen), bounds(&Histogram::default()));
    }
}
