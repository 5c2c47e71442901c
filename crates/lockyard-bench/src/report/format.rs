//! Numbers as people read them: one way for each kind, so that a table, a sentence and a page never disagree.

/// Three significant digits, with an SI prefix from a thousand on: `987`, `45.1 k`, `1.23 M`. Rates and counts alike.
pub fn count(value: f64) -> String {
    match scaled(value, &[("", 1.0), (" k", 1e3), (" M", 1e6), (" G", 1e9)]) {
        (value, "") if value.fract() == 0.0 => format!("{value}"),
        (value, prefix) => format!("{}{prefix}", three_digits(value)),
    }
}

/// A number with all its digits, in groups of three: `8,180`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A rate with its interval: `212 k [208 k, 216 k]`.
pub fn with_interval(value: f64, [low, high]: [f64; 2]) -> String {
    format!("{} [{}, {}]", count(value), count(low), count(high))
}

/// The same where room is short: `212 k ± 1.9 %`, by the end of the interval that is farther away.
pub fn with_spread(value: f64, [low, high]: [f64; 2]) -> String {
    let spread = (value - low).max(high - value) / value * 100.0;
    if spread.is_finite() { format!("{} ± {spread:.1} %", count(value)) } else { count(value) }
}

/// Nanoseconds in the unit that suits them: `830 ns`, `2.90 µs`, `12.3 ms`, `1.20 s`.
pub fn nanos(value: u64) -> String {
    match scaled(value as f64, &NANOS) {
        (_, " ns") => format!("{value} ns"),
        (value, unit) => format!("{}{unit}", three_digits(value)),
    }
}

/// Nanoseconds with an interval in the same unit: `32.3 µs [30.1, 35.2]`; without one the value alone.
pub fn nanos_with_interval(value: u64, ci: Option<[u64; 2]>) -> String {
    let Some(ci) = ci else { return nanos(value) };
    let (_, unit) = scaled(value as f64, &NANOS);
    let size = NANOS.iter().find(|(name, _)| *name == unit).map_or(1.0, |(_, size)| *size);
    let [low, high] = ci.map(|end| match unit {
        " ns" => end.to_string(),
        _ => three_digits(end as f64 / size),
    });
    format!("{} [{low}, {high}]", nanos(value))
}

/// The same where room is short: `32.3 µs ± 9 %`, by the end of the interval that is farther away.
pub fn nanos_with_spread(value: u64, ci: Option<[u64; 2]>) -> String {
    let Some([low, high]) = ci else { return nanos(value) };
    let spread = value.saturating_sub(low).max(high.saturating_sub(value)) as f64 / value.max(1) as f64;
    // Of few sections an interval may have no end to speak of.
    let spread = if spread > 1.0 { "> 100".to_owned() } else { format!("{:.0}", spread * 100.0) };
    format!("{} ± {spread} %", nanos(value))
}

/// The units of times.
const NANOS: [(&str, f64); 4] = [(" ns", 1.0), (" µs", 1e3), (" ms", 1e6), (" s", 1e9)];

/// A count at the tick of an axis, without decimals that are only noise there: `45 k`.
pub fn tick_count(value: f64) -> String {
    rounded(&count(value))
}

/// Nanoseconds at the tick of an axis: `20 µs`.
pub fn tick_nanos(value: f64) -> String {
    rounded(&nanos(value.round() as u64))
}

/// Ticks stand at round values, such as 1, 2 and 5.
fn rounded(text: &str) -> String {
    text.replace(".00 ", " ").replace(".0 ", " ")
}

/// A ratio with its interval: `×1.23 [1.10, 1.35]`. There are more decimals, up to four, where two would make both ends
/// the same, or hide on which side of 1 an end lies.
pub fn ratio(ratio: f64, [low, high]: [f64; 2]) -> String {
    let hides = |decimals: usize| {
        let [one, low_text, high_text] = [1.0, low, high].map(|value| format!("{value:.decimals$}"));
        let reads_as_one = |text: &str, value: f64| text == one && (value - 1.0).abs() > f64::EPSILON;
        low_text == high_text || reads_as_one(&low_text, low) || reads_as_one(&high_text, high)
    };
    let decimals = (2..4).find(|decimals| !hides(*decimals)).unwrap_or(4);
    format!("×{ratio:.decimals$} [{low:.decimals$}, {high:.decimals$}]")
}

/// The same where room is short: `×1.23 ± 10 %`, by the end of the interval that is farther away.
pub fn ratio_with_spread(ratio: f64, [low, high]: [f64; 2]) -> String {
    let spread = (ratio - low).max(high - ratio) / ratio * 100.0;
    match spread {
        spread if !spread.is_finite() => format!("×{ratio:.2}"),
        spread if spread > 100.0 => format!("×{ratio:.2} ± > 100 %"),
        spread if spread < 0.95 => format!("×{ratio:.2} ± {spread:.1} %"),
        spread => format!("×{ratio:.2} ± {spread:.0} %"),
    }
}

/// A share of 1 in percent: `95 %`, `99.9 %`, `0.4 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", (share * 1000.0).round() / 10.0)
}

/// A coefficient of any size: `0.125`, `2.1e-4`, `0`.
pub fn coefficient(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.001 => format!("{value:.1e}"),
        _ => format!("{value:.3}"),
    }
}

/// A list in a sentence: `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A number and its noun: `1 deadlock`, `2 deadlocks`, `no deadlock`.
pub fn counted(number: u64, noun: &str) -> String {
    match number {
        0 => format!("no {noun}"),
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// The value in the largest unit that leaves at least 1 after rounding to three digits, and that unit.
fn scaled<'a>(value: f64, units: &[(&'a str, f64)]) -> (f64, &'a str) {
    let (unit, size) = units.iter().rev().find(|(_, size)| value.abs() >= size * 0.9995).unwrap_or(&units[0]);
    (value / size, unit)
}

fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_keep_three_digits_across_every_prefix() {
        let text = [0.0, 7.0, 0.25, 12.34, 987.0, 999.6, 45_123.0, 999_900.0, 1_234_567.0, 2e9].map(count);
        let expected = ["0", "7", "0.25", "12.3", "987", "1.00 k", "45.1 k", "1.00 M", "1.23 M", "2.00 G"];
        assert_eq!(text, expected);
    }

    #[test]
    fn digits_are_grouped_in_threes() {
        assert_eq!([0, 999, 8_180, 1_234_567].map(grouped), ["0", "999", "8,180", "1,234,567"]);
    }

    #[test]
    fn a_spread_reaches_to_the_farther_end() {
        assert_eq!(with_spread(200_000.0, [196_000.0, 203_000.0]), "200 k ± 2.0 %");
        assert_eq!(with_spread(0.0, [0.0, 0.0]), "0");
    }

    #[test]
    fn nanoseconds_find_their_unit() {
        let text = [0, 830, 1_000, 2_900, 45_678, 999_990, 12_345_678, 1_200_000_000].map(nanos);
        let expected = ["0 ns", "830 ns", "1.00 µs", "2.90 µs", "45.7 µs", "1.00 ms", "12.3 ms", "1.20 s"];
        assert_eq!(text, expected);
    }

    #[test]
    fn intervals_of_times_keep_the_unit_of_the_time() {
        let text = [(161, [158, 163]), (32_300, [930, 1_200_000]), (1_000, [990, 1_010])]
            .map(|(value, ci)| nanos_with_interval(value, Some(ci)));
        assert_eq!(text, ["161 ns [158, 163]", "32.3 µs [0.93, 1200]", "1.00 µs [0.99, 1.01]"]);
        assert_eq!(nanos_with_spread(1_000, Some([900, 1_050])), "1.00 µs ± 10 %");
        assert_eq!(nanos_with_spread(1_000, Some([1, 900_000])), "1.00 µs ± > 100 %");
        assert_eq!([nanos_with_interval(5, None), nanos_with_spread(5, None)], ["5 ns", "5 ns"]);
    }

    #[test]
    fn ticks_have_no_empty_decimals() {
        assert_eq!([5_000.0, 45_100.0, 100.0].map(tick_count), ["5 k", "45.1 k", "100"]);
        assert_eq!([2_000.0, 20_000.0, 500.0].map(tick_nanos), ["2 µs", "20 µs", "500 ns"]);
    }

    #[test]
    fn more_decimals_show_what_two_would_hide() {
        assert_eq!(ratio(1.2345, [1.1, 1.3511]), "×1.23 [1.10, 1.35]");
        assert_eq!(ratio(1.5, [1.499, 1.501]), "×1.500 [1.499, 1.501]", "ends that read alike");
        assert_eq!(ratio(1.0, [0.996, 1.004]), "×1.000 [0.996, 1.004]", "both sides of 1");
        assert_eq!(ratio(1.02, [1.002, 1.04]), "×1.020 [1.002, 1.040]", "just above 1");
        assert_eq!(ratio(1.025, [1.0004, 1.05]), "×1.0250 [1.0004, 1.0500]", "barely above 1");
        assert_eq!(ratio(1.0, [1.0, 1.0]), "×1.0000 [1.0000, 1.0000]", "no width at all");
        assert_eq!(ratio(1.1, [1.0, 1.2]), "×1.10 [1.00, 1.20]", "1 itself");
    }

    #[test]
    fn where_room_is_short_a_ratio_says_how_far_its_interval_reaches() {
        let cis = [[1.8, 2.1], [1.99, 2.01], [0.1, 9.0], [f64::NEG_INFINITY, 3.0]];
        let shown = cis.map(|ci| ratio_with_spread(2.0, ci));
        assert_eq!(shown, ["×2.00 ± 10 %", "×2.00 ± 0.5 %", "×2.00 ± > 100 %", "×2.00"]);
    }

    #[test]
    fn shares_and_words() {
        assert_eq!([0.95, 0.999, 0.004, 1.0].map(percent), ["95 %", "99.9 %", "0.4 %", "100 %"]);
        assert_eq!([0, 1, 2].map(|n| counted(n, "deadlock")), ["no deadlock", "1 deadlock", "2 deadlocks"]);
        assert_eq!([0.125, 0.000_21, 0.0, 1.0].map(coefficient), ["0.125", "2.1e-4", "0", "1.000"]);
        let words =
            |n: usize| list(&["a", "b", "c"][..n].iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!([words(0), words(1), words(2), words(3)], ["", "a", "a and b", "a, b and c"]);
    }
}
