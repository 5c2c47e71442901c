//! The tracker: what all tracked locks tell, kept together, and whoever wants to hear of it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{Ordering::Relaxed, Ordering::SeqCst};

use lockyard_lock::LockClass;
use lockyard_lock::sync::{self, AtomicU64, AtomicUsize, Mutex};

use super::cycle::{LockId, StrandId};
use super::finding::{Certainty, Finding, Kind};
use super::number::number;
use super::order::{Inversion, LockUse, OrderGraph};
use super::strand::Strand;
use super::times::{AcrossAwait, ClassTimes, Sample, Times};
use super::wait::{Lock, Wait};

/// Who is told of a finding.
type Listener = Box<dyn Fn(&Finding) + Send + Sync>;

/// Findings of one kind at the same places are told once; past this many nothing more is kept.
const FINDINGS: usize = 1_000;

/// Watches over the locks that were made under it: a cheap handle.
///
/// A tracked lock belongs to the tracker of the scope in which it was made, and without one to the
/// [global](Self::global) one. Locks of different trackers know nothing of each other.
#[derive(Clone)]
pub struct Tracker(Arc<Inner>);

struct Inner {
    id: u64,
    listeners: Mutex<Vec<Listener>>,
    found: Mutex<Vec<StoredFinding>>,
    order: Mutex<OrderGraph>,
    times: Mutex<Times>,
    /// Locks that somebody waits for.
    contended: Mutex<HashMap<LockId, Arc<Lock>>>,
    /// Guards of locks that block, held across awaits now.
    hazards: AtomicUsize,
    waits: AtomicU64,
}

/// A finding, and what it is about.
struct StoredFinding {
    finding: Finding,
    about: FindingSubject,
}

/// What a finding is about, by number: to see later whether it is still there.
#[derive(Clone, Debug, Default)]
pub(super) struct FindingSubject {
    pub(super) waits: Vec<u64>,
    /// A branch that has what its own task waits for, and how often it had been polled.
    pub(super) branch: Option<(StrandId, u64)>,
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Tracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracker").field("findings", &self.0.found.lock().len()).finish_non_exhaustive()
    }
}

impl Tracker {
    /// A tracker of its own. Its locks are those that are made in its scopes.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            id: number(),
            listeners: Mutex::default(),
            found: Mutex::default(),
            order: Mutex::default(),
            times: Mutex::default(),
            contended: Mutex::default(),
            hazards: AtomicUsize::new(0),
            waits: AtomicU64::new(0),
        }))
    }

    /// The tracker of locks that were made in no scope.
    pub fn global() -> Self {
        sync::lazy_static! {
            static ref GLOBAL: Tracker = Tracker::new();
        }
        GLOBAL.clone()
    }

    /// The tracker of the scope that runs on this thread, or else the global one.
    pub fn current() -> Self {
        Strand::scope().map_or_else(Self::global, |strand| strand.tracker.clone())
    }

    /// Has `listener` told of every finding, on the thread and at the moment it is found: so it must be quick, and must
    /// not use tracked locks. A finding that was suspected is told again when it is certain.
    pub fn on_finding(&self, listener: impl Fn(&Finding) + Send + Sync + 'static) {
        self.0.listeners.lock().push(Box::new(listener));
    }

    /// Declares that asking for locks of class `asked` while holding one of class `held` is known to be right, however else
    /// the two are taken: that order is left out of the lock-order graph.
    pub fn declare_safe(&self, held: &'static LockClass, asked: &'static LockClass) {
        self.0.order.lock().declare_safe(held, asked);
    }

    /// Everything found so far, as it stands now.
    pub fn findings(&self) -> Vec<Finding> {
        self.0.found.lock().iter().map(|found| found.finding.clone()).collect()
    }

    /// Waits and holds by class, over all tasks. Acquisitions whose guards are still held are not in it.
    pub fn times(&self) -> Vec<ClassTimes> {
        self.gather();
        self.0.times.lock().by_class()
    }

    /// The same by class and [`label`](super::label()).
    pub fn times_by_label(&self) -> Vec<ClassTimes> {
        self.gather();
        self.0.times.lock().by_label()
    }

    /// Places whose guards were held across an await of something other than a lock, the longest first. Seen of tasks
    /// that run in a scope.
    pub fn across_awaits(&self) -> Vec<AcrossAwait> {
        self.gather();
        self.0.times.lock().across()
    }

    /// Acquisitions that were tracked and have been released.
    pub fn acquisitions(&self) -> u64 {
        self.gather();
        self.0.times.lock().acquisitions()
    }

    /// Acquisitions that did not get their lock at once.
    pub fn contended_acquisitions(&self) -> u64 {
        self.0.waits.load(Relaxed)
    }

    /// Forgets the times gathered so far, as after warming up. Findings and orders stay.
    pub fn clear_times(&self) {
        self.gather();
        self.0.times.lock().clear();
    }

    /// What is kept at this moment: locks that are waited for, pairs of instances in the order graph.
    #[cfg(test)]
    fn kept(&self) -> (usize, usize) {
        (self.0.contended.lock().len(), self.0.order.lock().instances())
    }

    fn gather(&self) {
        Strand::all().iter().filter(|strand| strand.tracker.is(self)).for_each(|strand| strand.flush());
    }

    pub(super) fn id(&self) -> u64 {
        self.0.id
    }

    #[inline]
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn hand_in(&self, samples: &[Sample]) {
        if !samples.is_empty() {
            self.0.times.lock().hand_in(samples);
        }
    }

    pub(super) fn contended(&self, lock: &Arc<Lock>) {
        self.0.contended.lock().insert(lock.id, lock.clone());
    }

    pub(super) fn uncontended(&self, lock: &Lock) {
        // Ended outside the table's mutex: the end of a lock enters the tracker again.
        let gone = self.0.contended.lock().remove(&lock.id);
        drop(gone);
    }

    /// The lock, if anybody waits for it.
    pub(super) fn contended_lock(&self, id: LockId) -> Option<Arc<Lock>> {
        self.0.contended.lock().get(&id).cloned()
    }

    /// Every wait that is on.
    pub(super) fn waits(&self) -> Vec<Arc<Wait>> {
        // Copied, and the table released, before any line is locked: `join` locks a line and then the table.
        let locks: Vec<_> = self.0.contended.lock().values().cloned().collect();
        locks.iter().flat_map(|lock| lock.line()).collect()
    }

    pub(super) fn wait_begun(&self) {
        self.0.waits.fetch_add(1, Relaxed);
    }

    pub(super) fn hazard_begun(&self) {
        // Called with the holder's state locked and the hold marked, so a reader of the raised count that goes on
        // to the states finds the hazard.
        self.0.hazards.fetch_add(1, SeqCst);
    }

    pub(super) fn hazard_ended(&self) {
        self.0.hazards.fetch_sub(1, SeqCst);
    }

    pub(super) fn has_hazards(&self) -> bool {
        // A hazard that begins after this load is missed, whatever the order: the asker then blocks its thread. The
        // count only says whether the walk over all strands is worth its price.
        self.0.hazards.load(SeqCst) > 0
    }

    pub(super) fn forget(&self, lock: LockId) {
        let mut order = self.0.order.lock();
        if order.instances() > 0 {
            order.forget(lock);
        }
    }

    pub(super) fn note_order(&self, held: &[LockUse], asked: LockUse) -> Vec<Inversion> {
        self.0.order.lock().note(held, asked)
    }

    /// Keeps a finding and tells it, unless the same is known at the same places.
    pub(super) fn report(&self, finding: &Finding, about: FindingSubject) {
        let told = {
            let mut found = self.0.found.lock();
            let same =
                |it: &StoredFinding| it.finding.kind == finding.kind && it.finding.places == finding.places;
            match found.iter().position(same) {
                Some(known) => {
                    let known = &mut found[known];
                    // What dissolved before may be there again and stay this time.
                    let surer = known.finding.certainty != finding.certainty
                        && known.finding.certainty != Certainty::Certain;
                    if surer || known.finding.certainty != Certainty::Certain {
                        *known = StoredFinding { finding: finding.clone(), about };
                    }
                    surer
                }
                None if found.len() < FINDINGS => {
                    found.push(StoredFinding { finding: finding.clone(), about });
                    true
                }
                None => false,
            }
        };
        if told {
            self.tell(finding);
        }
    }

    fn tell(&self, finding: &Finding) {
        self.0.listeners.lock().iter().for_each(|listener| listener(finding));
    }

    /// A wait has ended with the lock: what was suspected of it was nothing.
    pub(super) fn went_on(&self, wait: u64) {
        for found in self.0.found.lock().iter_mut().filter(|found| found.about.waits.contains(&wait)) {
            if found.finding.kind.is_deadly() && found.finding.kind != Kind::Futurelock {
                found.finding.certainty = Certainty::Dissolved;
            }
        }
    }

    /// Makes suspicions certain that `judge` finds to be of a kind, given what they are about.
    pub(super) fn confirm(&self, judge: impl Fn(&Finding, &FindingSubject) -> Option<Kind>) {
        let mut certain = Vec::new();
        for found in self.0.found.lock().iter_mut() {
            if found.finding.certainty == Certainty::Suspected
                && let Some(kind) = judge(&found.finding, &found.about)
            {
                found.finding.certainty = Certainty::Certain;
                found.finding.kind = kind;
                certain.push(found.finding.clone());
            }
        }
        for finding in &certain {
            self.tell(finding);
        }
    }
}

#[cfg(test)]
mod tests;
