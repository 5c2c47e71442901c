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
    /// Steps up to the next one that is timed.
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

    /// Whether the next step is timed.
    #[inline]
    pub(super) fn is_due(&mut self) -> bool {
        self.left -= 1;
        let due = self.left == 0;
        if due {
            self.left = self.every;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(mode: LatencyMode, offset: u64, steps: usize) -> Vec<usize> {
        let mut sampling = Sampling::new(mode, offset);
        (0..steps).filter(|_| sampling.is_due()).collect()
    }

    #[test]
    fn one_in_seventeen_is_timed_from_wherever_a_task_begins() {
        assert_eq!(due(LatencyMode::Sampled, 0, 51), [16, 33, 50]);
        assert_eq!(due(LatencyMode::Sampled, 20, 51), [13, 30, 47]);
        assert_eq!(due(LatencyMode::Full, 5, 3), [0, 1, 2]);
        assert_eq!(due(LatencyMode::Bare, 5, 1_000), [0; 0]);
    }
}
