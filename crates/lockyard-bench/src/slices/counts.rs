//! How operations went, of a task and of a subject: exact counts, by the operation's index among the workload's.

use std::ops::{Index, IndexMut};

use crossbeam_utils::CachePadded;
use serde::{Deserialize, Serialize};

/// How one operation went, how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) done: u64,
    pub(crate) refused: u64,
    pub(crate) errors: u64,
    /// No answer came: what became of them is not known.
    pub(crate) unanswered: u64,
}

/// As many as fill what is padded: a pair of cache lines.
const COUNTS_TOGETHER: usize = 4;

/// How each operation of one task went. On cache lines of their own: a task on another worker, whose counts were made next,
/// could otherwise take the line away with each of its operations.
#[derive(Debug, Default)]
pub(crate) struct TaskCounts(Box<[CachePadded<[Counts; COUNTS_TOGETHER]>]>);

impl TaskCounts {
    /// For so many operations.
    pub(super) fn new(operations: usize) -> Self {
        Self(vec![CachePadded::default(); operations.div_ceil(COUNTS_TOGETHER)].into_boxed_slice())
    }

    /// Counts anew.
    pub(super) fn clear(&mut self) {
        self.0.fill(CachePadded::default());
    }

    /// By operation; behind the last one there may be some of none.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Counts> {
        self.0.iter().flat_map(|together| together.iter())
    }
}

impl Index<usize> for TaskCounts {
    type Output = Counts;

    #[inline]
    fn index(&self, operation: usize) -> &Counts {
        &self.0[operation / COUNTS_TOGETHER][operation % COUNTS_TOGETHER]
    }
}

impl IndexMut<usize> for TaskCounts {
    #[inline]
    fn index_mut(&mut self, operation: usize) -> &mut Counts {
        &mut self.0[operation / COUNTS_TOGETHER][operation % COUNTS_TOGETHER]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise each operation of one task takes the line of another one away from its worker.
    #[test]
    fn counts_of_two_tasks_share_no_cache_line() {
        let line = align_of::<CachePadded<u8>>();
        // Whatever is aligned to lines ends with one, too.
        for operations in [1, 3, 4, 5, 9].repeat(4) {
            let counts = TaskCounts::new(operations);
            assert_eq!(std::ptr::from_ref(&counts[0]).addr() % line, 0, "of {operations}");
            assert!(counts.iter().count() >= operations);
        }
    }
}
