//! The coefficients that bring the law closest to the points, on the logarithmic scale.
//!
//! Two steps. The law turned over, `n ÷ X = 1/λ + σ/λ·(n − 1) + κ/λ·n(n − 1)`, is linear in its coefficients and gives a
//! start (Gunther's own way). From there Gauss and Newton refine what the law itself misses, halving a step that does not
//! help. Bounds are kept by trying every set of coefficients at their bounds, of which there are six, and taking the best.

use super::matrix::{Matrix, Vector, add_outer, inverse, product};

/// More steps than any fit was seen to take; each at least halves what is left or ends it.
const MOST_STEPS: usize = 200;
/// A step is halved at most so often before it counts as none.
const MOST_HALVINGS: i32 = 40;

/// One point, prepared: what the law is linear in, and the logarithm of what was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    size: f64,
    /// n − 1, which σ multiplies.
    queueing: f64,
    /// n(n − 1), which κ multiplies.
    pairs: f64,
    /// ln X
    measured: f64,
}

impl Point {
    pub(super) fn new(size: f64, throughput: f64) -> Self {
        Self { size, queueing: size - 1.0, pairs: size * (size - 1.0), measured: throughput.ln() }
    }

    /// What one alone would take for the work that these take `1` for; below zero there is no law.
    fn divisor(&self, [_, sigma, kappa]: &Vector) -> f64 {
        1.0 + sigma * self.queueing + kappa * self.pairs
    }

    /// ln X measured less ln X by the law.
    fn residual(&self, at: &Vector) -> f64 {
        self.measured - (at[0] + self.size.ln() - self.divisor(at).ln())
    }

    /// How ln X by the law changes with ln λ, σ and κ.
    pub(super) fn gradient(&self, at: &Vector) -> Vector {
        let divisor = self.divisor(at);
        [1.0, -self.queueing / divisor, -self.pairs / divisor]
    }
}

/// What the coefficients may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bounds {
    /// Anything that leaves the law positive at every point.
    None,
    /// 0 ≤ σ ≤ 1 and 0 ≤ κ.
    Physical,
}

/// Coefficients, and how far they are from the points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fitted {
    /// ln λ, σ and κ.
    pub(super) at: Vector,
    /// The sum of squared residuals of ln X.
    pub(super) squares: f64,
}

/// The best coefficients within the bounds, for points of at least three sizes.
pub(super) fn fit(points: &[Point], bounds: Bounds) -> Fitted {
    let start = start(points);
    let free = refine(points, start, [true; 3]);
    let within = |fitted: &Fitted| (0.0..=1.0).contains(&fitted.at[1]) && fitted.at[2] >= 0.0;
    if bounds == Bounds::None || within(&free) {
        return free;
    }
    let [log_lambda, sigma, kappa] = start;
    // The least squares within the bounds may lie on a face or at a corner, and to clamp the free solution is not
    // enough: with one coefficient moved, the others are no longer the best.
    let corners = [Some(0.0), Some(1.0), None].into_iter().flat_map(|fixed| [(fixed, true), (fixed, false)]);
    // A coefficient that is fixed stays at its bound, so a fit can only violate the bounds of those that are free.
    let fits = corners.map(|(fixed, kappa_is_free)| {
        let start = [log_lambda, fixed.unwrap_or(sigma), if kappa_is_free { kappa } else { 0.0 }];
        refine(points, start, [true, fixed.is_none(), kappa_is_free])
    });
    let best = fits.filter(within).min_by(|a, b| a.squares.total_cmp(&b.squares));
    best.expect("with σ and κ both at a bound nothing is out of bounds")
}

/// The linear solution, brought within the bounds, where the law is positive everywhere.
fn start(points: &[Point]) -> Vector {
    let mut information: Matrix = [[0.0; 3]; 3];
    let mut right = [0.0; 3];
    for point in points {
        // Each equation divided by its left side, so that errors count as fractions.
        let weight = point.measured.exp() / point.size;
        let row = [weight, weight * point.queueing, weight * point.pairs];
        information = add_outer(information, &row, 1.0);
        for (sum, entry) in right.iter_mut().zip(row) {
            *sum += entry;
        }
    }
    let [inverse_lambda, sigma, kappa] =
        inverse(&information).map_or([0.0; 3], |inverse| product(&inverse, &right));
    let (sigma, kappa) = if inverse_lambda > 0.0 {
        ((sigma / inverse_lambda).clamp(0.0, 1.0), (kappa / inverse_lambda).max(0.0))
    } else {
        (0.5, 0.0)
    };
    // The λ that suits these two best is the mean of what each point says.
    // With ln λ = 0 the residual is what ln λ would have to be for this point.
    let offsets = points.iter().map(|point| point.residual(&[0.0, sigma, kappa]));
    [offsets.sum::<f64>() / points.len() as f64, sigma, kappa]
}

/// Gauss-Newton over the coefficients that are free.
fn refine(points: &[Point], start: Vector, free: [bool; 3]) -> Fitted {
    let squares = |at: &Vector| points.iter().map(|point| point.residual(at).powi(2)).sum::<f64>();
    let mut now = Fitted { at: start, squares: squares(&start) };
    for _ in 0..MOST_STEPS {
        // No step where the information cannot be inverted: the points do not determine the coefficients apart there.
        let Some(step) = step(points, &now.at, free) else { break };
        let shortened = (0..MOST_HALVINGS).find_map(|halvings| {
            let factor = 0.5_f64.powi(halvings);
            let at = [0, 1, 2].map(|i| now.at[i] + factor * step[i]);
            // Out of the law's domain a residual is not a number, which is less than nothing.
            let squares = squares(&at);
            // Only a step that helps is taken, so the squares fall strictly and no point comes up twice. NaN
            // compares as false.
            (squares < now.squares).then_some(Fitted { at, squares })
        });
        let Some(next) = shortened else { break };
        now = next;
    }
    now
}

/// The step to where the linearised law would be closest.
fn step(points: &[Point], at: &Vector, free: [bool; 3]) -> Option<Vector> {
    let mut information: Matrix = [[0.0; 3]; 3];
    let mut right = [0.0; 3];
    for point in points {
        let mut gradient = point.gradient(at);
        for (entry, free) in gradient.iter_mut().zip(free) {
            // A fixed coefficient has no gradient: its row and column become zero, and the others are solved
            // without it.
            *entry *= f64::from(u8::from(free));
        }
        information = add_outer(information, &gradient, 1.0);
        for (sum, entry) in right.iter_mut().zip(gradient) {
            *sum += entry * point.residual(at);
        }
    }
    for index in 0..3 {
        if !free[index] {
            information[index][index] = 1.0; // which leaves this coefficient where it is
        }
    }
    Some(product(&inverse(&information)?, &right))
}
