//! The mean of one subject's rounds: what it usually does, though some rounds were disturbed.
//!
//! The logarithms of the rounds are averaged as [`location`](super::location) has it, and brought back.

use super::confidence::Confidence;
use super::levels::location_of_processes;

/// What one subject did over its rounds: their trimmed geometric mean, with an interval that contains it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The estimate, in the unit of the measurements.
    pub mean: f64,
    /// The interval around it, `[low, high]`, in the same unit.
    pub ci: [f64; 2],
    /// How sure the interval is.
    pub confidence: Confidence,
    /// How many rounds were usable.
    pub rounds: usize,
}

impl Mean {
    /// The mean of `rounds`, in whatever unit they are measured.
    ///
    /// Negative and non-finite measurements are left out as unusable. A round of zero is kept: it is the lowest of all
    /// and gets trimmed, for leaving it out would flatter a subject that stalled. `None` with fewer than
    /// [`MIN_ROUNDS`](super::location::MIN_ROUNDS) usable rounds, or with so many zeros that trimming does not remove them.
    ///
    /// ```
    /// use lockyard_bench::stats::{Confidence, Mean};
    ///
    /// let ops_per_s = [1040.0, 1000.0, 980.0, 1010.0, 120.0]; // the last round was disturbed
    /// let usual = Mean::of_rounds(&ops_per_s, Confidence::default()).expect("five rounds");
    /// assert!((usual.mean - 996.6).abs() < 0.1);
    /// ```
    pub fn of_rounds(rounds: &[f64], confidence: Confidence) -> Option<Self> {
        Self::of_processes(&[[rounds]], confidence)
    }

    /// The mean over several processes, each the rounds of its layouts: [how](super::levels).
    pub fn of_processes<L: AsRef<[f64]>>(
        processes: &[impl AsRef<[L]>],
        confidence: Confidence,
    ) -> Option<Self> {
        let measured = |x: &&f64| x.is_finite() && **x >= 0.0;
        let logs = |rounds: &L| rounds.as_ref().iter().filter(measured).map(|x| x.ln()).collect();
        let process = |layouts: &[L]| layouts.iter().map(logs).collect();
        let location = location_of_processes(processes.iter().map(|it| process(it.as_ref())))?;
        let (mean, ci) = location.exp(confidence)?;
        Some(Self { mean, ci, confidence, rounds: location.rounds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found}, not {expected}");
    }

    #[test]
    fn fewer_than_three_usable_rounds_have_no_interval() {
        for rounds in [&[][..], &[5.0], &[5.0, 6.0], &[5.0, f64::NAN, 6.0, f64::INFINITY, -1.0]] {
            assert_eq!(Mean::of_rounds(rounds, Confidence::default()), None, "{rounds:?}");
        }
    }

    #[test]
    fn a_stalled_round_is_trimmed_not_forgotten() {
        let steady =
            Mean::of_rounds(&[10.0, 10.0, 10.0, 10.0, 10.0], Confidence::default()).expect("five rounds");
        let stalled =
            Mean::of_rounds(&[10.0, 10.0, 0.0, 10.0, 10.0], Confidence::default()).expect("five rounds");
        close(steady.mean, 10.0);
        assert_eq!((steady.mean, steady.ci, stalled.rounds), (stalled.mean, stalled.ci, 5));
        assert_eq!(Mean::of_rounds(&[10.0, 0.0, 0.0, 10.0, 10.0], Confidence::default()), None);
        assert_eq!(Mean::of_rounds(&[0.0; 8], Confidence::default()), None);
    }

    #[test]
    fn rounds_too_far_apart_have_no_interval() {
        assert_eq!(Mean::of_rounds(&[1e-300, 1.0, 1e300], Confidence::default()), None);
    }

    proptest::proptest! {
        #[test]
        fn the_estimate_lies_within_its_own_interval(rounds in proptest::collection::vec(1e-3..1e9_f64, 3..60)) {
            if let Some(Mean { mean, ci: [low, high], .. }) = Mean::of_rounds(&rounds, Confidence::default()) {
                proptest::prop_assert!(low <= mean && mean <= high, "{low} {mean} {high}");
            }
        }
    }
}
