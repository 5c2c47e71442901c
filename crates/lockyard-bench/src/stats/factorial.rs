//! Which of several changes made at once gave what: a full factorial of two levels each.
//!
//! Between two strategies that differ in k factors stand 2ᵏ, each factor old or new. If all of them take their turn in
//! every round, the round itself shows what each change gave: the *main effect* of a factor is the mean of the logarithms
//! where it is new less the mean where it is old, so every measurement serves every effect. The *interaction* of two
//! factors is how much more the one gives where the other is new. Both are contrasts of one round, so whatever slowed the
//! round down cancels as it does in a pair; over the rounds they are estimated as a ratio of two subjects is (sources in
//! [`location`](super::location)).
//!
//! Source: D. C. Montgomery, *Design and Analysis of Experiments*, 8th ed., Wiley 2013, chapter 6 ("The 2ᵏ factorial
//! design"). Montgomery's interaction is half of the one here, which is a ratio of two ratios one can name.

use super::confidence::Confidence;
use super::levels::location_of_processes;
use super::paired::Ratio;

/// More factors than this would need more strategies than rounds can hold.
pub const MOST_FACTORS: usize = 5;

/// What is asked of a factorial; factors are numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// What changing this factor gave, on (geometric) average over all choices of the others.
    Main(usize),
    /// How many times more changing the one gave where the other had been changed than where it had not. It does not
    /// matter which is which.
    Interaction(usize, usize),
}

impl Effect {
    /// Every main effect and every interaction of two among `factors` factors, main effects first.
    ///
    /// ```
    /// use lockyard_bench::stats::factorial::Effect::{self, Interaction, Main};
    ///
    /// let all: Vec<_> = Effect::all(3).collect();
    /// assert_eq!(all, [Main(0), Main(1), Main(2), Interaction(0, 1), Interaction(0, 2), Interaction(1, 2)]);
    /// ```
    pub fn all(factors: usize) -> impl Iterator<Item = Self> {
        let pairs = (0..factors).flat_map(move |a| (a + 1..factors).map(move |b| Self::Interaction(a, b)));
        (0..factors).map(Self::Main).chain(pairs)
    }

    /// This effect over `rounds`, each with one measurement for each combination: that in which factor i is new where bit
    /// i of its index is set.
    ///
    /// A round with a measurement that is negative or not finite does not count, and neither does one whose zeros
    /// contradict each other; with zeros on one side it counts as the most extreme of all and gets trimmed, as in
    /// [`Ratio::of_rounds`]. `None` with fewer than [`MIN_ROUNDS`](super::location::MIN_ROUNDS) rounds that count.
    ///
    /// # Panics
    ///
    /// If a round is not of a power of two of measurements, or has no such factor.
    ///
    /// ```
    /// use lockyard_bench::stats::{Confidence, factorial::Effect};
    ///
    /// // Neither, the first changed, the second changed, both: ×2 and ×3, and nothing on top.
    /// let rounds = [[10.0, 20.0, 30.0, 60.0], [11.0, 22.0, 33.0, 66.0], [9.0, 18.0, 27.0, 54.0]];
    /// let ratio = |effect: Effect| effect.of_rounds(&rounds, Confidence::default()).unwrap().ratio;
    /// assert!((ratio(Effect::Main(0)) - 2.0).abs() < 1e-9);
    /// assert!((ratio(Effect::Main(1)) - 3.0).abs() < 1e-9);
    /// assert!((ratio(Effect::Interaction(0, 1)) - 1.0).abs() < 1e-9);
    /// ```
    pub fn of_rounds(self, rounds: &[impl AsRef<[f64]>], confidence: Confidence) -> Option<Ratio> {
        self.of_processes(&[[rounds]], confidence)
    }

    /// This effect over several processes, each the rounds of its layouts: [how](super::levels).
    ///
    /// # Panics
    ///
    /// As [`of_rounds`](Self::of_rounds).
    pub fn of_processes<R: AsRef<[f64]>, L: AsRef<[R]>>(
        self,
        processes: &[impl AsRef<[L]>],
        confidence: Confidence,
    ) -> Option<Ratio> {
        let contrasts =
            |rounds: &L| rounds.as_ref().iter().filter_map(|it| self.contrast(it.as_ref())).collect();
        let process = |layouts: &[L]| layouts.iter().map(contrasts).collect();
        Ratio::of(location_of_processes(processes.iter().map(|it| process(it.as_ref())))?, confidence)
    }

    /// The effect in one round, as a logarithm.
    fn contrast(self, round: &[f64]) -> Option<f64> {
        let factors = round.len().ilog2() as usize;
        assert!(round.len().is_power_of_two(), "{} measurements are no factorial", round.len());
        let measured = |x: &f64| x.is_finite() && *x >= 0.0;
        if !round.iter().all(measured) {
            return None;
        }
        let is_new = |index: usize, factor: usize| {
            assert!(factor < factors, "there is no factor {factor} of {factors}");
            index >> factor & 1 == 1
        };
        let plus = |index: usize| match self {
            Self::Main(factor) => is_new(index, factor),
            // Plus where both are old or both new: (both − second alone) − (first alone − neither), sorted by sign.
            Self::Interaction(a, b) => is_new(index, a) == is_new(index, b),
        };
        let signed = |(index, x): (usize, &f64)| if plus(index) { x.ln() } else { -x.ln() };
        let sum: f64 = round.iter().enumerate().map(signed).sum();
        // A main effect is a difference of two means of half of the measurements each. An interaction is a
        // difference of two such differences, each between means of a quarter.
        let divisor = match self {
            Self::Main(_) => round.len() / 2,
            Self::Interaction(..) => round.len() / 4,
        };
        // Zeros on one side make this infinite, which trimming takes; zeros on both make it NaN, which says
        // nothing.
        let contrast = sum / divisor as f64;
        (!contrast.is_nan()).then_some(contrast)
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};
    use rand_distr::{Distribution, StudentT};

    use super::Effect::{Interaction, Main};
    use super::*;

    fn ratio(effect: Effect, rounds: &[impl AsRef<[f64]>]) -> f64 {
        effect.of_rounds(rounds, Confidence::default()).expect("rounds enough").ratio
    }

    fn close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found}, not {expected}");
    }

    /// By hand: (1), a, b, ab = 10, 20, 40, 320. A gives 2 where B is old and 8 where it is new: on average √16 = 4, and 4
    /// times more with B. B gives 4 and 16: on average 8.
    #[test]
    fn two_factors_by_hand() {
        let rounds = [[10.0, 20.0, 40.0, 320.0]; 3];
        close(ratio(Main(0), &rounds), 4.0);
        close(ratio(Main(1), &rounds), 8.0);
        close(ratio(Interaction(0, 1), &rounds), 4.0);
        close(ratio(Interaction(1, 0), &rounds), 4.0);
    }

    /// By hand: in powers of two the eight are 0 1 2 5, 3 4 5 10. The first factor's means are (1 + 5 + 4 + 10) / 4 = 5 and
    /// (0 + 2 + 3 + 5) / 4 = 2.5; the second's 22 / 4 and 8 / 4; the third's 22 / 4 and 8 / 4. The first gives 1 and 1
    /// without the second, 3 and 5 with it: 2⁴ ÷ 2¹. It gives 1 and 3 without the third, 1 and 5 with it: 2³ ÷ 2². The
    /// second gives 2 and 4 without the third, 2 and 6 with it: 2⁴ ÷ 2³.
    #[test]
    fn three_factors_by_hand() {
        let round = [0, 1, 2, 5, 3, 4, 5, 10].map(|power| 2_f64.powi(power));
        let rounds = [round; 4];
        let expected = [2.5, 3.5, 3.5, 3.0, 1.0, 1.0];
        for (effect, power) in Effect::all(3).zip(expected) {
            close(ratio(effect, &rounds).log2(), power);
        }
    }

    #[test]
    fn one_factor_is_the_ratio_of_two_subjects() {
        let rounds = [[1.0, 1.2], [1.1, 1.5], [1.0, 1.1], [1.2, 1.6], [0.9, 1.3]];
        let pairs = rounds.map(|[old, new]| (new, old));
        let confidence = Confidence::default();
        let (found, expected) =
            (Main(0).of_rounds(&rounds, confidence), Ratio::of_rounds(&pairs, confidence));
        let (found, expected) = (found.unwrap(), expected.unwrap());
        close(found.ratio, expected.ratio);
        close(found.ci[1] - found.ci[0], expected.ci[1] - expected.ci[0]);
        assert_eq!(found.rounds, 5);
    }

    #[test]
    fn drift_of_whole_rounds_cancels() {
        let rounds: Vec<_> =
            (1..=9).map(|nth| [10.0, 20.0, 40.0, 320.0].map(|rate| rate * f64::from(nth))).collect();
        for effect in Effect::all(2) {
            let found = effect.of_rounds(&rounds, Confidence::default()).expect("nine rounds");
            assert!(found.ci[1] / found.ci[0] < 1.0 + 1e-9, "{effect:?} {found:?}");
        }
    }

    #[test]
    fn stalls_count_and_what_was_not_measured_does_not() {
        let mut rounds = vec![[10.0, 20.0, 40.0, 80.0]; 6];
        rounds[0][3] = 0.0; // the first factor's new side stalled once: trimmed
        let found = Main(0).of_rounds(&rounds, Confidence::default()).expect("six rounds");
        close(found.ratio, 2.0);
        assert_eq!(found.rounds, 6);
        rounds[1][3] = f64::NAN;
        rounds[2][2] = f64::INFINITY;
        assert_eq!(
            Main(1).of_rounds(&rounds, Confidence::default()).map(|it| it.rounds),
            None,
            "3 and a stall"
        );
        rounds[0] = [0.0, 0.0, 40.0, 80.0]; // both sides of the first stalled: that says nothing of it
        let found = Main(0).of_rounds(&rounds, Confidence::default()).expect("three rounds");
        assert_eq!(found.rounds, 3);
        let none: [[f64; 2]; 0] = [];
        assert_eq!(Main(0).of_rounds(&none, Confidence::default()), None);
    }

    /// How often, of 1,000 runs of 20 rounds of eight, the interval of each of the six effects holds what is true, under
    /// heavy-tailed noise and a drift that is to cancel. The seed is fixed.
    #[test]
    fn intervals_cover_the_true_effects() {
        let powers = [0.0, 0.3, 0.1, 0.6, 0.05, 0.35, 0.1, 0.7_f64];
        let exact = [powers.map(f64::exp); 3];
        let heavy = StudentT::new(3.0).expect("degrees of freedom");
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut held = [0; 6];
        for _ in 0..1_000 {
            let rounds: Vec<_> = (0..20)
                .map(|_| {
                    let drift = rng.random_range(0.5..2.0);
                    powers.map(|power| drift * (power + 0.03 * heavy.sample(&mut rng)).exp())
                })
                .collect();
            for (held, effect) in held.iter_mut().zip(Effect::all(3)) {
                let [low, high] = effect.of_rounds(&rounds, Confidence::default()).expect("rounds").ci;
                let truth = ratio(effect, &exact);
                *held += usize::from(low <= truth && truth <= high);
            }
        }
        assert!(held.iter().all(|&held| held >= 975), "{held:?} of 1000 each");
    }
}
