//! What does an estimate cost? A mean and a ratio, each with its interval, of 20, 200 and 2,000 rounds.
//!
//! The rounds are made so that estimate and interval are known in closed form, and every result is compared with them:
//! an estimator that becomes quick by becoming wrong fails. That the intervals contain what they should on noisy rounds
//! is a matter of simulation, and of the tests.

mod support;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use lockyard::bench::stats::{Confidence, Mean, Ratio};
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// How many rounds, and the 0.995 quantile of Student's t for what a fifth less at either end leaves of them:
/// 11, 119 and 1,199 degrees of freedom.
const ROUNDS: [(u32, f64); 3] =
    [(20, 3.105_806_515_539), (200, 2.617_775_976_491), (2_000, 2.579_935_996_211)];
/// What the estimate must be, as a ratio and as a mean.
const CENTRE: f64 = 1.3;
/// The rounds are this far apart on the log scale.
const STEP: f64 = 1e-4;

/// So many factors with equal steps between them on the log scale, around 1, in no order.
fn factors(rounds: u32, random: &mut ChaCha8Rng) -> Vec<f64> {
    let middle = f64::from(rounds - 1) / 2.0;
    let mut factors: Vec<_> = (0..rounds).map(|nth| (STEP * (f64::from(nth) - middle)).exp()).collect();
    factors.shuffle(random);
    factors
}

/// How far the interval reaches to either side on the log scale.
///
/// Of n equal steps g = n/5 are trimmed at either end and h = n - 2g stay, whose squared distances from the middle
/// sum to h(h² - 1)/12; Winsorised, the others stand where the outermost of these stand, (h - 1)/2 from the middle.
/// The standard error is the root of that sum over h(h - 1).
fn reach(rounds: u32, quantile: f64) -> f64 {
    let g = f64::from(rounds / 5);
    let h = f64::from(rounds) - 2.0 * g;
    let squares = h * (h * h - 1.0) / 12.0 + 2.0 * g * ((h - 1.0) / 2.0).powi(2);
    quantile * STEP * (squares / (h * (h - 1.0))).sqrt()
}

/// Both ends, and what lies between, are what they must be.
fn check(found: (f64, [f64; 2]), reach: f64) {
    let (estimate, [low, high]) = found;
    let ends = [low, estimate, high].map(|x| (x / CENTRE).ln());
    let off = ends.into_iter().zip([-reach, 0.0, reach]).map(|(found, expected)| (found - expected).abs());
    assert!(off.fold(0.0, f64::max) <= 1e-6 * reach, "{found:?}, not {CENTRE} with {reach} to either side");
}

fn stats(criterion: &mut Criterion) {
    let random = &mut ChaCha8Rng::seed_from_u64(1);
    let confidence = Confidence::default();

    let mut group = criterion.benchmark_group("stats/mean");
    for (rounds, quantile) in ROUNDS {
        let measured: Vec<_> = factors(rounds, random).into_iter().map(|factor| CENTRE * factor).collect();
        let reach = reach(rounds, quantile);
        group.bench_function(BenchmarkId::from_parameter(rounds), |bencher| {
            bencher.iter(|| {
                let found = Mean::of_rounds(black_box(&measured), confidence).expect("rounds enough");
                check((found.mean, found.ci), reach);
            });
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("stats/ratio");
    for (rounds, quantile) in ROUNDS {
        // The machine drifts by up to a half from round to round, for both subjects alike.
        let pair = |factor| {
            let baseline = random.random_range(1e6..1.5e6);
            (CENTRE * factor * baseline, baseline)
        };
        let pairs: Vec<_> =
            factors(rounds, &mut ChaCha8Rng::seed_from_u64(2)).into_iter().map(pair).collect();
        let reach = reach(rounds, quantile);
        group.bench_function(BenchmarkId::from_parameter(rounds), |bencher| {
            bencher.iter(|| {
                let found = Ratio::of_rounds(black_box(&pairs), confidence).expect("rounds enough");
                check((found.ratio, found.ci), reach);
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = support::timing();
    targets = stats
}
criterion_main!(benches);
