//! The law found in data that follow it, exactly and with noise, and refused in data that do not.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::*;

const SIZES: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];

/// λ, σ, κ
type Law = [f64; 3];

fn rate([lambda, sigma, kappa]: Law, size: u32) -> f64 {
    let n = f64::from(size);
    lambda * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0))
}

fn exact(law: Law, sizes: &[u32]) -> Vec<Sample> {
    let sample = |&size: &u32| Sample { size, throughput: rate(law, size), ci: [rate(law, size); 2] };
    sizes.iter().map(sample).collect()
}

fn fit(samples: &[Sample]) -> Result<Usl, Refusal> {
    Usl::fit(samples, Confidence::default())
}

#[test]
fn exact_data_give_back_their_coefficients() {
    let laws: [Law; 7] = [
        [1_000.0, 0.1, 0.01],
        [250_000.0, 0.03, 0.000_1],
        [1.0, 0.5, 0.0],
        [7e6, 0.0, 0.002],
        [42.0, 0.0, 0.0], // perfectly linear
        [42.0, 1.0, 0.0], // perfectly serial: the same rate at every size
        [5e5, 0.9, 0.3],  // falls from the start
    ];
    for law in laws {
        for sizes in [&SIZES[..], &[1, 2, 3, 4], &[2, 4, 6, 8, 12]] {
            let found = fit(&exact(law, sizes)).unwrap_or_else(|refusal| panic!("{law:?}: {refusal}"));
            let [lambda, sigma, kappa] = [found.lambda, found.sigma, found.kappa].map(|it| it.value);
            assert!((lambda / law[0] - 1.0).abs() < 1e-6, "{law:?} {sizes:?}: λ {lambda}");
            assert!((sigma - law[1]).abs() < 1e-6, "{law:?} {sizes:?}: σ {sigma}");
            assert!((kappa - law[2]).abs() < 1e-7, "{law:?} {sizes:?}: κ {kappa}");
            assert!(found.residual < 1e-6, "{law:?} {sizes:?}: {}", found.residual);
        }
    }
}

/// By hand: with σ = 0.15 and κ = 0.05 the divisors at 2, 3 and 4 are 1 + .15 + .1 = 1.25, 1 + .3 + .3 = 1.6 and
/// 1 + .45 + .6 = 2.05, and the peak is at √(.85 / .05) = √17.
#[test]
fn four_sizes_by_hand() {
    let rates = [(1, 100.0), (2, 200.0 / 1.25), (3, 300.0 / 1.6), (4, 400.0 / 2.05)];
    let samples = rates.map(|(size, throughput)| Sample { size, throughput, ci: [throughput; 2] });
    let found = fit(&samples).expect("the law, exactly");
    assert!((found.sigma.value - 0.15).abs() < 1e-9 && (found.kappa.value - 0.05).abs() < 1e-9);
    assert!((found.peak().expect("κ is certain") - 17.0_f64.sqrt()).abs() < 1e-6);
    assert!((found.at(8.0) - 800.0 / (1.0 + 0.15 * 7.0 + 0.05 * 56.0)).abs() < 1e-6);
}

#[test]
fn no_peak_without_a_kappa_that_is_clear_of_zero() {
    let amdahl = fit(&exact([1_000.0, 0.2, 0.0], &SIZES)).expect("a law");
    assert_eq!(amdahl.peak(), None);
    // A κ that is there, but not for certain: each point is only known to within a factor of two.
    let mut vague = exact([1_000.0, 0.2, 0.001], &SIZES);
    for sample in &mut vague {
        sample.ci = [sample.throughput / 2.0, sample.throughput * 2.0];
    }
    let found = fit(&vague).expect("a law");
    assert!(found.kappa.ci[0] == 0.0 && found.kappa.ci[1] > 0.001, "{:?}", found.kappa);
    assert_eq!(found.peak(), None);
    let falling = fit(&exact([1_000.0, 1.0, 0.5], &SIZES)).expect("a law");
    assert_eq!(falling.peak(), Some(1.0), "it falls from the start");
}

#[test]
fn too_few_sizes_are_refused() {
    assert_eq!(fit(&[]), Err(Refusal::TooFewSizes { sizes: 0 }));
    assert_eq!(fit(&exact([1.0, 0.1, 0.01], &[1, 2, 4])), Err(Refusal::TooFewSizes { sizes: 3 }));
    let twice = exact([1.0, 0.1, 0.01], &[1, 1, 2, 2, 4, 4]);
    assert_eq!(fit(&twice), Err(Refusal::TooFewSizes { sizes: 3 }), "the same size again is no new one");
}

#[test]
fn sizes_at_which_nothing_was_done_are_refused() {
    for nothing in [0.0, f64::NAN, f64::INFINITY, -1.0] {
        let mut samples = exact([1_000.0, 0.1, 0.01], &SIZES);
        samples[3].throughput = nothing;
        assert_eq!(fit(&samples), Err(Refusal::NoThroughput { size: 8 }), "{nothing}");
    }
    let without_load = exact([1.0, 0.1, 0.0], &[0, 1, 2, 4, 8]);
    assert_eq!(fit(&without_load), Err(Refusal::NoThroughput { size: 0 }));
}

#[test]
fn what_does_not_follow_the_law_is_refused() {
    let zigzag: Vec<_> = SIZES
        .iter()
        .zip([100.0, 60.0, 300.0, 90.0, 500.0, 150.0, 800.0])
        .map(|(&size, throughput)| Sample { size, throughput, ci: [throughput; 2] })
        .collect();
    let refusal = fit(&zigzag).expect_err("no law");
    assert!(matches!(refusal, Refusal::Poor { residual } if residual > 0.3), "{refusal:?}");
    assert!(refusal.to_string().starts_with("the residual is "), "{refusal}");
    // Growing faster than in proportion would need a σ below zero, which no queue has.
    let superlinear: Vec<_> = SIZES
        .iter()
        .map(|&size| Sample { size, throughput: f64::from(size).powf(1.5), ci: [0.0; 2] })
        .collect();
    assert!(matches!(fit(&superlinear), Err(Refusal::Poor { .. })), "{:?}", fit(&superlinear));
}

#[test]
fn what_is_expected_lies_in_its_interval_which_grows_with_the_distance() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let found = fit(&noisy(&mut rng, [1_000.0, 0.05, 0.000_2], |_| 0.02)).expect("a law");
    let width = |size| {
        let Estimate { value, ci: [low, high] } = found.expected(size);
        assert!(low < value && value < high && (value / found.at(size.into()) - 1.0).abs() < 1e-12);
        high / low
    };
    assert!(width(64) < width(128) && width(128) < width(1_024));
    assert!(found.extrapolated(128).is_some(), "certain to within ×{}", width(128));
    assert!(width(1 << 20) > WIDEST_EXTRAPOLATION && found.extrapolated(1 << 20).is_none());
}

/// Samples of a law whose rates are off by factors of this deviation, which differs by size; their intervals say nothing.
fn noisy(rng: &mut ChaCha8Rng, law: Law, deviation: impl Fn(u32) -> f64) -> Vec<Sample> {
    let mut samples = exact(law, &SIZES);
    for sample in &mut samples {
        let noise = Normal::new(0.0, deviation(sample.size)).expect("a deviation").sample(rng);
        sample.throughput *= noise.exp();
        sample.ci = [sample.throughput; 2];
    }
    samples
}

/// Of 1,000 runs, in how many the intervals of λ, σ, κ and of the rate expected at twice the largest size hold what is
/// true. The seed is fixed, so this either always passes or always fails.
fn covered(seed: u64, law: Law, deviation: impl Fn(u32) -> f64, know_it: bool) -> [usize; 4] {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut held = [0; 4];
    for _ in 0..1_000 {
        let mut samples = noisy(&mut rng, law, &deviation);
        if know_it {
            for sample in &mut samples {
                // The 0.995 quantile of the normal distribution.
                let reach = (2.575_829 * deviation(sample.size)).exp();
                sample.ci = [sample.throughput / reach, sample.throughput * reach];
            }
        }
        let found = fit(&samples).expect("the noise is small");
        let noise = Normal::new(0.0, deviation(128)).expect("a deviation").sample(&mut rng).exp();
        let truth = [law[0], law[1], law[2], rate(law, 128) * noise];
        let found = [found.lambda, found.sigma, found.kappa, found.expected(128)];
        for (held, (truth, Estimate { ci: [low, high], .. })) in
            held.iter_mut().zip(truth.into_iter().zip(found))
        {
            *held += usize::from(low <= truth && truth <= high);
        }
    }
    held
}

#[test]
fn intervals_cover_the_true_coefficients() {
    let found = [
        covered(1, [1_000.0, 0.05, 0.000_2], |_| 0.02, false),
        covered(2, [1_000.0, 0.3, 0.01], |_| 0.03, false),
        // At the bounds, where half of the free fits lie outside.
        covered(3, [1_000.0, 0.1, 0.0], |_| 0.02, false),
        covered(4, [1_000.0, 0.0, 0.0], |_| 0.02, false),
        // One half of the points is steady and the other is not; their own intervals say so.
        covered(5, [1_000.0, 0.05, 0.000_2], |size| if size > 4 { 0.05 } else { 0.005 }, true),
    ];
    assert!(found.iter().flatten().all(|&held| held >= 975), "{found:?} of 1000 each");
}
