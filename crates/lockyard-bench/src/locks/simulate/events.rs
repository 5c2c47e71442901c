//! The future-event list: what happens next, by time; at the same time, in the order in which it was scheduled.
//!
//! Without the second rule, two runs of one seed could differ in who of two tasks comes first.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Events in the order of their times.
#[derive(Debug)]
pub(super) struct Events<T> {
    heap: BinaryHeap<Reverse<Scheduled<T>>>,
    scheduled: u64,
}

#[derive(Debug)]
struct Scheduled<T> {
    at: f64,
    nth: u64,
    event: T,
}

impl<T> Events<T> {
    pub(super) fn new() -> Self {
        Self { heap: BinaryHeap::new(), scheduled: 0 }
    }

    /// Schedules an event.
    pub(super) fn at(&mut self, at: f64, event: T) {
        debug_assert!(at.is_finite(), "an event at {at}");
        self.heap.push(Reverse(Scheduled { at, nth: self.scheduled, event }));
        self.scheduled += 1;
    }

    /// The next event and its time.
    pub(super) fn next(&mut self) -> Option<(f64, T)> {
        self.heap.pop().map(|Reverse(Scheduled { at, event, .. })| (at, event))
    }
}

impl<T> Ord for Scheduled<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.total_cmp(&other.at).then(self.nth.cmp(&other.nth))
    }
}

impl<T> PartialOrd for Scheduled<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Scheduled<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Scheduled<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_as_they_were_scheduled() {
        let mut events = Events::new();
        for (at, event) in [(2.0, 'c'), (1.0, 'a'), (2.0, 'd'), (1.5, 'b')] {
            events.at(at, event);
        }
        let order: String = std::iter::from_fn(|| events.next().map(|it| it.1)).collect();
        assert_eq!(order, "abcd");
    }
}
