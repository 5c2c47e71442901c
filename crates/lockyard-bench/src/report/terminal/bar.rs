//! A bar of a value with its interval, in whole characters.

/// The bar of an interval on a scale from 0: solid to its lower end, shaded from there to its upper end.
pub(super) fn bar(ci: [f64; 2], scale: f64, width: usize) -> String {
    let at = |value: f64| {
        let share = if scale > 0.0 { value / scale } else { 0.0 };
        // No share of a width is negative, and one beyond the scale ends with it.
        (share.clamp(0.0, 1.0) * width as f64).round() as usize
    };
    let (low, high) = (at(ci[0]), at(ci[1]));
    let low = if ci[0] > 0.0 { low.max(1) } else { low };
    "█".repeat(low) + &"▒".repeat(high.saturating_sub(low))
}

/// The end of the scale: the highest upper end, unless that is of an interval that is known to its order of magnitude alone.
pub(super) fn scale(values: &[(f64, [f64; 2])]) -> f64 {
    let highest = values.iter().map(|(value, _)| *value).fold(0.0, f64::max);
    let end = values.iter().map(|(_, ci)| ci[1]).fold(highest, f64::max);
    end.min(highest * 1.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_solid_to_the_lower_end_and_shaded_to_the_upper_one() {
        assert_eq!(bar([5.0, 7.0], 10.0, 10), "█████▒▒");
        assert_eq!(bar([5.0, 5.1], 10.0, 10), "█████", "narrower than a character");
        assert_eq!(bar([0.0, 99.0], 10.0, 10), "▒▒▒▒▒▒▒▒▒▒", "no longer than its width");
        assert_eq!(bar([0.001, 0.002], 10.0, 10), "█", "what is more than nothing is seen");
        assert_eq!([bar([0.0, 0.0], 0.0, 10), bar([f64::NAN, 1.0], 10.0, 10)], ["", "▒"]);
    }

    #[test]
    fn one_loose_interval_does_not_flatten_the_others() {
        assert!((scale(&[(2.0, [1.9, 2.1]), (1.0, [0.1, 50.0])]) - 3.0).abs() < 1e-9);
        assert!((scale(&[(2.0, [1.9, 2.1])]) - 2.1).abs() < 1e-9);
    }
}
