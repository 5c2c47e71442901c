//! One seed, many independent streams, the same in every build.
//!
//! A seed in a record must mean the same steps years later, so the generator is a named one whose output is specified:
//! `ChaCha8` (D. J. Bernstein, <https://cr.yp.to/chacha.html>, 2008). rand's `StdRng` and `SmallRng` may change with any
//! release. `ChaCha` also has streams, which lets every task draw from the same seed without sharing a sequence.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// The generator for stream `number` of `seed`.
pub fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number);
    rng
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    /// If this fails, every seed in every record has lost its meaning: do not adjust the values, find what changed.
    #[test]
    fn a_seed_means_the_same_in_every_build() {
        let first = |seed, number| stream(seed, number).next_u64();
        assert_eq!(
            [first(0, 0), first(42, 0), first(42, 1)],
            [13_080_132_717_333_068_652, 12_578_764_544_318_200_737, 13_222_472_167_927_179_408]
        );
    }
}
