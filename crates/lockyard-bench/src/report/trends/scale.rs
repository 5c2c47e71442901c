//! Where a ratio stands on an axis, and which round values are written beside it.

/// About so many ticks are on an axis.
const TICKS: f64 = 5.0;

/// A logarithmic axis for ratios: equal changes are equally long.
#[derive(Clone, Debug)]
pub(super) struct RatioAxis {
    low: f64,
    high: f64,
}

impl RatioAxis {
    /// One on which all of these values fit, 1 among them; at least 10 % wide, so that noise is not drawn as large as news.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let usable = values.filter(|it| it.is_finite() && *it > 0.0);
        let (low, high) = usable.fold((1.0_f64, 1.0_f64), |(low, high), it| (low.min(it), high.max(it)));
        let room = (high / low).ln() * 0.06 + 0.02;
        let (low, high) = (low * (-room).exp(), high * room.exp());
        let wanting = ((0.1 - (high / low).ln()) / 2.0).max(0.0).exp();
        Self { low: low / wanting, high: high * wanting }
    }

    /// Where a value stands, from 0 at the lower end to 1 at the upper one.
    pub fn at(&self, value: f64) -> f64 {
        let at = (value / self.low).ln() / (self.high / self.low).ln();
        if at.is_nan() { 0.0 } else { at.clamp(0.0, 1.0) }
    }

    /// Round values, each with its text.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let values = if self.high / self.low > 4.0 { self.decades() } else { self.steps() };
        values.into_iter().map(|value| (value, format!("×{}", text(value)))).collect()
    }

    /// Multiples of a round step.
    fn steps(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / TICKS;
        let size = 10_f64.powf(rough.log10().floor());
        let round = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|it| it * size >= rough).unwrap_or(10.0);
        let step = round * size;
        let (first, last) = ((self.low / step).ceil() as i64, (self.high / step).floor() as i64);
        (first..=last).map(|nth| nth as f64 * step).filter(|it| *it > 0.0).collect()
    }

    /// 1, 2 and 5 of each decade; fewer where there are many.
    fn decades(&self) -> Vec<f64> {
        let span = (self.high / self.low).log10();
        let digits: &[f64] = if span > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let all = (first..=last).flat_map(|power| digits.iter().map(move |digit| digit * 10_f64.powi(power)));
        all.filter(|it| (self.low..=self.high).contains(it)).collect()
    }
}

/// Without decimals that are zeros.
fn text(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(values: &[f64]) -> Vec<String> {
        RatioAxis::of(values.iter().copied()).ticks().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(&[1.0, 2.4]), ["×1", "×1.5", "×2", "×2.5"]);
        assert_eq!(ticks(&[0.98, 1.03]), ["×0.975", "×1", "×1.025", "×1.05"]);
        assert_eq!(ticks(&[0.05, 20.0]), ["×0.1", "×1", "×10"]);
        assert_eq!(ticks(&[1.0, 9.0]), ["×1", "×2", "×5", "×10"]);
    }

    #[test]
    fn equal_changes_are_equally_long() {
        let axis = RatioAxis::of([0.5, 4.0].into_iter());
        let [one, two, four] = [1.0, 2.0, 4.0].map(|it| axis.at(it));
        assert!((two - one - (four - two)).abs() < 1e-9);
        assert!(axis.at(0.5) > 0.0 && axis.at(4.0) < 1.0, "with room at both ends");
    }

    #[test]
    fn what_is_no_ratio_stays_on_the_axis() {
        let axis = RatioAxis::of([f64::NAN, 0.0, f64::INFINITY].into_iter());
        for odd in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert!((0.0..=1.0).contains(&axis.at(odd)), "{odd}");
        }
        assert!(!axis.ticks().is_empty(), "of no values there is still an axis around 1");
    }
}
