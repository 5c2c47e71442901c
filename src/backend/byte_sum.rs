//! A sum of sizes that change, for many writers at once.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What is counted of one part follows its size once that has changed by this fraction: a sum that every small change touched
/// would be the one place where the writers of all parts meet.
const FRACTION: usize = 16;

/// How many bytes all parts take, within a sixteenth. Nothing is ordered by it.
#[derive(Debug, Default)]
pub(super) struct ByteSum(AtomicUsize);

impl ByteSum {
    /// A part of which so many bytes are `counted` takes so many now; how many are counted of it from here on. Of a part that has
    /// begun or ended, all are.
    #[must_use]
    pub(super) fn follow(&self, counted: usize, bytes: usize) -> usize {
        if counted != 0 && bytes != 0 && bytes.abs_diff(counted) < counted / FRACTION {
            return counted;
        }
        // Wraps and comes back: the sum is right when all additions are.
        self.0.fetch_add(bytes.wrapping_sub(counted), Relaxed);
        bytes
    }

    pub(super) fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_within_a_fraction_and_forgotten_when_they_end() {
        let sum = ByteSum::default();
        let (mut one, mut other, mut changes) = (0, 0, 0);
        for bytes in (1_000..=100_000).step_by(100) {
            let counted = one;
            one = sum.follow(one, bytes);
            changes += usize::from(one != counted);
            assert!(sum.get().abs_diff(bytes) <= bytes / FRACTION, "{} of {bytes}", sum.get());
        }
        assert!(changes < 100, "{changes} of 990 have touched the sum");
        one = sum.follow(one, 1_000);
        other = sum.follow(other, 1);
        assert_eq!(sum.get(), 1_001);
        let ended = [sum.follow(one, 0), sum.follow(other, 0)];
        assert_eq!((ended, sum.get()), ([0, 0], 0));
    }
}
