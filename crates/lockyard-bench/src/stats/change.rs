//! How a ratio changed between two runs that share no rounds.
//!
//! Each run gives a ratio to its own reference, with an interval. On the log scale the change is a difference of two
//! independent estimates whose spreads need not be alike, which is Welch's problem: the standard errors add as squares,
//! and the degrees of freedom follow from both.
//!
//! What it cannot see is what differs between processes and stays the same within one, such as where the heap happened to
//! lie, unless both runs are of several processes: no interval from within one holds that. A gate should leave room for it.
//!
//! Source: B. L. Welch, "The generalization of Student's problem when several different population variances are
//! involved", *Biometrika* 34 (1947), 28–35.

use super::confidence::Confidence;

/// A ratio as a run recorded it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recorded {
    /// The ratio.
    pub ratio: f64,
    /// Its interval.
    pub ci: [f64; 2],
    /// How sure the interval is.
    pub confidence: Confidence,
    /// The degrees of freedom of its interval; at least one.
    pub degrees_of_freedom: usize,
}

/// How a ratio changed: after ÷ before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The estimate; 1 means that nothing changed.
    pub ratio: f64,
    /// The interval around it.
    pub ci: [f64; 2],
}

impl Recorded {
    /// The logarithm, its standard error and the degrees of freedom of that, as the interval gives them away.
    fn location(&self) -> Option<(f64, f64, f64)> {
        let freedom = self.degrees_of_freedom;
        if freedom == 0 {
            return None;
        }
        let [low, high] = self.ci.map(f64::ln);
        // The interval is t · error to either side, so dividing its half by the same quantile gives the error back.
        let error = (high - low) / 2.0 / self.confidence.standard_errors(freedom);
        let usable = self.ratio > 0.0 && self.ratio.is_finite() && error.is_finite() && error >= 0.0;
        usable.then(|| (self.ratio.ln(), error, freedom as f64))
    }
}

impl Change {
    /// What became of `before` in `after`, with an interval of this confidence. `None` where one of the two is no positive
    /// number with an interval, or comes from too few rounds.
    ///
    /// ```
    /// use lockyard_bench::stats::{Change, Confidence, Recorded};
    ///
    /// let confidence = Confidence::default();
    /// let before = Recorded { ratio: 1.60, ci: [1.57, 1.63], confidence, degrees_of_freedom: 9 };
    /// let after = Recorded { ratio: 1.28, ci: [1.25, 1.31], confidence, degrees_of_freedom: 9 };
    /// let change = Change::between(before, after, confidence).expect("two intervals");
    /// assert!((change.ratio - 0.8).abs() < 1e-9 && change.ci[1] < 0.85);
    /// ```
    pub fn between(before: Recorded, after: Recorded, confidence: Confidence) -> Option<Self> {
        let (from, from_error, from_freedom) = before.location()?;
        let (to, to_error, to_freedom) = after.location()?;
        let (from_variance, to_variance) = (from_error.powi(2), to_error.powi(2));
        let variance = from_variance + to_variance;
        // Welch and Satterthwaite: the degrees of freedom of a sum of two variances, weighted by how much each adds
        // to it.
        let spread = from_variance.powi(2) / from_freedom + to_variance.powi(2) / to_freedom;
        // Rounded down, towards the wider interval. Two points without any spread have no freedom to speak of.
        let freedom = if spread > 0.0 { (variance.powi(2) / spread).max(1.0) as usize } else { 1 };
        // On the log scale the change is a difference, and its interval symmetric; `exp` makes a ratio of both
        // ends.
        let reach = confidence.standard_errors(freedom) * variance.sqrt();
        let change = to - from;
        let ci = [(change - reach).exp(), (change + reach).exp()];
        ci[1].is_finite().then(|| Self { ratio: change.exp(), ci })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(ratio: f64, reach: f64, degrees_of_freedom: usize) -> Recorded {
        let confidence = Confidence::default();
        Recorded { ratio, ci: [ratio / reach, ratio * reach], confidence, degrees_of_freedom }
    }

    /// By hand: t(0.995, 2) = 9.924843. Both standard errors are 0.01, so the change has √2 · 0.01 and four degrees of freedom,
    /// t(0.995, 4) = 4.604095.
    #[test]
    fn equal_spreads_by_hand() {
        let reach = (9.924_843_f64 * 0.01).exp();
        let change =
            Change::between(recorded(1.0, reach, 2), recorded(0.9, reach, 2), Confidence::default()).unwrap();
        let expected = 4.604_095 * 0.01 * 2.0_f64.sqrt();
        assert!((change.ratio - 0.9).abs() < 1e-9);
        assert!((change.ci[0] - 0.9 * (-expected).exp()).abs() < 1e-6, "{change:?}");
        assert!((change.ci[1] - 0.9 * expected.exp()).abs() < 1e-6, "{change:?}");
    }

    #[test]
    fn what_is_sure_adds_no_doubt() {
        let sure = recorded(1.0, 1.0, 24);
        let change = Change::between(sure, sure, Confidence::default()).unwrap();
        assert_eq!((change.ratio, change.ci), (1.0, [1.0, 1.0]));
        let doubtful = recorded(1.0, 1.05, 24);
        let change = Change::between(sure, doubtful, Confidence::default()).unwrap();
        assert!((change.ci[1] - 1.05).abs() < 1e-9, "the interval of the doubtful one: {change:?}");
    }

    #[test]
    fn no_interval_no_change() {
        let good = recorded(1.0, 1.05, 24);
        for bad in [
            Recorded { ratio: 0.0, ..good },
            Recorded { ci: [0.0, 1.1], ..good },
            Recorded { ci: [1.1, 0.9], ..good },
            Recorded { ratio: f64::NAN, ..good },
            Recorded { degrees_of_freedom: 0, ..good },
        ] {
            assert_eq!(Change::between(good, bad, Confidence::default()), None, "{bad:?}");
        }
    }
}
