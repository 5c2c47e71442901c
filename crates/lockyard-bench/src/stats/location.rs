//! Where a sample lies, though some of its rounds were disturbed: the trimmed mean, and how sure it is.
//!
//! A round that the machine spent on something else lies far from the others. The mean follows it; the median ignores it
//! but forgets what the good rounds agree on. The 20 % trimmed mean leaves out the lowest and the highest fifth and
//! averages the rest; the variance of what was left out is accounted for by the *Winsorised* variance, in which the left
//! out values count as the nearest kept ones.
//!
//! Sources: J. W. Tukey, D. H. McLaughlin, "Less vulnerable confidence and significance procedures for location based on
//! a single sample: trimming/Winsorization 1", *Sankhyā A* 25 (1963), 331–352; K. K. Yuen, "The two-sample trimmed t for
//! unequal population variances", *Biometrika* 61 (1974), 165–170, from where the form of the standard error is taken.
#![expect(clippy::doc_markdown, reason = "McLaughlin is a name, not an item")]

use super::confidence::Confidence;

/// Fewer rounds than this have no interval: two leave one degree of freedom, where a 99 % interval reaches 64 standard
/// errors to either side and says nothing.
pub const MIN_ROUNDS: usize = 3;

/// One part in this many is left out at either end.
const TRIM: usize = 5;

/// The degrees of freedom that are left when this many rounds are trimmed; `None` where they have no interval.
pub(crate) fn degrees_of_freedom(rounds: usize) -> Option<usize> {
    (rounds >= MIN_ROUNDS).then(|| rounds - 2 * (rounds / TRIM) - 1)
}

/// Where a sample lies: its trimmed mean with the standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Location {
    pub(super) mean: f64,
    pub(super) standard_error: f64,
    pub(super) degrees_of_freedom: usize,
    pub(super) rounds: usize,
}

impl Location {
    /// The location of `sample`. It may hold infinities, but no NaN: as many as are trimmed at their end do no harm, for
    /// only the order of the outermost values counts. `None` if there are more, or fewer than [`MIN_ROUNDS`] values.
    pub(super) fn of(mut sample: Vec<f64>) -> Option<Self> {
        let n = sample.len();
        if n < MIN_ROUNDS {
            return None;
        }
        // A total order, since there is no NaN: infinities go to the ends, where trimming can take them.
        sample.sort_unstable_by(f64::total_cmp);
        // Rounded down, as in the definition: with fewer than five rounds nothing is trimmed and this is the plain
        // mean.
        let trimmed = n / TRIM;
        let kept = &sample[trimmed..n - trimmed];
        let h = kept.len();
        let mean = kept.iter().sum::<f64>() / h as f64;

        // Winsorised and not trimmed: the spread of the kept values alone would be too small by what was left out.
        // A trimmed infinity counts as the nearest kept value; one that was kept makes the sums infinite or NaN,
        // and there is no location.
        let (lowest, highest) = (kept[0], kept[h - 1]);
        let winsorised = || sample.iter().map(|x| x.clamp(lowest, highest));
        let centre = winsorised().sum::<f64>() / n as f64;
        let sum_of_squares = winsorised().map(|x| (x - centre).powi(2)).sum::<f64>();
        // The squares are of n values, the divisor is h(h − 1): Yuen's form. With n(n − 1) the intervals would be
        // too narrow.
        let standard_error = (sum_of_squares / (h * (h - 1)) as f64).sqrt();

        let location = Self { mean, standard_error, degrees_of_freedom: h - 1, rounds: n };
        (mean.is_finite() && standard_error.is_finite()).then_some(location)
    }

    /// Where estimates lie that are trimmed already: their mean. There must be two at least.
    pub(super) fn of_estimates(estimates: &[f64]) -> Self {
        let k = estimates.len() as f64;
        let mean = estimates.iter().sum::<f64>() / k;
        // The variance of a mean of k: the sample variance, divided by k once more.
        let variance = estimates.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (k - 1.0) / k;
        let (standard_error, rounds) = (variance.sqrt(), estimates.len());
        Self { mean, standard_error, degrees_of_freedom: rounds - 1, rounds }
    }

    /// The estimate and its interval, brought back from the log scale; `None` where that overflows, as with rounds so far
    /// apart that the interval would have no upper end.
    pub(super) fn exp(self, confidence: Confidence) -> Option<(f64, [f64; 2])> {
        let reach = confidence.standard_errors(self.degrees_of_freedom) * self.standard_error;
        let (low, high) = ((self.mean - reach).exp(), (self.mean + reach).exp());
        high.is_finite().then_some((self.mean.exp(), [low, high]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found}, not {expected}");
    }

    /// By hand: of 1..=10 with 100 for the last, two are trimmed at either end; 3..=8 average 5.5. Winsorised, the sample
    /// is 3 3 3 4 5 6 7 8 8 8 with mean 5.5 and squares 3·6.25 + 2.25 + .25 + .25 + 2.25 + 3·6.25 = 42.5, over 6·5.
    #[test]
    fn a_trimmed_sample_by_hand() {
        let sample = vec![100.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
        let location = Location::of(sample).expect("ten values");
        close(location.mean, 5.5);
        close(location.standard_error, (42.5_f64 / 30.0).sqrt());
        assert_eq!((location.degrees_of_freedom, location.rounds), (5, 10));
    }

    /// Below five values nothing is trimmed and the interval is the classical one: of 1, 2, 6 the mean is 3, the variance
    /// (4 + 1 + 9) / 2 = 7, the standard error √(7/3), and t(0.995, 2) = 9.924843.
    #[test]
    fn without_trimming_it_is_the_classical_interval() {
        let location = Location::of(vec![6.0, 1.0, 2.0]).expect("three values");
        close(location.mean, 3.0);
        close(location.standard_error, (7.0_f64 / 3.0).sqrt());
        let (mean, [low, high]) = location.exp(Confidence::default()).expect("finite");
        let reach = 9.924_843_200_918 * (7.0_f64 / 3.0).sqrt();
        close(mean.ln(), 3.0);
        assert!((low.ln() - (3.0 - reach)).abs() < 1e-6 && (high.ln() - (3.0 + reach)).abs() < 1e-6);
    }
}
