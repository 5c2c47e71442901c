//! What a change comes to, by its interval and by what is tolerated: for ratios and for absolute throughput alike.

use crate::record::Outcome;
use crate::share::Share;

/// What an interval of after ÷ before comes to, where a loss of `gate` is let pass.
pub(super) fn outcome([low, high]: [f64; 2], gate: Share) -> Outcome {
    let (least, most) = (1.0 - gate.get(), 1.0 / (1.0 - gate.get()));
    if high < least {
        Outcome::Regression
    } else if low > most {
        Outcome::Improvement
    } else if least <= low && high <= most {
        Outcome::Within
    } else {
        Outcome::CannotTell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_against_a_gate_of_ten_per_cent() {
        for (ci, expected) in [
            ([0.80, 0.89], Outcome::Regression),
            ([0.80, 0.91], Outcome::CannotTell),
            ([0.95, 0.99], Outcome::Within),
            ([0.95, 1.10], Outcome::Within),
            ([1.05, 1.20], Outcome::CannotTell),
            ([1.12, 1.20], Outcome::Improvement),
            ([0.50, 2.00], Outcome::CannotTell),
        ] {
            assert_eq!(outcome(ci, Share::new(0.1).unwrap()), expected, "{ci:?}");
        }
    }
}
