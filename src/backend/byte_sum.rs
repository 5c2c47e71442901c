//! A sum of sizes that change, for many writers at once.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What is counted of one part follows its size once that has changed by so many bytes: a sum that every small change touched
/// would be the one place where the writers of all parts meet.
const GRAIN: usize = 4 << 10;

/// How many bytes all parts take, each within 4 KiB. Nothing is ordered by it.
#[derive(Debug, Default)]
pub(super) struct ByteSum(AtomicUsize);

impl ByteSum {
    /// A part of which so many bytes are `counted` takes so many now; how many are counted of it from here on. Of a part that has
    /// begun or ended, all are.
    #[must_use]
    pub(super) fn follow(&self, counted: usize, bytes: usize) -> usize {
        if counted != 0 && bytes != 0 && bytes.abs_diff(counted) < GRAIN {
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
    fn parts_are_counted_within_a_grain_and_forgotten_when_they_end() {
        let sum = ByteSum::default();
        let (mut one, mut other) = (0, 0);
        for bytes in (100..=10 * GRAIN).step_by(100) {
            one = sum.follow(one, bytes);
            assert!(sum.get().abs_diff(bytes) < GRAIN, "{} of {bytes}", sum.get());
        }
        one = sum.follow(one, GRAIN);
        other = sum.follow(other, 1);
        assert_eq!(sum.get(), GRAIN + 1);
        let ended = [sum.follow(one, 0), sum.follow(other, 0)];
        assert_eq!((ended, sum.get()), ([0, 0], 0));
    }
}
