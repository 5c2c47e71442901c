//! Which losses a gate lets pass.

use crate::share::Share;

/// The losses that a gate lets pass. A [`Share`] alone tolerates that loss of each ratio, and asks nothing of absolute
/// throughput.
///
/// ```
/// use lockyard_bench::Share;
/// use lockyard_bench::gate::Tolerance;
///
/// let of_ratios: Tolerance = Share::of_percent(3.0).unwrap().into();
/// let tolerance = Tolerance { absolute: Share::of_percent(20.0), ..of_ratios };
/// assert_eq!(tolerance.ratio, of_ratios.ratio);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// Of a strategy's ratio to the reference, each ratio measured within its own run.
    pub ratio: Share,
    /// Of a strategy's operations a second, from one run to the other; none if that is not gated. Machines drift from day
    /// to day, so leave room for it.
    pub absolute: Option<Share>,
}

impl From<Share> for Tolerance {
    fn from(ratio: Share) -> Self {
        Self { ratio, absolute: None }
    }
}
