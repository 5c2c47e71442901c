//! The tracker: what all tracked locks report, kept together, and the listeners for findings.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{Ordering::Relaxed, Ordering::SeqCst};

use lockyard_lock::LockClass;
use lockyard_lock::sync::{self, AtomicBool, AtomicU64, AtomicUsize, Mutex};

use super::blind_spots::BlindSpotCounts;
use super::cycle::LockId;
use super::finding::Finding;
use super::found::{Found, Suspicion};
use super::lock::Lock;
use super::number::number;
use super::order::{HeldNow, Inversion, LockUse, Moment, NotSeen, OrderGraph};
use super::strand::Strand;
use super::times::{AcrossAwait, ClassTimes, Sample, Times};
use super::wait::Wait;

/// Is called with each finding.
type Listener = Box<dyn Fn(&Finding) + Send + Sync>;

/// Watches over the locks that were made under it: a cheap handle.
///
/// A tracked lock belongs to the tracker of the scope in which it was made, and without one to the
/// [global](Self::global) one. Locks of different trackers know nothing of each other.
#[derive(Clone)]
pub struct Tracker(Arc<Inner>);

struct Inner {
    id: u64,
    listeners: Mutex<Vec<Listener>>,
    found: Found,
    order: Mutex<OrderGraph>,
    times: Mutex<Times>,
    /// Locks that have waiters.
    contended: Mutex<BTreeMap<LockId, Arc<Lock>>>,
    /// Guards of locks that block, held across awaits now.
    hazards: AtomicUsize,
    waits: AtomicU64,
    /// Waits for events that began, and the sum of these two at the last look for deadlocks.
    event_waits: AtomicU64,
    looked_at: AtomicU64,
    panics: AtomicBool,
    on: AtomicBool,
    /// How often it was switched off.
    switched_off: AtomicU64,
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether both are handles of one tracker.
impl PartialEq for Tracker {
    fn eq(&self, other: &Self) -> bool {
        self.is(other)
    }
}

impl Eq for Tracker {}

impl fmt::Debug for Tracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracker").field("findings", &self.0.found.len()).finish_non_exhaustive()
    }
}

impl Tracker {
    /// A tracker of its own. Its locks are those that are made in its scopes.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            id: number(),
            listeners: Mutex::default(),
            found: Found::default(),
            order: Mutex::default(),
            times: Mutex::default(),
            contended: Mutex::default(),
            hazards: AtomicUsize::new(0),
            waits: AtomicU64::new(0),
            event_waits: AtomicU64::new(0),
            looked_at: AtomicU64::new(0),
            panics: AtomicBool::new(false),
            on: AtomicBool::new(true),
            switched_off: AtomicU64::new(0),
        }))
    }

    /// A tracker of its own that is [switched off](Self::switch_off) so far.
    pub fn new_off() -> Self {
        let tracker = Self::new();
        tracker.0.on.store(false, SeqCst);
        tracker
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

    /// The tracker of the scope that runs on this thread, if any does.
    pub fn of_scope() -> Option<Self> {
        Strand::scope().map(|strand| strand.tracker.clone())
    }

    /// Calls `listener` with every finding, on the thread and at the moment it is found: so it must be quick, and must
    /// not use tracked locks. A finding that was suspected is reported again when it is certain.
    pub fn on_finding(&self, listener: impl Fn(&Finding) + Send + Sync + 'static) {
        self.0.listeners.lock().push(Box::new(listener));
    }

    /// Declares that asking for locks of class `asked` while holding one of class `held` is known to be right, however else
    /// the two are taken: that order is left out of the lock-order graph.
    pub fn declare_safe(&self, held: &'static LockClass, asked: &'static LockClass) {
        self.0.order.lock().declare_safe(held, asked);
    }

    /// Tracks no more: locks are taken as if they were not tracked, but for one look at a flag. What is held by then is
    /// released as ever, and waits that are on end as they would. What is locked meanwhile is not known, nor that it is
    /// held when tracking is on again; the [verdict](Self::verdict) says that there was such a time.
    pub fn switch_off(&self) {
        if self.0.on.swap(false, SeqCst) {
            self.0.switched_off.fetch_add(1, Relaxed);
        }
    }

    /// Tracks again what is locked from now on.
    pub fn switch_on(&self) {
        self.0.on.store(true, SeqCst);
    }

    /// Whether locks are tracked now.
    #[inline]
    pub fn is_on(&self) -> bool {
        // A flag for its own sake: what it says reaches other threads when it does.
        self.0.on.load(Relaxed)
    }

    /// Everything found so far, as it stands now.
    pub fn findings(&self) -> Vec<Finding> {
        self.0.found.all()
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

    /// Waits for events that did not come at once.
    pub fn event_waits(&self) -> u64 {
        self.0.event_waits.load(Relaxed)
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

    /// The lock, if it has waiters.
    pub(super) fn contended_lock(&self, id: LockId) -> Option<Arc<Lock>> {
        self.0.contended.lock().get(&id).cloned()
    }

    /// Every wait that is on.
    pub(super) fn waits(&self) -> Vec<Arc<Wait>> {
        self.strands().iter().flat_map(|strand| strand.state().waits.clone()).collect()
    }

    /// Has tasks panic that are stuck for certain, or for a [watch](Self::watch)'s patience: with the finding, in their waits.
    /// For tests, which would hang otherwise. A guard that they hold is dropped as they unwind.
    pub fn panic_when_stuck(&self) {
        self.0.panics.store(true, SeqCst);
    }

    pub(super) fn panics(&self) -> bool {
        self.0.panics.load(SeqCst)
    }

    /// A thread of a runtime has nothing to do. If any wait has begun since it was last so, looks for deadlocks: of those
    /// over more than locks the last wait is often the last that a runtime does.
    pub fn idle(&self) {
        // Relaxed: a thread that parks has made all its own waits, and of another's the watch learns.
        let waits = self.0.waits.load(Relaxed) + self.0.event_waits.load(Relaxed);
        if self.is_on() && self.0.looked_at.swap(waits, Relaxed) != waits {
            self.look_for_deadlocks();
        }
    }

    pub(super) fn event_wait_begun(&self) {
        self.0.event_waits.fetch_add(1, Relaxed);
    }

    pub(super) fn wait_begun(&self) {
        self.0.waits.fetch_add(1, Relaxed);
    }

    pub(super) fn blind_spots(&self) -> BlindSpotCounts {
        self.gather();
        let orders = self.orders_not_seen();
        let (unnamed, branches) = self.0.times.lock().unseen();
        BlindSpotCounts {
            cancelled: self.0.found.cancelled(),
            unnamed,
            branches,
            orders: orders.searches_cut + orders.sightings_forgotten,
            findings: self.0.found.dropped() + orders.inversions_unreported,
            switched_off: self.0.switched_off.load(Relaxed),
        }
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

    /// What the lock-order graph left out so far.
    pub(super) fn orders_not_seen(&self) -> NotSeen {
        self.0.order.lock().not_seen()
    }

    pub(super) fn note_order(&self, held: HeldNow, asked: LockUse, moment: Moment) -> Vec<Inversion> {
        self.0.order.lock().note(held, asked, moment)
    }

    /// Keeps a finding and reports it, unless the same is known at the same places; what it suspects of `waits` dissolves
    /// with them.
    pub(super) fn report(&self, finding: &Finding, suspicion: Option<Suspicion>, waits: &[Arc<Wait>]) {
        if self.0.found.keep(finding, suspicion) {
            self.notify(finding);
        }
        for wait in waits.iter().filter(|wait| wait.is_over()) {
            // It ended before the finding was kept.
            self.ended(wait.number, wait.was_granted());
        }
    }

    pub(super) fn notify(&self, finding: &Finding) {
        self.0.listeners.lock().iter().for_each(|listener| listener(finding));
    }

    /// A wait that a finding is about has ended.
    pub(super) fn ended(&self, wait: u64, granted: bool) {
        self.0.found.ended(wait, granted);
    }

    /// The findings, for those who judge them.
    pub(super) fn found(&self) -> &Found {
        &self.0.found
    }
}

#[cfg(test)]
mod tests;
