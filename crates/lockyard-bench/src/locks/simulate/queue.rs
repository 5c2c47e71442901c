//! Who is inside a lock, who waits, and who is next: the policies of [`lockyard_lock::Policy`] as rules of admission.

use std::collections::VecDeque;

use lockyard_lock::Policy;

use crate::record::GrantOrder;

/// One who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiter {
    pub(super) task: usize,
    pub(super) reads: bool,
    /// It was woken and has not tried yet.
    pub(super) woken: bool,
}

/// A lock's state.
#[derive(Debug)]
pub(super) struct Queue {
    order: GrantOrder,
    readers: usize,
    writers: usize,
    waiting: VecDeque<Waiter>,
}

impl From<Policy> for GrantOrder {
    fn from(policy: Policy) -> Self {
        match policy {
            // The difference is who spins: a waiter that does not sleep yet may be overtaken. Where each has a core of its
            // own and the hand-over is that of one who waits, both give the lock to a waiter.
            Policy::FifoFair | Policy::Handover => Self::FirstCome,
            Policy::WriterPreferring => Self::WritersFirst,
            Policy::Unfair => Self::Barging,
            Policy::Snapshot => Self::Snapshot,
        }
    }
}

impl Queue {
    pub(super) fn new(order: GrantOrder) -> Self {
        Self { order, readers: 0, writers: 0, waiting: VecDeque::new() }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nobody but the one who asks this is inside.
    pub(super) fn is_last_inside(&self) -> bool {
        self.readers + self.writers == 1
    }

    /// Lets one in who has just asked, or puts it at the end of those who wait.
    pub(super) fn ask(&mut self, task: usize, reads: bool) -> bool {
        let may = self.is_free_for(reads)
            && match self.order {
                GrantOrder::FirstCome => self.waiting.is_empty(),
                GrantOrder::WritersFirst => !reads || self.waiting.iter().all(|it| it.reads),
                GrantOrder::Barging | GrantOrder::ReadersFirst | GrantOrder::Snapshot => true,
            };
        if may {
            self.enter(reads);
        } else {
            self.waiting.push_back(Waiter { task, reads, woken: false });
        }
        may
    }

    /// Lets one in who was woken, or leaves it in its place.
    pub(super) fn try_again(&mut self, task: usize) -> bool {
        let place = self.waiting.iter().position(|it| it.task == task).expect("who is woken waits");
        let may = self.is_free_for(self.waiting[place].reads);
        if may {
            let reads = self.waiting.remove(place).expect("it is there").reads;
            self.enter(reads);
        } else {
            self.waiting[place].woken = false;
        }
        may
    }

    pub(super) fn leave(&mut self, reads: bool) {
        if reads {
            self.readers -= 1;
        } else {
            self.writers -= 1;
        }
    }

    /// Gives the free lock to those who are next, who are inside from now on.
    pub(super) fn hand_over(&mut self) -> Vec<Waiter> {
        let mut next = Vec::new();
        while let Some(first) = self.waiting.front().filter(|it| self.is_free_for(it.reads)) {
            next.push(*first);
            self.enter(first.reads);
            self.waiting.pop_front();
        }
        next
    }

    /// Those who are to be woken because the lock is free: nobody while one who was woken has not tried yet.
    pub(super) fn wake(&mut self) -> Vec<Waiter> {
        if self.waiting.iter().any(|it| it.woken) {
            return Vec::new();
        }
        let reads = match self.order {
            GrantOrder::WritersFirst => self.waiting.iter().all(|it| it.reads),
            GrantOrder::ReadersFirst => self.waiting.iter().any(|it| it.reads),
            _ => self.waiting.front().is_some_and(|it| it.reads),
        };
        let is_next = |it: &&mut Waiter| it.reads == reads;
        let most = if reads { usize::MAX } else { 1 };
        let next = self.waiting.iter_mut().filter(is_next).take(most);
        next.map(|waiter| {
            waiter.woken = true;
            *waiter
        })
        .collect()
    }

    fn is_free_for(&self, reads: bool) -> bool {
        self.writers == 0 && (reads || self.readers == 0)
    }

    fn enter(&mut self, reads: bool) {
        if reads {
            self.readers += 1;
        } else {
            self.writers += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lock that one writer has, and after it these, in turn: a digit reads, a letter writes.
    fn held(order: GrantOrder, then: &str) -> Queue {
        let mut queue = Queue::new(order);
        assert!(queue.ask(0, false));
        for letter in then.chars() {
            assert!(!queue.ask(letter as usize, letter.is_ascii_digit()));
        }
        queue.leave(false);
        queue
    }

    fn names(next: &[Waiter]) -> String {
        next.iter().map(|it| it.task as u8 as char).collect()
    }

    #[test]
    fn first_come_gives_it_to_the_readers_at_the_front_or_to_one_writer() {
        let mut queue = held(GrantOrder::FirstCome, "12a3");
        assert_eq!(names(&queue.hand_over()), "12");
        assert!(!queue.ask(9, true), "a reader went past a writer that waits");
        assert_eq!(names(&held(GrantOrder::FirstCome, "a12").hand_over()), "a");
    }

    #[test]
    fn barging_wakes_one_and_whoever_asks_first_has_it() {
        let mut queue = held(GrantOrder::Barging, "ab");
        assert_eq!(names(&queue.wake()), "a");
        assert_eq!(names(&queue.wake()), "", "the first has not tried yet");
        assert!(queue.ask(9, false));
        assert!(!queue.try_again('a' as usize));
        queue.leave(false);
        assert_eq!(names(&queue.wake()), "a", "it is still at the front");
        assert!(queue.try_again('a' as usize));
    }

    #[test]
    fn a_preference_is_kept_by_those_who_wait_and_by_those_who_come() {
        assert_eq!(names(&held(GrantOrder::WritersFirst, "1a2b").wake()), "a");
        assert_eq!(names(&held(GrantOrder::ReadersFirst, "a1b2").wake()), "12");
        let reader_past_writer = |order| {
            let mut queue = Queue::new(order);
            assert!(queue.ask(0, true) && !queue.ask(1, false));
            queue.ask(2, true)
        };
        assert!(!reader_past_writer(GrantOrder::WritersFirst));
        assert!(!reader_past_writer(GrantOrder::FirstCome));
        assert!(reader_past_writer(GrantOrder::ReadersFirst));
    }
}
