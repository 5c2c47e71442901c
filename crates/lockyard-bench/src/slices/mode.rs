//! What is kept of operations besides their count.

/// What a slice keeps of operations besides their count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LatencyMode {
    /// Nothing: no clock is read.
    Bare,
    /// The latency of one in seventeen.
    Sampled,
    /// The latency of each.
    Full,
}

/// One operation of this many is timed where not all are. A prime, so that it goes through all steps in time.
const SAMPLED: u64 = 17;

/// Which steps are timed.
pub(super) struct Sampling {
    every: u64,
    /// Steps up to the next one that is timed, that one included.
    left: u64,
}

impl Sampling {
    /// `offset` lets tasks, and slices, begin at different places.
    pub(super) fn new(mode: LatencyMode, offset: u64) -> Self {
        let every = match mode {
            LatencyMode::Bare => u64::MAX,
            LatencyMode::Sampled => SAMPLED,
            LatencyMode::Full => 1,
        };
        Self { every, left: every - offset % every }
    }

    /// How many of the next steps, of at most so many, are alike, and whether they are timed: asked for each stretch of
    /// them, and not for each step. `most` is not to be 0.
    #[inline]
    pub(super) fn stretch(&mut self, most: usize) -> (usize, bool) {
        if self.every == 1 {
            return (most, true);
        }
        if self.left == 1 {
            self.left = self.every;
            return (1, true);
        }
        let steps = (most as u64).min(self.left - 1);
        self.left -= steps;
        (steps as usize, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of the timed among so many steps, where a stretch has at most so many.
    fn timed(mode: LatencyMode, offset: u64, steps: usize, most: usize) -> Vec<usize> {
        let mut sampling = Sampling::new(mode, offset);
        let (mut at, mut found) = (0, Vec::new());
        while at < steps {
            let (stretch, timed) = sampling.stretch(most.min(steps - at));
            assert!((1..=most).contains(&stretch), "{stretch} of {most}");
            found.extend((at..at + stretch).filter(|_| timed));
            at += stretch;
        }
        assert_eq!(at, steps);
        found
    }

    #[test]
    fn one_in_seventeen_is_timed_from_wherever_a_task_begins() {
        for most in [1, 2, 7, 16, 17, 64] {
            assert_eq!(timed(LatencyMode::Sampled, 0, 51, most), [16, 33, 50]);
            assert_eq!(timed(LatencyMode::Sampled, 20, 51, most), [13, 30, 47]);
            assert_eq!(timed(LatencyMode::Sampled, 16, 51, most), [0, 17, 34]);
            assert_eq!(timed(LatencyMode::Full, 5, 3, most), [0, 1, 2]);
            assert_eq!(timed(LatencyMode::Bare, 5, 1_000, most), [0; 0]);
        }
    }
}
