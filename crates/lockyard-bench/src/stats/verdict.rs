//! What an interval says, by one rule for every metric, so that no two places can judge the same numbers differently.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::share::Share;

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Verdict {
    /// The whole interval is on the candidate's side of 1. For bytes: leaner.
    #[serde(rename = "faster")]
    Faster,
    /// The whole interval is on the baseline's side of 1. For bytes: fatter.
    #[serde(rename = "slower")]
    Slower,
    /// The whole interval lies within the margin around 1.
    #[serde(rename = "no difference")]
    NoDifference,
    /// The interval holds 1 and reaches past the margin: the run is inconclusive.
    #[serde(rename = "no verdict")]
    NoVerdict,
}

/// Which way a metric improves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More is better: throughput.
    HigherIsBetter,
    /// Less is better: latencies, bytes.
    LowerIsBetter,
}

impl Verdict {
    /// The verdict on the interval `ci` (`[low, high]`) of a ratio candidate ÷ baseline, or on its absence.
    ///
    /// `margin` is the difference too small to matter, half a per cent say. The margin goes first, so
    /// an interval that is clear of 1 and yet within the margin is no difference: it is certain, and it does not matter.
    ///
    /// ```
    /// use lockyard_bench::stats::{Direction::{HigherIsBetter, LowerIsBetter}, Verdict};
    ///
    /// let margin = "0.5%".parse()?;
    /// assert_eq!(Verdict::of(Some([1.02, 1.30]), margin, HigherIsBetter), Verdict::Faster);
    /// assert_eq!(Verdict::of(Some([1.02, 1.30]), margin, LowerIsBetter), Verdict::Slower);
    /// assert_eq!(Verdict::of(Some([0.98, 1.30]), margin, HigherIsBetter), Verdict::NoVerdict);
    /// # Ok::<(), lockyard_bench::ShareError>(())
    /// ```
    pub fn of(ci: Option<[f64; 2]>, margin: Share, direction: Direction) -> Self {
        let Some([low, high]) = ci else { return Self::NoVerdict };
        let (above, below) = match direction {
            Direction::HigherIsBetter => (Self::Faster, Self::Slower),
            Direction::LowerIsBetter => (Self::Slower, Self::Faster),
        };
        // Before the sides: an interval within the margin may well be clear of 1, and is no difference all the
        // same.
        if 1.0 - margin.get() <= low && high <= 1.0 + margin.get() {
            Self::NoDifference
        } else if low > 1.0 {
            above
        } else if high < 1.0 {
            below
        } else {
            Self::NoVerdict
        }
    }

    /// The verdict's words, as they stand in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::NoDifference => "no difference",
            Self::NoVerdict => "no verdict",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Direction::{HigherIsBetter, LowerIsBetter};
    use super::Verdict::{Faster, NoDifference, NoVerdict, Slower};
    use super::*;

    const MARGIN: Share = Share::new(0.005).unwrap();

    #[test]
    fn the_rule_case_by_case() {
        let cases = [
            ([1.01, 1.20], Faster, Slower),
            ([0.80, 0.99], Slower, Faster),
            ([0.90, 1.10], NoVerdict, NoVerdict),
            ([0.996, 1.004], NoDifference, NoDifference),
            ([1.001, 1.004], NoDifference, NoDifference), // certain, and too small to matter
            ([1.001, 1.020], Faster, Slower),             // starts within the margin, clear of 1
            ([0.980, 0.999], Slower, Faster),
            ([0.999, 1.020], NoVerdict, NoVerdict),
            ([1.0, 1.2], NoVerdict, NoVerdict), // touches 1
            ([1.0, 1.0], NoDifference, NoDifference),
        ];
        for (ci, higher, lower) in cases {
            assert_eq!(Verdict::of(Some(ci), MARGIN, HigherIsBetter), higher, "{ci:?}, higher is better");
            assert_eq!(Verdict::of(Some(ci), MARGIN, LowerIsBetter), lower, "{ci:?}, lower is better");
        }
    }

    #[test]
    fn no_interval_no_verdict() {
        assert_eq!(Verdict::of(None, MARGIN, HigherIsBetter), NoVerdict);
        assert_eq!(Verdict::of(Some([f64::NAN, f64::NAN]), MARGIN, HigherIsBetter), NoVerdict);
    }

    #[test]
    fn without_a_margin_only_exact_equality_is_no_difference() {
        assert_eq!(Verdict::of(Some([1.0, 1.0]), Share::NONE, HigherIsBetter), NoDifference);
        assert_eq!(Verdict::of(Some([1.000_001, 1.000_002]), Share::NONE, HigherIsBetter), Faster);
    }
}
