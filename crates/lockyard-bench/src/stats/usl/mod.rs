//! The Universal Scalability Law: how throughput grows with size, levels off, and falls.
//!
//! `X(n) = λn ÷ (1 + σ(n − 1) + κn(n − 1))`: of n that work at once, each would do λ alone; σ is what they queue for, κ what
//! each pair of them must agree about. With κ = 0 it is Amdahl's law; with κ above 0 throughput has a peak and falls
//! behind it. Source: N. J. Gunther, *Guerrilla Capacity Planning*, Springer 2007, chapters 4 to 6.
//!
//! A law drawn through any points looks convincing past their end, so a fit is refused here unless the points are
//! enough and lie on the curve, and every coefficient comes with its interval. What lies past the largest size measured is
//! called extrapolated wherever it is shown.

mod least_squares;
mod matrix;

use super::confidence::Confidence;
use least_squares::{Bounds, Fitted, Point};
use matrix::{Matrix, Vector, add_outer, inverse, product, quadratic, scaled};

/// With fewer sizes there is a curve through all points, whatever they are, and nothing left to doubt it by.
pub const MIN_SIZES: usize = 4;

/// A law that the points miss by more than this, as a fraction, is not the law of these points.
pub const WORST_RESIDUAL: f64 = 0.1;

/// An expectation whose interval spans more than this factor from end to end is not worth reporting.
pub const WIDEST_EXTRAPOLATION: f64 = 4.0;

/// What was measured at one size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// How many work at once; at least 1.
    pub size: u32,
    /// What they did together, as a rate.
    pub throughput: f64,
    /// The interval around it; `[throughput, throughput]` where none is known.
    pub ci: [f64; 2],
}

/// A value with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The most likely value.
    pub value: f64,
    /// The interval around it, `[low, high]`.
    pub ci: [f64; 2],
}

/// The law of some samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Usl {
    /// λ: the rate of one alone.
    pub lambda: Estimate,
    /// σ: the share of the work that queues, from 0 to 1.
    pub sigma: Estimate,
    /// κ: the cost of each pair that must agree, from 0.
    pub kappa: Estimate,
    /// By how much the samples miss the curve, as a fraction: the residual standard error of their logarithms.
    pub residual: f64,
    /// How sure the intervals are.
    pub confidence: Confidence,
    /// Squared reach of the interval along any direction: the wider of the two counts.
    spreads: [Matrix; 2],
    /// Squared reach of a single measurement around the curve.
    noise: f64,
}

/// Why there is no law.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Any few points lie on some curve.
    #[error("{sizes} sizes were measured, and a fit needs {MIN_SIZES}")]
    TooFewSizes {
        /// Different sizes among the samples.
        sizes: usize,
    },
    /// The logarithm of nothing does not exist.
    #[error("no throughput at size {size}")]
    NoThroughput {
        /// The size.
        size: u32,
    },
    /// The curve is not the law of these points.
    #[error("the residual is {:.0} %, more than {:.0} %", .residual * 100.0, WORST_RESIDUAL * 100.0)]
    Poor {
        /// By how much they miss it, as a fraction.
        residual: f64,
    },
}

impl Usl {
    /// Fits the law to `samples`, by least squares of the logarithms, for errors of rates are factors.
    ///
    /// Intervals are the wider of two: from how far the samples lie off the curve (Student's t, which counts what the law
    /// does not explain as noise), and from the samples' own intervals. They are those of the fit without bounds, cut to
    /// what the coefficients can be; so a coefficient at its bound does not make the others look certain.
    ///
    /// ```
    /// use lockyard_bench::stats::Confidence;
    /// use lockyard_bench::stats::usl::{Sample, Usl};
    ///
    /// let law = |n: f64| 1000.0 * n / (1.0 + 0.1 * (n - 1.0) + 0.01 * n * (n - 1.0));
    /// let sample = |size: u32| Sample { size, throughput: law(size.into()), ci: [law(size.into()); 2] };
    /// let fit = Usl::fit(&[1, 2, 4, 8, 16].map(sample), Confidence::default()).expect("it is the law");
    /// assert!((fit.lambda.value - 1000.0).abs() < 1e-3);
    /// assert!((fit.peak().unwrap() - 9.49).abs() < 0.01); // √((1 − 0.1) ÷ 0.01)
    /// ```
    ///
    /// # Errors
    /// [`Refusal`] where the samples are too few, or not such that the law describes them.
    pub fn fit(samples: &[Sample], confidence: Confidence) -> Result<Self, Refusal> {
        let mut sizes: Vec<u32> = samples.iter().map(|sample| sample.size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        if sizes.len() < MIN_SIZES {
            return Err(Refusal::TooFewSizes { sizes: sizes.len() });
        }
        let usable = |sample: &Sample| sample.throughput > 0.0 && sample.throughput.is_finite();
        if let Some(sample) = samples.iter().find(|sample| sample.size == 0 || !usable(sample)) {
            return Err(Refusal::NoThroughput { size: sample.size });
        }
        let points: Vec<_> = samples.iter().map(|it| Point::new(it.size.into(), it.throughput)).collect();
        let degrees_of_freedom = points.len() - 3;
        let residual = |fitted: &Fitted| (fitted.squares / degrees_of_freedom as f64).sqrt();

        // Two fits: the bounded one gives the values, the free one the intervals. With a coefficient held at its
        // bound the fit is that of a law with fewer coefficients, and its intervals would be too narrow.
        let best = least_squares::fit(&points, Bounds::Physical);
        // The bounded fit is the one that is shown, so it is the one that has to fit.
        if residual(&best) > WORST_RESIDUAL {
            return Err(Refusal::Poor { residual: residual(&best) });
        }
        let free = least_squares::fit(&points, Bounds::None);
        let noise = (confidence.standard_errors(degrees_of_freedom) * residual(&free)).powi(2);
        let spreads = spreads(&points, samples, &free, noise);
        let estimate = |index: usize, [least, most]: [f64; 2]| {
            let mut direction = [0.0; 3];
            direction[index] = 1.0;
            let (value, reach) = (best.at[index], reach(&spreads, &direction));
            // Centred at the free value and cut to the bounds; `min` and `max` keep the value that is shown inside.
            let [low, high] = [free.at[index] - reach, free.at[index] + reach];
            Estimate { value, ci: [low.clamp(least, most).min(value), high.clamp(least, most).max(value)] }
        };
        let log_lambda = estimate(0, [f64::MIN, f64::MAX]);
        Ok(Self {
            lambda: Estimate { value: log_lambda.value.exp(), ci: log_lambda.ci.map(f64::exp) },
            sigma: estimate(1, [0.0, 1.0]),
            kappa: estimate(2, [0.0, f64::MAX]),
            residual: residual(&best),
            confidence,
            spreads,
            noise,
        })
    }

    /// The rate at `size` by the law.
    pub fn at(&self, size: f64) -> f64 {
        let more = size - 1.0;
        self.lambda.value * size / (1.0 + self.sigma.value * more + self.kappa.value * size * more)
    }

    /// The size behind which throughput falls, at least 1; `None` unless κ's interval is clear of zero.
    pub fn peak(&self) -> Option<f64> {
        let peak = ((1.0 - self.sigma.value) / self.kappa.value).sqrt().max(1.0);
        (self.kappa.ci[0] > 0.0).then_some(peak)
    }

    /// What a measurement at `size` is expected to be, with its interval (by the delta method). Where `size` was not
    /// measured, or is larger than any that was, this is an extrapolation: it holds if the law continues to hold.
    pub fn expected(&self, size: u32) -> Estimate {
        let value = self.at(size.into());
        let at = [self.lambda.value.ln(), self.sigma.value, self.kappa.value];
        // The delta method: the spread of ln X is that of the coefficients, taken along the gradient of the law.
        let direction = Point::new(size.into(), value).gradient(&at);
        let reach = (reach(&self.spreads, &direction).powi(2) + self.noise).sqrt().exp();
        Estimate { value, ci: [value / reach, value * reach] }
    }

    /// The same at a size that was not measured, if its interval spans no more than [`WIDEST_EXTRAPOLATION`].
    pub fn extrapolated(&self, size: u32) -> Option<Estimate> {
        Some(self.expected(size)).filter(|it| it.ci[1] <= it.ci[0] * WIDEST_EXTRAPOLATION)
    }
}

/// The squared reach of intervals in any direction, twice: from how far the points lie off the curve, and from the
/// intervals of the samples themselves.
fn spreads(points: &[Point], samples: &[Sample], fitted: &Fitted, noise: f64) -> [Matrix; 2] {
    let information = points.iter().fold([[0.0; 3]; 3], |sum, point| {
        let gradient = point.gradient(&fitted.at);
        add_outer(sum, &gradient, 1.0)
    });
    // With four sizes no two columns are alike, so there is an inverse; otherwise nothing is known.
    let Some(covariance) = inverse(&information) else { return [[[f64::INFINITY; 3]; 3]; 2] };
    let own = points.iter().zip(samples).fold([[0.0; 3]; 3], |sum, (point, sample)| {
        // How the coefficients move with ln X of this sample alone, to the first order.
        let influence: Vector = product(&covariance, &point.gradient(&fitted.at));
        let [low, high] = sample.ci.map(|end| (end / sample.throughput).ln().abs());
        let reach = low.max(high);
        add_outer(sum, &influence, if reach.is_finite() { reach * reach } else { 0.0 })
    });
    [scaled(&covariance, noise), own]
}

/// How far the interval reaches along a direction.
fn reach(spreads: &[Matrix; 2], direction: &Vector) -> f64 {
    let [off_the_curve, own] = spreads.map(|spread| quadratic(&spread, direction));
    off_the_curve.max(own).max(0.0).sqrt()
}

#[cfg(test)]
mod tests;
