//! What every task is doing, for the watchdog: one word each, written by that task alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_utils::CachePadded;

/// How many bits of a word say which operation; the others number the operations of the task.
const OPERATION_BITS: u32 = 8;

/// What a task is doing. On a cache line of its own: to say it costs one plain store, for which no other task waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskStatus(Arc<CachePadded<AtomicU64>>);

impl TaskStatus {
    /// The task begins its `number`th operation.
    #[inline]
    pub(crate) fn begin(&self, number: u64, operation: usize) {
        // Relaxed: nothing is ordered by it, and the watchdog only looks whether it moves.
        self.0.store(number << OPERATION_BITS | (operation as u64 + 1), Relaxed);
    }

    /// The task has no operation in flight.
    #[inline]
    pub(crate) fn idle(&self, number: u64) {
        self.0.store(number << OPERATION_BITS, Relaxed);
    }
}

/// What all tasks are doing.
#[derive(Debug)]
pub(crate) struct ProgressBoard(Box<[TaskStatus]>);

impl ProgressBoard {
    pub(crate) fn new(tasks: usize) -> Self {
        Self((0..tasks).map(|_| TaskStatus::default()).collect())
    }

    /// The word of a task.
    pub(crate) fn word(&self, task: usize) -> TaskStatus {
        self.0[task].clone()
    }

    /// What has not come back.
    pub(crate) fn in_flight(&self) -> Vec<InFlight> {
        in_flight(&self.snapshot())
    }

    pub(super) fn snapshot(&self) -> Vec<u64> {
        // Not one moment for all words, and it need not be: two readings are compared word by word, and each number
        // rises with every operation, so a task that moved in between differs.
        self.0.iter().map(|word| word.0.load(Relaxed)).collect()
    }
}

/// An operation that has not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InFlight {
    pub(crate) task: usize,
    /// By its place among the workload's operations.
    pub(crate) operation: usize,
}

/// The operations that are under way by these words.
pub(super) fn in_flight(words: &[u64]) -> Vec<InFlight> {
    let operation = |word: &u64| (word & ((1 << OPERATION_BITS) - 1)).checked_sub(1);
    let busy = words.iter().enumerate().filter_map(|(task, word)| Some((task, operation(word)?)));
    busy.map(|(task, operation)| InFlight { task, operation: operation as usize }).collect()
}
