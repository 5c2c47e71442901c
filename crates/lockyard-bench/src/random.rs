//! One seed, many independent streams, the same in every build.
//!
//! A seed in a record must mean the same steps years later, so the generator is a named one whose output is specified:
//! `ChaCha8` (D. J. Bernstein, <https://cr.yp.to/chacha.html>, 2008). rand's `StdRng` and `SmallRng` may change with any
//! release. `ChaCha` also has streams, which lets every task draw from the same seed without sharing a sequence.

use std::ops::{Deref, DerefMut};

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// A stream of random numbers that depends on its seed and its number alone.
///
/// It derefs to rand's generator, so whatever rand can draw is drawn from it.
#[derive(Debug)]
pub struct Random {
    seed: u64,
    stream: ChaCha8Rng,
}

impl Random {
    /// The stream `number` of `seed`.
    #[must_use]
    pub fn stream(seed: u64, number: u64) -> Self {
        let mut stream = ChaCha8Rng::seed_from_u64(seed);
        stream.set_stream(number);
        Self { seed, stream }
    }

    /// The seed, as it stands in the record.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Another stream of the same seed, for what several tasks must draw alike.
    #[must_use]
    pub fn another(&self, number: u64) -> Self {
        Self::stream(self.seed, number)
    }
}

impl Deref for Random {
    type Target = ChaCha8Rng;

    fn deref(&self) -> &ChaCha8Rng {
        &self.stream
    }
}

impl DerefMut for Random {
    fn deref_mut(&mut self) -> &mut ChaCha8Rng {
        &mut self.stream
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    /// If this fails, every seed in every record has lost its meaning: do not adjust the values, find what changed.
    #[test]
    fn a_seed_means_the_same_in_every_build() {
        let first = |seed, number| Random::stream(seed, number).next_u64();
        assert_eq!(
            [first(0, 0), first(42, 0), first(42, 1)],
            [13_080_132_717_333_068_652, 12_578_764_544_318_200_737, 13_222_472_167_927_179_408]
        );
        assert_eq!(Random::stream(42, 7).another(1).next_u64(), first(42, 1));
    }
}
