//! Which session is asked for: few are hot, most are cold, and the hot ones are not neighbours.

use lockyard_bench::Random;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, Zipf};

/// The stream that shuffles the ranks; tasks draw from the streams after it.
const SHUFFLE_STREAM: u64 = 0;

/// Draws session indices by Zipf's law: the session of rank k is asked for in proportion to 1 / k^exponent.
///
/// Which session has which rank is shuffled by the seed. Were the hottest the first, they would also be neighbours in
/// shards and in the store, and an order of creation would pass for a property of the strategy.
///
/// Ranks are drawn by rejection (`rand_distr::Zipf`, after J. Crease, "Rejection sampling the Zipf distribution", 2018),
/// which is exact, and takes no table however many sessions there are.
#[derive(Clone, Debug)]
pub struct Keys {
    ranks: Zipf<f64>,
    /// The session of each rank, hottest first.
    sessions: Vec<u32>,
}

impl Keys {
    /// Draws from `sessions` sessions, skewed by `exponent`: 0 is uniform, 0.99 the usual skew of caches.
    ///
    /// # Panics
    ///
    /// If there are no sessions, or `exponent` is negative or no number.
    pub fn new(sessions: u32, exponent: f64, seed: u64) -> Self {
        let ranks = Zipf::new(f64::from(sessions), exponent)
            .expect("sessions to draw from, and an exponent of at least 0");
        let mut sessions: Vec<u32> = (0..sessions).collect();
        sessions.shuffle(&mut Random::stream(seed, SHUFFLE_STREAM));
        Self { ranks, sessions }
    }

    /// The sessions from the hottest to the coldest.
    pub fn by_rank(&self) -> &[u32] {
        &self.sessions
    }
}

impl Distribution<u32> for Keys {
    fn sample<R: rand::Rng + ?Sized>(&self, rng: &mut R) -> u32 {
        let rank = self.ranks.sample(rng) as usize;
        self.sessions[rank.clamp(1, self.sessions.len()) - 1]
    }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    use super::*;

    /// Pearson's chi-square of observed draws against the exact frequencies, as the probability of being at least this far
    /// off by chance.
    fn chance(sessions: u32, exponent: f64, seed: u64) -> f64 {
        const DRAWS: usize = 200_000;
        let keys = Keys::new(sessions, exponent, seed);
        let mut observed = vec![0_u32; sessions as usize];
        for session in keys.sample_iter(Random::stream(seed, 1)).take(DRAWS) {
            observed[session as usize] += 1;
        }
        let weights: Vec<f64> = (1..=sessions).map(|rank| f64::from(rank).powf(-exponent)).collect();
        let total: f64 = weights.iter().sum();
        let keys = Keys::new(sessions, exponent, seed);
        let statistic: f64 = keys
            .by_rank()
            .iter()
            .zip(weights)
            .map(|(&session, weight)| {
                let expected = DRAWS as f64 * weight / total;
                (f64::from(observed[session as usize]) - expected).powi(2) / expected
            })
            .sum();
        ChiSquared::new(f64::from(sessions - 1)).expect("degrees of freedom").sf(statistic)
    }

    #[test]
    fn frequencies_are_those_of_zipfs_law() {
        for (sessions, exponent) in [(10, 0.0), (100, 0.5), (1_000, 0.99), (100, 1.0), (10, 2.5)] {
            let chance = chance(sessions, exponent, 7);
            assert!(chance > 0.001, "{sessions} sessions, exponent {exponent}: {chance}");
        }
    }

    #[test]
    fn every_session_has_one_rank_and_hot_ones_are_no_neighbours() {
        let keys = Keys::new(1_000, 0.99, 42);
        let mut sessions = keys.by_rank().to_vec();
        let hottest: Vec<_> = sessions[..10].to_vec();
        assert!(hottest.windows(2).all(|pair| pair[0].abs_diff(pair[1]) > 1), "{hottest:?}");
        sessions.sort_unstable();
        assert!(sessions.into_iter().eq(0..1_000));
    }

    #[test]
    fn ranks_follow_from_the_seed() {
        assert_eq!(Keys::new(100, 0.99, 1).by_rank(), Keys::new(100, 0.99, 1).by_rank());
        assert_ne!(Keys::new(100, 0.99, 1).by_rank(), Keys::new(100, 0.99, 2).by_rank());
        assert_eq!(Keys::new(10, 0.99, 42).by_rank(), [7, 1, 5, 4, 6, 9, 3, 8, 2, 0]);
    }

    #[test]
    fn one_session_is_always_asked_for() {
        let keys = Keys::new(1, 0.99, 3);
        assert!(keys.sample_iter(Random::stream(3, 1)).take(100).all(|session| session == 0));
    }
}
