//! As much linear algebra as three coefficients need.

pub(super) type Vector = [f64; 3];
pub(super) type Matrix = [[f64; 3]; 3];

/// `matrix + weight · v vᵀ`.
pub(super) fn add_outer(mut matrix: Matrix, v: &Vector, weight: f64) -> Matrix {
    for (row, a) in matrix.iter_mut().zip(v) {
        for (entry, b) in row.iter_mut().zip(v) {
            *entry += weight * a * b;
        }
    }
    matrix
}

pub(super) fn scaled(matrix: &Matrix, by: f64) -> Matrix {
    matrix.map(|row| row.map(|entry| entry * by))
}

pub(super) fn product(matrix: &Matrix, v: &Vector) -> Vector {
    matrix.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
}

/// `vᵀ matrix v`.
pub(super) fn quadratic(matrix: &Matrix, v: &Vector) -> f64 {
    product(matrix, v).iter().zip(v).map(|(a, b)| a * b).sum()
}

/// The inverse of a symmetric positive matrix, by cofactors; `None` where it has none. Brought to a diagonal of ones first,
/// since the coefficients differ by orders of magnitude.
pub(super) fn inverse(matrix: &Matrix) -> Option<Matrix> {
    // A diagonal of ones keeps the determinant from being lost in rounding. A diagonal entry of zero makes the
    // scale infinite, and the result is refused below.
    let scale: Vector = [0, 1, 2].map(|i| matrix[i][i].sqrt().recip());
    let entry = |i: usize, j: usize| matrix[i % 3][j % 3] * scale[i % 3] * scale[j % 3];
    // Rows and columns counted round from i and j give the cofactor with its sign, so there is no factor of −1.
    let cofactor = |i: usize, j: usize| {
        entry(i + 1, j + 1) * entry(i + 2, j + 2) - entry(i + 1, j + 2) * entry(i + 2, j + 1)
    };
    let determinant: f64 = (0..3).map(|j| entry(0, j) * cofactor(0, j)).sum();
    // The inverse is the transpose of the cofactors, which for a symmetric matrix is the same. The scale comes back
    // twice, for the rows and for the columns.
    let found = [0, 1, 2].map(|i| [0, 1, 2].map(|j| cofactor(i, j) / determinant * scale[i] * scale[j]));
    found.iter().flatten().all(|entry| entry.is_finite()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found_one, expected_one) in found.iter().zip(expected) {
            assert!((found_one - expected_one).abs() < 1e-12, "{found:?}, not {expected:?}");
        }
    }

    /// By hand: the determinant of [[2, 1, 0], [1, 3, 1], [0, 1, 4]] is 2·11 − 1·4 = 18, its cofactors are below.
    #[test]
    fn an_inverse_by_hand() {
        let found = inverse(&[[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]]).expect("it has one");
        let expected = [[11.0, -4.0, 1.0], [-4.0, 8.0, -2.0], [1.0, -2.0, 5.0]];
        close(found.as_flattened(), scaled(&expected, 1.0 / 18.0).as_flattened());
    }

    #[test]
    fn columns_that_are_alike_have_no_inverse() {
        assert_eq!(inverse(&[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), None);
        assert_eq!(inverse(&[[0.0; 3]; 3]), None);
    }

    #[test]
    fn sums_and_products_by_hand() {
        let matrix = add_outer([[1.0, 0.0, 0.0], [0.0; 3], [0.0; 3]], &[1.0, 2.0, 3.0], 2.0);
        close(matrix.as_flattened(), &[3.0, 4.0, 6.0, 4.0, 8.0, 12.0, 6.0, 12.0, 18.0]);
        close(&product(&matrix, &[1.0, 0.0, -1.0]), &[-3.0, -8.0, -12.0]);
        close(&[quadratic(&matrix, &[1.0, 0.0, -1.0])], &[9.0]);
        close(&scaled(&matrix, 0.5)[2], &[3.0, 6.0, 9.0]);
    }
}
