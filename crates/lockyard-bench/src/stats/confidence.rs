//! How sure an interval is to be, as a type: a level outside (0, 1) has no quantile, so it cannot be made.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The share of intervals that are to contain the true value, strictly between 0 and 1; 0.99 unless chosen otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Confidence(f64);

impl Confidence {
    /// A confidence of `level`, for example 0.99; `None` unless 0 < `level` < 1.
    pub fn new(level: f64) -> Option<Self> {
        (level > 0.0 && level < 1.0).then_some(Self(level))
    }

    /// The level, strictly between 0 and 1.
    pub fn level(self) -> f64 {
        self.0
    }

    /// How many standard errors an interval of this confidence reaches to either side of its centre: the quantile of
    /// Student's t with `degrees_of_freedom` at (1 + level) / 2.
    pub(super) fn standard_errors(self, degrees_of_freedom: usize) -> f64 {
        let student = StudentsT::new(0.0, 1.0, degrees_of_freedom as f64)
            .expect("an estimate has at least one degree of freedom");
        // Two-sided: half of what lies outside is above, so the quantile is at (1 + level) / 2.
        student.inverse_cdf(f64::midpoint(1.0, self.0))
    }
}

impl Default for Confidence {
    fn default() -> Self {
        Self(0.99)
    }
}

impl From<Confidence> for f64 {
    fn from(confidence: Confidence) -> Self {
        confidence.0
    }
}

impl TryFrom<f64> for Confidence {
    type Error = ConfidenceError;

    fn try_from(level: f64) -> Result<Self, ConfidenceError> {
        Self::new(level).ok_or(ConfidenceError { level })
    }
}

/// A confidence level that no interval can have.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{level} is no confidence level: it must lie strictly between 0 and 1, for example 0.99")]
pub struct ConfidenceError {
    /// The level that was asked for.
    pub level: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table of Student's t in NIST/SEMATECH, e-Handbook of Statistical Methods, 1.3.6.7.2.
    #[test]
    fn quantiles_are_the_tabled_ones() {
        let tabled = [
            (0.90, 1, 6.314),
            (0.95, 1, 12.706),
            (0.99, 1, 63.657),
            (0.95, 2, 4.303),
            (0.99, 2, 9.925),
            (0.99, 3, 5.841),
            (0.99, 5, 4.032),
            (0.95, 10, 2.228),
            (0.99, 10, 3.169),
            (0.998, 10, 4.144),
            (0.99, 30, 2.750),
            (0.99, 100, 2.626),
        ];
        for (level, degrees_of_freedom, expected) in tabled {
            let confidence = Confidence::new(level).expect("tabled levels are levels");
            let found = confidence.standard_errors(degrees_of_freedom);
            assert!(
                (found - expected).abs() < 6e-4,
                "t({level}, {degrees_of_freedom}) = {found}, not {expected}"
            );
        }
    }

    /// With many degrees of freedom Student's t is the normal distribution, whose 0.995 quantile is 2.575829.
    #[test]
    fn large_samples_approach_the_normal_quantile() {
        let found = Confidence::default().standard_errors(1_000_000);
        assert!((found - 2.575_829).abs() < 1e-4, "{found}");
    }

    #[test]
    fn levels_without_a_quantile_cannot_be_made() {
        for level in [0.0, 1.0, -0.5, 99.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Confidence::new(level), None, "{level}");
        }
        let message = Confidence::try_from(99.0).expect_err("99 is a percentage").to_string();
        assert_eq!(
            message,
            "99 is no confidence level: it must lie strictly between 0 and 1, for example 0.99"
        );
    }
}
