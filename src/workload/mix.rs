//! How often each operation is asked for.

use super::operation::Operation;

/// A mix of operations: a share for each, adding up to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    shares: [f64; Operation::COUNT],
}

impl Mix {
    /// A mix in proportion to `weights`, of which at least one is positive and none is negative.
    pub(super) fn new(weights: impl IntoIterator<Item = (Operation, f64)>) -> Self {
        let mut shares = [0.0; Operation::COUNT];
        for (operation, weight) in weights {
            shares[operation.index()] += weight;
        }
        let total: f64 = shares.iter().sum();
        Self { shares: shares.map(|weight| weight / total) }
    }

    /// How large a part `operation` has, from 0 to 1.
    pub fn share(&self, operation: Operation) -> f64 {
        self.shares[operation.index()]
    }

    /// The operations that occur, with their shares.
    pub fn shares(&self) -> impl Iterator<Item = (Operation, f64)> {
        Operation::ALL.into_iter().zip(self.shares).filter(|&(_, share)| share > 0.0)
    }

    /// The operation at `point` (from 0, up to 1) when the shares are laid end to end.
    pub(super) fn at(&self, point: f64) -> Operation {
        let mut end = 0.0;
        let mut last = None;
        for (operation, share) in self.shares() {
            end += share;
            if point < end {
                return operation;
            }
            last = Some(operation);
        }
        // The shares may miss 1 by a rounding error; what lies in the gap belongs to the last.
        last.expect("a mix has an operation")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_in_proportion_and_lie_end_to_end() {
        let mix = Mix::new([
            (Operation::UpdateContext, 1.0),
            (Operation::GetContext, 2.0),
            (Operation::GetContext, 1.0),
        ]);
        assert_eq!(
            mix.shares().collect::<Vec<_>>(),
            [(Operation::GetContext, 0.75), (Operation::UpdateContext, 0.25)]
        );
        assert!(mix.share(Operation::CreateContext).abs() < f64::EPSILON);
        assert_eq!(mix.at(0.0), Operation::GetContext);
        assert_eq!(mix.at(0.749), Operation::GetContext);
        assert_eq!(mix.at(0.75), Operation::UpdateContext);
        assert_eq!(mix.at(1.0), Operation::UpdateContext);
    }
}
