//! Work that takes a known time: what a task does while it has a lock, and before it asks again.
//!
//! A sleep would give the core away, and timers are a thousand times coarser than a lock. So it is a chain of arithmetic in
//! which each step needs the one before, and how many steps a nanosecond has is measured once, before anything else.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// One sample of the calibration: long against reading a clock, short against what a scheduler gives a thread.
const SAMPLE: u64 = 20_000;

/// So many samples are taken, of which the one in the middle counts: some of them are interrupted.
const SAMPLES: usize = 51;

/// Before them a processor is given this long to choose its frequency.
const WARM_UP: Duration = Duration::from_millis(20);

/// How fast this machine works through the chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibratedWork {
    iterations_per_ns: f64,
}

impl CalibratedWork {
    /// As it is measured now, on this thread.
    #[must_use]
    pub fn measured() -> Self {
        let begun = Instant::now();
        while begun.elapsed() < WARM_UP {
            black_box(work(SAMPLE, 1));
        }
        let mut nanos: Vec<f64> = (0..SAMPLES as u64)
            .map(|seed| {
                let begun = Instant::now();
                black_box(work(SAMPLE, seed));
                begun.elapsed().as_nanos() as f64
            })
            .collect();
        nanos.sort_by(f64::total_cmp);
        // A clock that stood still would make every hold infinitely long.
        Self { iterations_per_ns: SAMPLE as f64 / nanos[SAMPLES / 2].max(1.0) }
    }

    /// So many iterations a nanosecond, as an earlier run has recorded them.
    #[must_use]
    pub fn of(iterations_per_ns: f64) -> Self {
        Self { iterations_per_ns }
    }

    /// Iterations in a nanosecond.
    #[must_use]
    pub fn iterations_per_ns(self) -> f64 {
        self.iterations_per_ns
    }

    /// How many iterations take so long; one at least, but for no time at all.
    #[must_use]
    pub fn iterations(self, ns: u64) -> u64 {
        if ns == 0 { 0 } else { ((ns as f64 * self.iterations_per_ns).round() as u64).max(1) }
    }
}

/// Works so many iterations from `seed` on. Never inlined, so that what was calibrated is what is done under every lock.
#[inline(never)]
pub(super) fn work(iterations: u64, seed: u64) -> u64 {
    let mut x = seed;
    for _ in 0..iterations {
        // No compiler knows a shorter way through a product that is rotated.
        x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23) ^ iterations;
    }
    black_box(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_work_has_more_iterations() {
        let work = CalibratedWork::of(0.3);
        let times = [0, 1, 2, 10, 100, 1_000, 100_000].map(|ns| work.iterations(ns));
        assert_eq!(times, [0, 1, 1, 3, 30, 300, 30_000]);
    }

    #[test]
    fn what_is_measured_is_a_number_that_work_can_be_made_of() {
        let rate = CalibratedWork::measured().iterations_per_ns();
        assert!(rate.is_finite() && rate > 0.0, "{rate}");
    }

    #[test]
    fn no_iteration_is_left_out() {
        assert_eq!(work(0, 7), 7);
        let [one, two] = [1, 2].map(|iterations| work(iterations, 7));
        assert!(one != 7 && two != one);
    }
}
