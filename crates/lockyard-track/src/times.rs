//! How long locks were waited for and held: by class and by label, and those held across an await by place.

use std::panic::Location;

use lockyard_lock::LockClass;

use super::clock::{self, Ticks};
use super::histogram::Histogram;
use super::hold::{Acquisition, Hold};

/// One acquisition, from asking to releasing.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    class: &'static LockClass,
    label: Option<&'static str>,
    place: &'static Location<'static>,
    waited: Acquisition,
    held_ns: u64,
    across: bool,
    /// Which future of the scope held it is not known.
    branches: bool,
    /// The task has no name.
    unnamed: bool,
}

impl Sample {
    #[inline]
    pub(super) fn new(hold: &Hold, unnamed: bool, label: Option<&'static str>, released: Ticks) -> Self {
        Self {
            class: hold.taken.class,
            label,
            place: hold.taken.place,
            waited: hold.waited,
            held_ns: clock::nanos(hold.granted, released),
            across: hold.across,
            branches: !hold.taken.sequence,
            unnamed,
        }
    }
}

/// The parts of an acquisition's time, in nanoseconds, and how fair it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcquisitionTimes {
    /// From asking to being granted the lock, or, where that moment cannot be seen, to having it. 0 where it was free.
    pub queued: Histogram,
    /// From being woken to being polled and having it. 0 for those who did not wait, and for locks that block.
    pub woken: Histogram,
    /// Queued and woken together: from asking to having it.
    pub wait: Histogram,
    /// From having it to releasing it.
    pub hold: Histogram,
    /// The most that asked later than one waiter and were granted before it. Whether that is wrong depends on what the
    /// lock promises.
    pub overtaken: u64,
}

impl AcquisitionTimes {
    fn record(&mut self, sample: &Sample) {
        let Acquisition { queued_ns, woken_ns, overtaken } = sample.waited;
        self.hold.record(sample.held_ns);
        // Most locks are free, and three zeros are all alike.
        if queued_ns + woken_ns + overtaken == 0 {
            [&mut self.queued, &mut self.woken, &mut self.wait].into_iter().for_each(Histogram::record_zero);
            return;
        }
        self.queued.record(queued_ns);
        self.woken.record(woken_ns);
        self.wait.record(queued_ns + woken_ns);
        self.overtaken = self.overtaken.max(overtaken);
    }

    fn add(&mut self, other: &Self) {
        self.queued.add(&other.queued);
        self.woken.add(&other.woken);
        self.wait.add(&other.wait);
        self.hold.add(&other.hold);
        self.overtaken = self.overtaken.max(other.overtaken);
    }
}

/// A place whose guards were held across awaits of something other than a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcrossAwait {
    /// The class of the lock.
    pub class: &'static LockClass,
    /// Where it was taken.
    pub place: &'static Location<'static>,
    /// How often, and how long it was held each time, in nanoseconds.
    pub held: Histogram,
}

/// How long the locks of one class were waited for and held under one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassTimes {
    /// The class.
    pub class: &'static LockClass,
    /// What the task was doing, as it said by [`label`](super::label()).
    pub label: Option<&'static str>,
    /// The times.
    pub times: AcquisitionTimes,
}

/// All that was handed in.
#[derive(Default)]
pub(super) struct Times {
    /// Few: one for each class and label.
    splits: Vec<ClassTimes>,
    /// Few: one for each place in the code.
    across: Vec<AcrossAwait>,
    acquisitions: u64,
    /// Acquisitions by tasks without names, and by branches without.
    unseen: (u64, u64),
}

impl Times {
    pub(super) fn hand_in(&mut self, samples: &[Sample]) {
        self.acquisitions += samples.len() as u64;
        for sample in samples {
            let Sample { class, label, place, .. } = *sample;
            self.unseen.0 += u64::from(sample.unnamed);
            self.unseen.1 += u64::from(sample.branches);
            // Labels are compared by address, which is quicker than reading them.
            let same = |it: &ClassTimes| {
                std::ptr::eq(it.class, class) && it.label.map(str::as_ptr) == label.map(str::as_ptr)
            };
            let at = self.splits.iter().position(same).unwrap_or_else(|| {
                self.splits.push(ClassTimes { class, label, times: AcquisitionTimes::default() });
                self.splits.len() - 1
            });
            self.splits[at].times.record(sample);
            if sample.across {
                let same = |it: &AcrossAwait| std::ptr::eq(it.place, place);
                let at = self.across.iter().position(same).unwrap_or_else(|| {
                    self.across.push(AcrossAwait { class, place, held: Histogram::default() });
                    self.across.len() - 1
                });
                self.across[at].held.record(sample.held_ns);
            }
        }
    }

    pub(super) fn acquisitions(&self) -> u64 {
        self.acquisitions
    }

    /// Acquisitions by tasks without names, and by branches without.
    pub(super) fn unseen(&self) -> (u64, u64) {
        self.unseen
    }

    pub(super) fn by_label(&self) -> Vec<ClassTimes> {
        summed(self.splits.clone())
    }

    pub(super) fn by_class(&self) -> Vec<ClassTimes> {
        summed(self.splits.iter().map(|it| ClassTimes { label: None, ..it.clone() }).collect())
    }

    /// The longest first.
    pub(super) fn across(&self) -> Vec<AcrossAwait> {
        let mut all: Vec<_> = self.across.clone();
        all.sort_by_key(|it| std::cmp::Reverse(it.held.max()));
        all
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Those of one class and label together, in the order of their names.
fn summed(mut all: Vec<ClassTimes>) -> Vec<ClassTimes> {
    all.sort_by_key(|it| (it.class.name(), it.label));
    all.dedup_by(|next, first| {
        let same = std::ptr::eq(next.class, first.class) && next.label == first.label;
        if same {
            first.times.add(&next.times);
        }
        same
    });
    all
}
