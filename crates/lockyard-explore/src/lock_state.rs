//! Who may enter a lock, and who has to wait for whom: the rules of the model locks, without any lock.
//!
//! A model promises no more than the family it stands for: what a real lock may do, its model does in some schedule.

use std::collections::VecDeque;
use std::panic::Location;

use lockyard_lock::{LockClass, Policy};

use super::footprint::Object;

/// What a model lock is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockModel {
    /// Who goes next.
    pub policy: Policy,
    /// Whether several readers may be inside at once.
    pub shared_reads: bool,
}

impl LockModel {
    /// A mutex that promises no order.
    pub const UNFAIR_MUTEX: Self = Self { policy: Policy::Unfair, shared_reads: false };
    /// A read-write lock that promises no order: the most that any lock may do.
    pub const UNFAIR: Self = Self { policy: Policy::Unfair, shared_reads: true };
    /// A FIFO mutex.
    pub const FIFO_MUTEX: Self = Self { policy: Policy::FifoFair, shared_reads: false };
    /// A FIFO read-write lock.
    pub const FIFO: Self = Self { policy: Policy::FifoFair, shared_reads: true };
    /// A read-write lock whose readers do not overtake a writer that waits for readers alone.
    pub const WRITERS_FIRST: Self = Self { policy: Policy::WriterPreferring, shared_reads: true };
    /// A value whose readers take it as it stands, and whose writers go one after another.
    pub const SNAPSHOT: Self = Self { policy: Policy::Snapshot, shared_reads: true };

    /// Whether asking is a step of its own, because it takes a place in a queue.
    #[inline]
    pub(super) fn queues(self) -> bool {
        matches!(self.policy, Policy::FifoFair | Policy::WriterPreferring)
    }

    /// Whether readers neither wait nor are waited for.
    #[inline]
    pub(super) fn is_snapshot(self) -> bool {
        self.policy == Policy::Snapshot
    }
}

/// One access of one task to one lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct LockRequest {
    pub(super) task: usize,
    /// Unlike every other of the run, and rising: who asked later has a higher one.
    pub(super) ticket: u32,
    pub(super) write: bool,
    pub(super) place: &'static Location<'static>,
    /// How many that asked later have entered before it, while it stood in the queue.
    pub(super) overtaken: u32,
    /// A writer that is the next: no reader comes in any more.
    pub(super) claims: bool,
}

impl LockRequest {
    pub(super) fn new(task: usize, ticket: u32, write: bool, place: &'static Location<'static>) -> Self {
        Self { task, ticket, write, place, overtaken: 0, claims: false }
    }

    fn excludes(&self, other: &Self) -> bool {
        self.write || other.write
    }
}

/// A read that excludes others and was begun in the step at work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) lock_state: usize,
    pub(super) ticket: u32,
}

/// One lock: who is inside, and who waits.
#[derive(Clone, Debug)]
pub(super) struct LockState {
    pub(super) class: &'static LockClass,
    pub(super) object: Object,
    pub(super) model: LockModel,
    pub(super) inside: Vec<LockRequest>,
    /// In the order of asking.
    pub(super) queue: VecDeque<LockRequest>,
    /// The most by which one in the queue was overtaken.
    pub(super) overtaken: u32,
}

impl LockState {
    pub(super) fn new(class: &'static LockClass, object: Object, model: LockModel) -> Self {
        Self { class, object, model, inside: Vec::new(), queue: VecDeque::new(), overtaken: 0 }
    }

    /// Another lock state in the memory of this one.
    pub(super) fn cleared_for(mut self, class: &'static LockClass, object: Object, model: LockModel) -> Self {
        self.inside.clear();
        self.queue.clear();
        Self { class, object, model, overtaken: 0, ..self }
    }

    /// Whether this access may enter now. It may stand in the queue or not.
    #[inline]
    pub(super) fn admits(&self, request: &LockRequest) -> bool {
        // Exclusion first, whatever the policy: the queue only decides between accesses that the holders would
        // admit.
        if self.inside.iter().any(|other| request.excludes(other)) {
            return false;
        }
        // An access that is not queued has the whole queue before it: `take_while` finds no such ticket and runs to
        // the end.
        let mut before = self.queue.iter().take_while(|other| other.ticket != request.ticket);
        match self.model.policy {
            Policy::FifoFair => !before.any(|other| request.excludes(other)),
            Policy::WriterPreferring => {
                // Only a claim keeps others out, not the queue: until a writer claims, those that asked later may
                // enter.
                !self.queue.iter().any(|other| other.claims && other.ticket != request.ticket)
            }
            Policy::Handover | Policy::Unfair | Policy::Snapshot => true,
        }
    }

    /// Whether a waiting writer may make itself the next, so that it waits for the readers inside alone.
    #[inline]
    pub(super) fn may_claim(&self, ticket: u32) -> bool {
        self.model.policy == Policy::WriterPreferring
            && self.queue.iter().any(|request| request.ticket == ticket && request.write)
            // A claim waits for readers alone, and there is one at a time: behind a writer inside all waiters
            // compete again when it is released.
            && !self.inside.iter().any(|request| request.write)
            && !self.queue.iter().any(|request| request.claims)
    }

    /// Takes a place in the queue.
    pub(super) fn wait(&mut self, request: LockRequest) {
        // Queued first: `claim` looks for the writer in the queue.
        self.queue.push_back(request);
        self.claim(request.ticket);
    }

    /// A waiter that was looked after and may not enter yet: a writer makes itself the next if it may.
    pub(super) fn claim(&mut self, ticket: u32) {
        if self.may_claim(ticket)
            && let Some(request) = self.queue.iter_mut().find(|request| request.ticket == ticket)
        {
            request.claims = true;
        }
    }

    /// Lets it in.
    #[inline]
    pub(super) fn enter(&mut self, mut request: LockRequest) {
        request.claims = false;
        // Before the queue is shortened: those up to its own ticket asked earlier, and one that was never queued
        // passes all.
        for other in self.queue.iter_mut().take_while(|other| other.ticket != request.ticket) {
            if request.excludes(other) {
                other.overtaken += 1;
                self.overtaken = self.overtaken.max(other.overtaken);
            }
        }
        self.queue.retain(|other| other.ticket != request.ticket);
        self.inside.push(request);
    }

    /// Ends an access, inside or waiting.
    #[inline]
    pub(super) fn release(&mut self, ticket: u32) {
        // A ticket is in one of the two at most, so the other call finds nothing.
        self.inside.retain(|request| request.ticket != ticket);
        self.queue.retain(|request| request.ticket != ticket);
    }

    /// Those who stand in the way of this access.
    pub(super) fn in_the_way<'a>(
        &'a self,
        request: &'a LockRequest,
    ) -> impl Iterator<Item = &'a LockRequest> {
        let inside = self.inside.iter().filter(|other| request.excludes(other));
        let policy = self.model.policy;
        // The rules of `admits`, one for one: a reason missing here would make a deadlock report without a cycle.
        let mut earlier = true;
        let before = self.queue.iter().filter(move |other| {
            earlier &= other.ticket != request.ticket;
            match policy {
                Policy::FifoFair => earlier && request.excludes(other),
                Policy::WriterPreferring => other.claims && other.ticket != request.ticket,
                Policy::Handover | Policy::Unfair | Policy::Snapshot => false,
            }
        });
        inside.chain(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static CLASS: LockClass = LockClass::new("test");

    /// A lock state after these have asked in turn, `w` to write and `r` to read, each entering if it may.
    fn after(model: LockModel, asking: &str) -> LockState {
        let mut lock_state = LockState::new(&CLASS, Object::nth(0), model);
        for (ticket, mode) in (0..).zip(asking.chars()) {
            let place = Location::caller();
            let request = LockRequest::new(ticket as usize, ticket, mode == 'w', place);
            if lock_state.admits(&request) {
                lock_state.enter(request);
            } else {
                lock_state.wait(request);
            }
        }
        lock_state
    }

    fn inside(model: LockModel, asking: &str) -> Vec<u32> {
        after(model, asking).inside.iter().map(|request| request.ticket).collect()
    }

    #[test]
    fn readers_share_and_writers_do_not() {
        for model in [LockModel::UNFAIR, LockModel::FIFO, LockModel::WRITERS_FIRST] {
            assert_eq!(inside(model, "rr"), [0, 1], "{model:?}");
            assert_eq!(inside(model, "rw"), [0], "{model:?}");
            assert_eq!(inside(model, "ww"), [0], "{model:?}");
            assert_eq!(inside(model, "wr"), [0], "{model:?}");
        }
    }

    #[test]
    fn a_reader_overtakes_a_waiting_writer_only_where_nothing_is_promised() {
        assert_eq!(inside(LockModel::UNFAIR, "rwr"), [0, 2]);
        assert_eq!(inside(LockModel::FIFO, "rwr"), [0]);
        assert_eq!(inside(LockModel::WRITERS_FIRST, "rwr"), [0]);
    }

    #[test]
    fn the_next_holders_follow_from_the_policy() {
        let next = |model, asking: &str| {
            let mut lock_state = after(model, asking);
            lock_state.release(0);
            let next = lock_state
                .queue
                .iter()
                .filter(|request| lock_state.admits(request))
                .map(|request| request.ticket);
            next.collect::<Vec<_>>()
        };
        assert_eq!(next(LockModel::FIFO, "wrrw"), [1, 2]);
        assert_eq!(next(LockModel::FIFO, "wwr"), [1]);
        assert_eq!(next(LockModel::WRITERS_FIRST, "wrrw"), [1, 2, 3], "a writer goes before readers");
        assert_eq!(next(LockModel::WRITERS_FIRST, "wwr"), [1, 2], "no writer has claimed it yet");
        assert_eq!(
            next(LockModel::WRITERS_FIRST, "rwrw"),
            [1],
            "and no reader before a writer that has claimed it"
        );
        assert_eq!(next(LockModel::UNFAIR, "wrw"), [1, 2]);
    }

    #[test]
    fn overtaken_waiters_are_counted() {
        let mut lock_state = after(LockModel::WRITERS_FIRST, "wrww");
        for writer in [2, 3] {
            lock_state.release(lock_state.inside[0].ticket);
            let request = *lock_state.queue.iter().find(|request| request.ticket == writer).unwrap();
            lock_state.enter(request);
        }
        assert_eq!(lock_state.overtaken, 2, "a reader, by both writers that came after it");
    }

    #[test]
    fn a_waiter_that_gives_up_delays_no_other() {
        let mut lock_state = after(LockModel::FIFO, "rwr");
        let reader = lock_state.queue[1];
        assert_eq!(lock_state.in_the_way(&reader).map(|request| request.ticket).collect::<Vec<_>>(), [1]);
        lock_state.release(1);
        assert!(lock_state.admits(&reader));
        assert_eq!(lock_state.in_the_way(&reader).count(), 0);
    }
}
