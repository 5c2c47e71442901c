//! How evenly something is shared out.

/// Jain's fairness index of what each of `shares` got: 1 when all got the same, 1/n when one of n got everything. `None`
/// when all shares are zero, or there are none. (R. Jain, D. Chiu, W. Hawe, "A Quantitative Measure of Fairness and
/// Discrimination", 1984.)
///
/// ```
/// use lockyard_bench::stats::jain;
///
/// assert_eq!(jain(&[5, 5, 5, 5]), Some(1.0));
/// assert_eq!(jain(&[0, 0, 0, 8]), Some(0.25));
/// ```
pub fn jain(shares: &[u64]) -> Option<f64> {
    let sum: f64 = shares.iter().map(|share| *share as f64).sum();
    let squares: f64 = shares.iter().map(|share| (*share as f64).powi(2)).sum();
    (squares > 0.0).then(|| sum * sum / (shares.len() as f64 * squares))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_by_hand() {
        // (1 + 2 + 3)² / (3 × (1 + 4 + 9)) = 36 / 42
        assert!((jain(&[1, 2, 3]).unwrap() - 36.0 / 42.0).abs() < 1e-12);
        assert_eq!(jain(&[7]), Some(1.0));
        assert_eq!(jain(&[]), None);
        assert_eq!(jain(&[0, 0]), None);
    }

    #[test]
    fn only_proportions_count() {
        assert!((jain(&[1, 4, 2]).unwrap() - jain(&[1_000, 4_000, 2_000]).unwrap()).abs() < 1e-12);
    }
}
