//! What `/metrics` reports of tracked locks: their waits and holds, and what is wrong with them.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use lockyard_track::{Certainty, Histogram, Tracker};

/// The shares of all acquisitions whose longest time is reported.
const QUANTILES: [(&str, f64); 3] = [("0.5", 0.5), ("0.99", 0.99), ("1", 1.0)];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ClassLabels {
    class: &'static str,
    /// Empty for what runs in the background.
    endpoint: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct QuantileLabels {
    class: &'static str,
    endpoint: &'static str,
    quantile: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

type Seconds = Family<QuantileLabels, Gauge<f64, AtomicU64>>;

/// What is reported of tracked locks.
pub(super) struct LockMetrics {
    waits: Seconds,
    holds: Seconds,
    acquisitions: Family<ClassLabels, Gauge>,
    findings: Family<KindLabels, Gauge>,
}

impl LockMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let (waits, holds) = (Seconds::default(), Seconds::default());
        let (acquisitions, findings) = (Family::default(), Family::default());
        let wait = "From asking for a lock to having it";
        registry.register_with_unit("lock_wait", wait, Unit::Seconds, waits.clone());
        let hold = "From having a lock to releasing it";
        registry.register_with_unit("lock_hold", hold, Unit::Seconds, holds.clone());
        registry.register("lock_acquisitions", "Locks taken and released", acquisitions.clone());
        registry.register("lock_findings", "What is certainly wrong with locks", findings.clone());
        Self { waits, holds, acquisitions, findings }
    }

    /// Brings the figures up to date.
    pub(super) fn refresh(&self, tracker: &Tracker) {
        for it in tracker.times_by_label() {
            let (class, endpoint) = (it.class.name(), it.label.unwrap_or_default());
            self.acquisitions
                .get_or_create(&ClassLabels { class, endpoint })
                .set(signed(it.times.hold.count()));
            for (family, seen) in [(&self.waits, &it.times.wait), (&self.holds, &it.times.hold)] {
                for (quantile, share) in QUANTILES {
                    family
                        .get_or_create(&QuantileLabels { class, endpoint, quantile })
                        .set(seconds(seen, share));
                }
            }
        }
        let found = tracker.findings();
        let certain = || found.iter().filter(|finding| finding.certainty == Certainty::Certain);
        for finding in certain() {
            let same = certain().filter(|other| other.kind == finding.kind).count();
            self.findings.get_or_create(&KindLabels { kind: finding.kind.as_str() }).set(signed(same as u64));
        }
    }
}

fn seconds(seen: &Histogram, share: f64) -> f64 {
    let nanos = if share < 1.0 { seen.quantile(share) } else { seen.max() };
    nanos as f64 / 1e9
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
