//! What a tracker has seen of a subject, in the words of the record.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::record::{
    Cell, Finding, FindingKind, LockTime, LockUse, Percentile, Severity, Times, Verification,
};
use lockyard_track::{Certainty, Histogram, Kind, Tracker};

use crate::slices::OWN;

/// What has not moved for so long is stuck: long against every hold there is, and within what a person waits gladly.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);

/// Holds across awaits are reported for so many places, those with the longest holds first.
const MOST_PLACES: usize = 5;

/// What was seen of the locks of one subject.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct TrackingSummary {
    /// Tasks that wait indefinitely for a lock that another one has.
    pub deadlocks: u64,
    /// Locks taken in orders that cannot all be kept.
    pub order_inversions: u64,
    /// Waiters overtaken beyond what their lock promises.
    pub starvations: u64,
    /// What there is to say of them, the deadly first.
    pub findings: Vec<Finding>,
    pub(crate) wait: BTreeMap<String, LockTime>,
    pub(crate) hold: BTreeMap<String, LockTime>,
    pub(crate) uses: Vec<LockUse>,
}

impl TrackingSummary {
    /// What these findings come to, the deadly ones first.
    #[must_use]
    pub fn of(found: &[lockyard_track::Finding]) -> Self {
        let mut found = found.to_vec();
        found.sort_by_key(|it| !it.kind.is_deadly());
        let count = |of: &[Kind]| {
            found.iter().filter(|it| it.certainty == Certainty::Certain && of.contains(&it.kind)).count()
                as u64
        };
        Self {
            // In each, a waiter waits indefinitely for a lock that another task or itself holds.
            deadlocks: count(&[
                Kind::Deadlock,
                Kind::Upgrade,
                Kind::SameTaskWait,
                Kind::Futurelock,
                Kind::BlockOn,
            ]),
            order_inversions: count(&[Kind::OrderInversion, Kind::RecursiveRead]),
            starvations: count(&[Kind::Starvation, Kind::GrantOrder]),
            findings: found.iter().filter_map(finding).collect(),
            ..Self::default()
        }
    }

    /// What `tracker` has seen so far. Its times are those of the subject if they are `measured`, and left out else.
    pub(crate) fn by(tracker: &Tracker, measured: bool) -> Self {
        let mut seen = Self::of(&tracker.findings());
        if measured {
            seen.findings.extend(held_across_awaits(tracker));
            // What the driver does between slices counts for no subject.
            let uses = tracker.times_by_label().into_iter().filter(|it| it.label != Some(OWN));
            let mut classes: BTreeMap<&str, (Histogram, Histogram)> = BTreeMap::new();
            for it in uses {
                let (wait, hold) = classes.entry(it.class.name()).or_default();
                wait.add(&it.times.wait);
                hold.add(&it.times.hold);
                seen.uses.push(lock_use(&it));
            }
            for (class, (wait, hold)) in classes {
                seen.wait.insert(class.to_owned(), lock_time(&wait));
                seen.hold.insert(class.to_owned(), lock_time(&hold));
            }
        }
        seen
    }

    /// Adds what was seen of the same strategy elsewhere; times stay those that were measured first.
    pub fn add(&mut self, other: Self) {
        self.deadlocks += other.deadlocks;
        self.order_inversions += other.order_inversions;
        self.starvations += other.starvations;
        for finding in other.findings {
            let same = |known: &Finding| known.kind == finding.kind && known.places == finding.places;
            if !self.findings.iter().any(same) {
                self.findings.push(finding);
            }
        }
        if self.uses.is_empty() {
            (self.wait, self.hold, self.uses) = (other.wait, other.hold, other.uses);
        }
    }
}

impl TrackingSummary {
    /// Adds it to what the record says of a strategy.
    pub(crate) fn add_to(self, cell: &mut Cell) {
        cell.findings.splice(0..0, self.findings);
        let unverified = Verification {
            operations_checked: None,
            linearizable: None,
            deadlocks: None,
            order_inversions: None,
            starvations: None,
        };
        cell.verification = Some(Verification {
            deadlocks: Some(self.deadlocks),
            order_inversions: Some(self.order_inversions),
            starvations: Some(self.starvations),
            ..cell.verification.unwrap_or(unverified)
        });
        (cell.wait_ns, cell.hold_ns) = (Some(self.wait), Some(self.hold));
        cell.lock_uses = Some(self.uses);
    }
}

/// A finding as it stands in the record; nothing for what went on by itself.
fn finding(found: &lockyard_track::Finding) -> Option<Finding> {
    let severity = match found.certainty {
        Certainty::Certain => Severity::Error,
        Certainty::Suspected => Severity::Warning,
        Certainty::Dissolved => return None,
    };
    Some(Finding {
        kind: found.kind,
        rule: None,
        severity,
        message: found.message.clone(),
        places: found.places.clone(),
        tasks: found.tasks.clone(),
        edges: found.edges.clone(),
    })
}

/// Where throughput dies: not wrong, and good to know.
fn held_across_awaits(tracker: &Tracker) -> impl Iterator<Item = Finding> {
    let longest = tracker.across_awaits().into_iter().take(MOST_PLACES);
    longest.map(|it| Finding {
        kind: FindingKind::HeldAcrossAwait,
        rule: None,
        severity: Severity::Info,
        message: format!(
            "{} was held across an await of something other than a lock {} times: half for at most {}, the longest \
             for {}",
            it.class.name(),
            it.held.count(),
            time(it.held.quantile(0.5)),
            time(it.held.max()),
        ),
        places: vec![it.place.to_string()],
        tasks: Vec::new(),
        edges: Vec::new(),
    })
}

fn time(nanos: u64) -> String {
    let nanos = nanos as f64;
    if nanos < 1e6 { format!("{:.1} µs", nanos / 1e3) } else { format!("{:.1} ms", nanos / 1e6) }
}

fn lock_time(of: &Histogram) -> LockTime {
    let p99 = Percentile::P99.of_samples(of.count(), || of.quantile(0.99));
    LockTime { count: of.count(), p50: of.quantile(0.5), p99, max: of.max() }
}

fn lock_use(of: &lockyard_track::ClassTimes) -> LockUse {
    LockUse {
        class: of.class.name().to_owned(),
        operation: of.label.map(str::to_owned),
        queued_ns: times(&of.times.queued),
        woken_ns: times(&of.times.woken),
        held_ns: times(&of.times.hold),
        overtaken: of.times.overtaken,
    }
}

fn times(of: &Histogram) -> Times {
    let LockTime { count, p50, p99, max } = lock_time(of);
    Times { count, p50, p99, max, buckets: of.doublings().map(|(end, count)| [end, count]).collect() }
}
