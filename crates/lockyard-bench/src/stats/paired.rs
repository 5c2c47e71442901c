//! The ratio of two subjects, from rounds in which both took their turn.
//!
//! A machine drifts: it warms up, a neighbour wakes. Subjects whose slices stand side by side in one round share most of
//! that, so the ratio within a round is far steadier than either measurement. Each round gives one log ratio; their
//! trimmed mean, with its interval, is the estimate (sources in [`location`](super::location)).

use super::confidence::Confidence;
use super::levels::location_of_processes;
use super::location::{Location, MIN_ROUNDS};

/// How a candidate compares with a baseline: candidate ÷ baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The estimated ratio; 1 means equal.
    pub ratio: f64,
    /// The interval around it, `[low, high]`.
    pub ci: [f64; 2],
    /// How sure the interval is.
    pub confidence: Confidence,
    /// How many rounds were usable.
    pub rounds: usize,
    /// The degrees of freedom of the interval: of the highest [level](super::levels) that there is more than one of.
    pub degrees_of_freedom: usize,
}

impl Ratio {
    /// The ratio over `rounds`, each the pair (candidate, baseline) of one round, both in the same unit.
    ///
    /// A round counts if both values are finite and not negative and at least one is positive. If just one is zero, the
    /// round counts as the most extreme ratio and gets trimmed: leaving it out would flatter a subject that stalled. `None` with
    /// fewer than [`MIN_ROUNDS`] such rounds, or with more stalls than trimming removes.
    ///
    /// ```
    /// use lockyard_bench::stats::{Confidence, Ratio};
    ///
    /// let ops_per_s = [(1300.0, 1000.0), (1260.0, 970.0), (650.0, 500.0), (1310.0, 1010.0)];
    /// let found = Ratio::of_rounds(&ops_per_s, Confidence::default()).expect("four rounds");
    /// assert!((found.ratio - 1.3).abs() < 0.01 && found.ci[0] > 1.0);
    /// ```
    pub fn of_rounds(rounds: &[(f64, f64)], confidence: Confidence) -> Option<Self> {
        Self::of_processes(&[[rounds]], confidence)
    }

    /// The ratio over several processes, each the rounds of its layouts: [how](super::levels).
    ///
    /// ```
    /// use lockyard_bench::stats::{Confidence, Ratio};
    ///
    /// // Each process is sure of itself, and they do not agree: the interval says how much a process decides.
    /// let processes = [1.30, 1.34, 1.28, 1.31, 1.32].map(|ratio| [[(ratio, 1.0); 9]]);
    /// let found = Ratio::of_processes(&processes, Confidence::default()).expect("five processes");
    /// assert!(found.ci[0] < 1.28 && found.ci[1] > 1.34);
    /// ```
    pub fn of_processes<L: AsRef<[(f64, f64)]>>(
        processes: &[impl AsRef<[L]>],
        confidence: Confidence,
    ) -> Option<Self> {
        let logs = |rounds: &L| rounds.as_ref().iter().filter_map(|&pair| log_ratio(pair)).collect();
        let process = |layouts: &[L]| layouts.iter().map(logs).collect();
        Self::of(location_of_processes(processes.iter().map(|it| process(it.as_ref())))?, confidence)
    }

    /// The ratio that independent estimates of it agree on, such as one of each pair of processes: their geometric mean, with an
    /// interval from how far they lie apart. Nothing is trimmed, since each is an estimate already. `None` with fewer than
    /// [`MIN_ROUNDS`] that are positive and finite, or with one that is not.
    ///
    /// ```
    /// use lockyard_bench::stats::{Confidence, Ratio};
    ///
    /// let found = Ratio::of_estimates(&[1.01, 1.03, 1.02, 1.02], Confidence::default()).expect("four estimates");
    /// assert!((found.ratio - 1.02).abs() < 1e-4 && found.ci[0] > 0.99);
    /// ```
    pub fn of_estimates(estimates: &[f64], confidence: Confidence) -> Option<Self> {
        let logs: Vec<f64> = estimates.iter().map(|ratio| ratio.ln()).collect();
        if logs.len() < MIN_ROUNDS || !logs.iter().all(|log| log.is_finite()) {
            return None;
        }
        Self::of(Location::of_estimates(&logs), confidence)
    }

    /// What the location of log ratios says.
    pub(super) fn of(location: Location, confidence: Confidence) -> Option<Self> {
        let (ratio, ci) = location.exp(confidence)?;
        let Location { rounds, degrees_of_freedom, .. } = location;
        Some(Self { ratio, ci, confidence, rounds, degrees_of_freedom })
    }
}

/// The log ratio of one round, infinite if one of the two is zero.
fn log_ratio((candidate, baseline): (f64, f64)) -> Option<f64> {
    let measured = |x: f64| x.is_finite() && x >= 0.0;
    let usable = measured(candidate) && measured(baseline) && candidate + baseline > 0.0;
    // Minus infinity if the candidate stalled, plus infinity if the baseline did. Both at once would be NaN, and
    // were refused above.
    usable.then(|| candidate.ln() - baseline.ln())
}

#[cfg(test)]
mod tests {
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};
    use rand_distr::{Distribution, Normal, StudentT};

    use super::*;

    /// By hand: ratios 1/4, 1/2, 1, 2, 4 in powers of two are -2..=2; one is trimmed at either end, so the mean is 0; the
    /// Winsorised sample -1 -1 0 1 1 has squares 4, over 3·2; t(0.995, 2) = 9.924843.
    #[test]
    fn five_rounds_by_hand() {
        let rounds = [(1.0, 4.0), (1.0, 2.0), (3.0, 3.0), (2.0, 1.0), (4.0, 1.0)];
        let found = Ratio::of_rounds(&rounds, Confidence::default()).expect("five rounds");
        assert!((found.ratio - 1.0).abs() < 1e-12);
        let high = 2_f64.powf(9.924_843_200_918 * (4.0_f64 / 6.0).sqrt());
        assert!((found.ci[1] / high - 1.0).abs() < 1e-6, "{:?}, not {high}", found.ci);
        assert!((found.ci[0] * high - 1.0).abs() < 1e-6, "{:?}, not 1 / {high}", found.ci);
        assert_eq!(found.rounds, 5);
    }

    #[test]
    fn equal_rounds_leave_no_doubt() {
        let found = Ratio::of_rounds(&[(3.0, 2.0); 7], Confidence::default()).expect("seven rounds");
        assert!((found.ratio - 1.5).abs() < 1e-12);
        assert!(
            found.ci[0] <= found.ratio && found.ratio <= found.ci[1] && found.ci[1] - found.ci[0] < 1e-12
        );
    }

    #[test]
    fn swapping_the_subjects_inverts_everything() {
        let rounds = [(1.2, 1.0), (1.5, 1.1), (1.1, 1.0), (1.6, 1.2), (1.3, 0.9), (1.2, 1.1)];
        let swapped = rounds.map(|(candidate, baseline)| (baseline, candidate));
        let there = Ratio::of_rounds(&rounds, Confidence::default()).expect("six rounds");
        let back = Ratio::of_rounds(&swapped, Confidence::default()).expect("six rounds");
        assert!((there.ratio * back.ratio - 1.0).abs() < 1e-12);
        assert!((there.ci[0] * back.ci[1] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn drift_shared_by_both_subjects_cancels() {
        let drifting: Vec<_> =
            (1..=10).map(|round| (f64::from(round) * 120.0, f64::from(round) * 100.0)).collect();
        let found = Ratio::of_rounds(&drifting, Confidence::default()).expect("ten rounds");
        assert!((found.ci[0] - 1.2).abs() < 1e-9 && (found.ci[1] - 1.2).abs() < 1e-9, "{:?}", found.ci);
    }

    #[test]
    fn unusable_rounds_do_not_count() {
        let unusable =
            [(f64::NAN, 1.0), (1.0, f64::INFINITY), (0.0, 0.0), (-1.0, 1.0), (2.0, 1.0), (2.0, 1.0)];
        assert_eq!(Ratio::of_rounds(&unusable, Confidence::default()), None);
    }

    #[test]
    fn a_stall_counts_as_the_most_extreme_round() {
        let rounds = [(0.0, 1.0), (2.0, 1.0), (2.0, 1.0), (2.0, 1.0), (2.0, 1.0)];
        let found = Ratio::of_rounds(&rounds, Confidence::default()).expect("one stall in five is trimmed");
        assert!((found.ratio - 2.0).abs() < 1e-12 && found.rounds == 5);
        let mostly = [(0.0, 1.0), (0.0, 1.0), (2.0, 1.0), (2.0, 1.0), (2.0, 1.0)];
        assert_eq!(Ratio::of_rounds(&mostly, Confidence::default()), None);
    }

    /// The promise of an interval is how often it is right. Each noise is tried in 2,000 runs of 20 rounds, with the drift
    /// that pairing is to cancel; the seed is fixed, so that this either always passes or always fails.
    fn covered(seed: u64, noise: impl Fn(&mut ChaCha8Rng) -> f64) -> usize {
        const TRUE_RATIO: f64 = 1.07;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let run = |rng: &mut ChaCha8Rng| {
            let round = |rng: &mut ChaCha8Rng| {
                let drift = rng.random_range(0.5..2.0);
                (drift * TRUE_RATIO * noise(rng).exp(), drift * noise(rng).exp())
            };
            let rounds: Vec<_> = (0..20).map(|_| round(rng)).collect();
            let [low, high] = Ratio::of_rounds(&rounds, Confidence::default()).expect("twenty rounds").ci;
            low <= TRUE_RATIO && TRUE_RATIO <= high
        };
        (0..2_000).filter(|_| run(&mut rng)).count()
    }

    #[test]
    fn intervals_cover_the_true_ratio() {
        let normal = Normal::new(0.0, 0.05).expect("a deviation");
        let heavy = StudentT::new(2.0).expect("degrees of freedom");
        let cauchy = StudentT::new(1.0).expect("degrees of freedom");
        let found = [
            covered(1, |rng| normal.sample(rng)),
            covered(2, |rng| 0.05 * heavy.sample(rng)),
            covered(3, |rng| 0.02 * cauchy.sample(rng)),
            // One slice in ten is interrupted and does far less than it could.
            covered(4, |rng| normal.sample(rng) - if rng.random_bool(0.1) { 1.0 } else { 0.0 }),
        ];
        assert!(found.iter().all(|&covered| covered >= 1_960), "{found:?} of 2000 each");
    }
}
