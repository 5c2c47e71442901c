//! How much longer one thing takes than another, from rounds in which both took their turn, in their own unit.
//!
//! Times that are a sum, such as an operation with a harness around it, differ by an amount and not by a factor: what the
//! harness takes is the same whatever the operation takes. So here, and only here, no logarithm is taken.

use super::confidence::Confidence;
use super::levels::location_of_processes;

/// What remains of one measurement when another is taken from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The estimate, in the unit of the measurements.
    pub difference: f64,
    /// The interval around it, `[low, high]`, in the same unit; both may be below zero.
    pub ci: [f64; 2],
    /// How sure the interval is.
    pub confidence: Confidence,
}

impl Difference {
    /// The difference over the rounds of several layouts, each the pair (more, less) of one round: [how](super::levels).
    ///
    /// Rounds with a value that is not finite do not count. `None` with fewer than
    /// [`MIN_ROUNDS`](super::location::MIN_ROUNDS) that do.
    ///
    /// ```
    /// use lockyard_bench::stats::{Confidence, Difference};
    ///
    /// let nanoseconds = [[(12.0, 2.0), (12.5, 2.1), (11.9, 2.2), (12.1, 1.9), (12.2, 2.0)]];
    /// let found = Difference::of_layouts(&nanoseconds, Confidence::default()).expect("five rounds");
    /// assert!((found.difference - 10.1).abs() < 0.1 && found.ci[0] > 9.0);
    /// ```
    pub fn of_layouts(layouts: &[impl AsRef<[(f64, f64)]>], confidence: Confidence) -> Option<Self> {
        let difference = |&(more, less): &(f64, f64)| Some(more - less).filter(|it| it.is_finite());
        let rounds = |layout: &[(f64, f64)]| layout.iter().filter_map(difference).collect();
        let layouts = layouts.iter().map(|layout| rounds(layout.as_ref())).collect();
        let location = location_of_processes(std::iter::once(layouts))?;
        let reach = confidence.standard_errors(location.degrees_of_freedom) * location.standard_error;
        let difference = location.mean;
        Some(Self { difference, ci: [difference - reach, difference + reach], confidence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: the differences are 1, 2 and 6, so the mean is 3, the standard error √(7/3), and t(0.995, 2) = 9.924843.
    #[test]
    fn three_rounds_by_hand() {
        let rounds = [[(11.0, 10.0), (7.0, 5.0), (6.0, 0.0), (f64::NAN, 1.0)]];
        let found = Difference::of_layouts(&rounds, Confidence::default()).expect("three rounds that count");
        let reach = 9.924_843_200_918 * (7.0_f64 / 3.0).sqrt();
        assert!((found.difference - 3.0).abs() < 1e-12);
        assert!((found.ci[0] - (3.0 - reach)).abs() < 1e-6 && (found.ci[1] - (3.0 + reach)).abs() < 1e-6);
        assert_eq!(Difference::of_layouts(&[&rounds[0][..2]], Confidence::default()), None);
    }

    #[test]
    fn layouts_are_what_an_interval_is_made_of() {
        let layout = |more: f64| [(more, 0.0); 6];
        let layouts = [layout(1.0), layout(2.0), layout(6.0)];
        let found = Difference::of_layouts(&layouts, Confidence::default()).expect("three layouts");
        assert!((found.difference - 3.0).abs() < 1e-12 && found.ci[0] < -10.0, "{found:?}");
    }
}
