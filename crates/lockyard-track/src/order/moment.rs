//! When something happened, as far as spawning and joining show: which of two moments must come before the other in
//! every run.
//!
//! Each strand counts its own spawns and joins; what lies between two of them is a segment. Segments are ordered by
//! program order, by spawn and by join (S. Bensalem and K. Havelund, "Dynamic deadlock analysis of multi-threaded
//! programs", 2005, who drop cycles of lock orders within one thread and between segments that cannot run in parallel).

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use lockyard_lock::sync::{AtomicU64, Mutex};

use super::ids::IdHasher;
use crate::number::number;

/// What one strand has come to: how many spawns and joins, and who waited for its end.
pub(crate) struct Progress {
    id: u64,
    /// The task: what is in one is polled in turns. A number of its own, or of one whose spawner is not known a hash of
    /// what the runtime knows it by. Such a one may be forgotten and met again, and is still the same task.
    pub(crate) task: u64,
    /// The strand around all others of its task, as far as that is known.
    outermost: u64,
    segment: AtomicU64,
    /// The segments in which its spawner spawned it, that one's spawner, and so on.
    spawned_in: Arc<[Segment]>,
    /// Who waited for its end, and the first segment after that.
    joined: Mutex<Option<(Arc<Progress>, u64)>>,
}

/// A part of a strand between two spawns or joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Segment {
    strand: u64,
    nth: u64,
}

/// How many generations are remembered. Beyond, two moments count as unordered, which may report too much and never too
/// little.
const GENERATIONS: usize = 32;

/// When something happened in a strand.
#[derive(Clone)]
pub(crate) struct Moment {
    pub(super) strand: Arc<Progress>,
    segment: u64,
}

/// How two moments stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// Nothing keeps them from being at once.
    Concurrent,
    /// Of one task, one after the other.
    Sequence,
    /// A spawn or a join is between them.
    Parted,
}

impl Progress {
    /// A task whose spawner is not known, by what the runtime knows it by.
    pub(crate) fn of_unknown_origin(task: impl Hash) -> Arc<Self> {
        let mut hasher = IdHasher::default();
        task.hash(&mut hasher);
        let id = number();
        Self::new(id, hasher.finish(), id, Arc::from([]))
    }

    /// The number by which it is known.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// A task that `self` spawns now.
    pub(crate) fn spawn(&self) -> Arc<Self> {
        let id = number();
        Self::new(id, id, id, self.lineage())
    }

    /// A scope inside `self`, from now on.
    pub(crate) fn enter(&self) -> Arc<Self> {
        Self::new(number(), self.task, self.outermost, self.lineage())
    }

    fn new(id: u64, task: u64, outermost: u64, spawned_in: Arc<[Segment]>) -> Arc<Self> {
        let (segment, joined) = (AtomicU64::new(0), Mutex::new(None));
        Arc::new(Self { id, task, outermost, segment, spawned_in, joined })
    }

    fn lineage(&self) -> Arc<[Segment]> {
        // What came before is in this segment or an earlier one, and what follows in a later one: the number is
        // raised in the same step in which it is read. Relaxed: a strand runs on one thread at a time, and whatever
        // hands it to another orders the two.
        let own = Segment { strand: self.id, nth: self.segment.fetch_add(1, Relaxed) };
        [own].into_iter().chain(self.spawned_in.iter().copied()).take(GENERATIONS).collect()
    }

    /// `self` has ended, and `by` has waited for that.
    pub(crate) fn join(&self, by: &Arc<Self>) {
        // Raised before it is published: so the segment in the pair holds nothing from before.
        let after = by.segment.fetch_add(1, Relaxed) + 1;
        let mut joined = self.joined.lock();
        // Only the first to join: later ones learn of the end from there, or know it by themselves.
        if joined.is_none() && by.id != self.id {
            *joined = Some((by.clone(), after));
        }
    }

    /// The number of the segment that it is in.
    #[inline]
    pub(crate) fn segment(&self) -> u64 {
        self.segment.load(Relaxed)
    }

    pub(crate) fn now(self: &Arc<Self>) -> Moment {
        Moment { strand: self.clone(), segment: self.segment() }
    }
}

impl Moment {
    pub(super) fn same_strand(&self, other: &Self) -> bool {
        self.strand.id == other.strand.id
    }

    pub(super) fn same_segment(&self, other: &Self) -> bool {
        self.strand.id == other.strand.id && self.segment == other.segment
    }

    /// Whether whatever was in this segment is over before the other begins.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        let reached = |at: Segment| {
            let own = Segment { strand: other.strand.id, nth: other.segment };
            let mut seen = [own].into_iter().chain(other.strand.spawned_in.iter().copied());
            seen.any(|it| it.strand == at.strand && at.nth <= it.nth)
        };
        let mut at = (self.strand.clone(), self.segment);
        // From the end of a strand to the one that joined it, and on from there: all that this one did is over by then,
        // its own segments and those of strands that it has joined.
        loop {
            if reached(Segment { strand: at.0.id, nth: at.1 }) {
                return true;
            }
            let joined = at.0.joined.lock().clone();
            let Some(next) = joined else { return false };
            at = next;
        }
    }

    pub(super) fn relation(&self, other: &Self) -> Relation {
        let (own, others) = (&self.strand, &other.strand);
        let same_task = own.task == others.task;
        // Of one task, in scopes that no known strand is around together: the one around the first was forgotten, so
        // the first had ended, before the other was met.
        let met_again = same_task && own.outermost != others.outermost;
        if own.id == others.id || met_again {
            return Relation::Sequence;
        }
        if !self.is_before(other) && !other.is_before(self) {
            return Relation::Concurrent;
        }
        if same_task { Relation::Sequence } else { Relation::Parted }
    }

    /// Whether both have a known ancestor in common, so that spawns and joins between them are known.
    pub(super) fn is_related(&self, other: &Self) -> bool {
        let line = |moment: &Self| -> Vec<u64> {
            let above = moment.strand.spawned_in.iter().map(|it| it.strand);
            above.chain([moment.strand.id]).collect()
        };
        let own = line(self);
        line(other).iter().any(|it| own.contains(it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Relation::{Concurrent, Parted, Sequence};

    #[test]
    fn a_spawn_orders_what_is_before_it_and_nothing_behind_it() {
        let main = Progress::of_unknown_origin(0);
        let before = main.now();
        let child = main.spawn();
        assert_eq!(before.relation(&child.now()), Parted);
        assert_eq!(main.now().relation(&child.now()), Concurrent);
        let grandchild = child.spawn();
        assert_eq!(before.relation(&grandchild.now()), Parted);
        assert_eq!(main.now().relation(&grandchild.now()), Concurrent);
    }

    #[test]
    fn a_join_orders_what_follows_it_by_whatever_way_it_is_known() {
        let main = Progress::of_unknown_origin(0);
        let (one, other) = (main.spawn(), main.spawn());
        let inner = one.spawn();
        let (inside, beside) = (inner.now(), other.now());
        assert_eq!(inside.relation(&beside), Concurrent);
        inner.join(&one);
        let between = main.now();
        one.join(&main);
        assert_eq!(inside.relation(&between), Concurrent, "not yet joined");
        assert_eq!(inside.relation(&main.now()), Parted);
        assert_eq!(inside.relation(&main.spawn().now()), Parted);
        assert_eq!(inside.relation(&other.now()), Concurrent);
    }

    #[test]
    fn scopes_of_one_task_are_a_sequence_unless_they_overlap() {
        let main = Progress::of_unknown_origin(0);
        let (first, beside) = (main.enter(), main.enter());
        assert_eq!(first.now().relation(&beside.now()), Concurrent);
        first.join(&main);
        let second = main.enter();
        assert_eq!(first.now().relation(&second.now()), Sequence);
        assert_eq!(first.now().relation(&main.now()), Sequence);
        assert_eq!(beside.now().relation(&second.now()), Concurrent);
    }

    /// What has no name is forgotten when another task runs on its thread.
    #[test]
    fn a_task_that_was_forgotten_is_the_same_when_it_is_met_again() {
        let [first, again] = [7, 7].map(Progress::of_unknown_origin);
        assert_eq!(first.now().relation(&again.now()), Sequence);
        assert_eq!(first.enter().now().relation(&again.enter().now()), Sequence);
        assert_eq!(first.now().relation(&Progress::of_unknown_origin(8).now()), Concurrent);
    }

    #[test]
    fn what_is_remembered_of_ancestors_is_bounded() {
        let mut task = Progress::of_unknown_origin(0);
        for _ in 0..1_000 {
            task = task.spawn();
        }
        assert_eq!(task.spawned_in.len(), GENERATIONS);
    }
}
