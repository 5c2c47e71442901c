//! An axis of a chart: where values stand on it, and its ticks.
//!
//! Whatever is no number, or lies beyond the ends, stands at an end.

/// An axis, and what it measures.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    /// Values, and what stands there.
    pub ticks: Vec<(f64, String)>,
    pub name: String,
}

/// So many ticks at most, about: more would touch each other on a phone.
const TICKS: f64 = 6.0;

/// The least factor between the ends of a logarithmic axis, without the air around them.
const NARROWEST: f64 = 6.0;

impl Axis {
    /// From a little below the least to a little above the most, by a factor.
    pub fn logarithmic(values: impl Iterator<Item = f64>, text: fn(f64) -> String, name: &str) -> Self {
        let (low, high) = ends(values.filter(|it| *it > 0.0)).unwrap_or((1.0, 10.0));
        // Some distance at least: else what is nearly the same would look far apart, and no tick be round.
        let wider = (NARROWEST / (high / low)).max(1.0).sqrt();
        let (low, high) = (low / wider / 1.25, high * wider * 1.25);
        let ticks = logarithmic_ticks(low, high).into_iter().map(|at| (at, text(at))).collect();
        Self { low, high, logarithmic: true, ticks, name: name.to_owned() }
    }

    /// From zero to a little above the most.
    pub fn from_zero(values: impl Iterator<Item = f64>, text: fn(f64) -> String, name: &str) -> Self {
        let high = ends(values).map_or(1.0, |(_, high)| high.max(0.0) * 1.06);
        let high = if high > 0.0 { high } else { 1.0 };
        let step = step(high);
        let count = (high / step).floor() as u32;
        let ticks = (0..=count).map(|nth| f64::from(nth) * step).map(|at| (at, text(at))).collect();
        Self { low: 0.0, high, logarithmic: false, ticks, name: name.to_owned() }
    }

    /// For ratios, 1 among them: equal changes are equally long. At least 10 % wide, so that noise is not drawn as large as news.
    pub fn ratios(values: impl Iterator<Item = f64>, name: &str) -> Self {
        let usable = values.filter(|it| it.is_finite() && *it > 0.0);
        let (low, high) = usable.fold((1.0_f64, 1.0_f64), |(low, high), it| (low.min(it), high.max(it)));
        let room = (high / low).ln() * 0.06 + 0.02;
        let (low, high) = (low * (-room).exp(), high * room.exp());
        let wanting = ((0.1 - (high / low).ln()) / 2.0).max(0.0).exp();
        let (low, high) = (low / wanting, high * wanting);
        let at = if high / low > 4.0 { logarithmic_ticks(low, high) } else { steps(low, high) };
        let ticks = at.into_iter().map(|at| (at, format!("×{}", short(at)))).collect();
        Self { low, high, logarithmic: true, ticks, name: name.to_owned() }
    }

    /// With ticks at these values and nowhere else, with some air at both ends.
    pub fn at(values: &[f64], logarithmic: bool, text: impl Fn(f64) -> String, name: &str) -> Self {
        let (low, high) = ends(values.iter().copied()).unwrap_or((1.0, 2.0));
        let logarithmic = logarithmic && low > 0.0;
        let (low, high) = if logarithmic {
            let air = (high / low).powf(0.04).max(1.05);
            (low / air, high * air)
        } else {
            let air = ((high - low) * 0.04).max(0.5);
            (low - air, high + air)
        };
        let ticks = values.iter().map(|at| (*at, text(*at))).collect();
        Self { low, high, logarithmic, ticks, name: name.to_owned() }
    }

    /// Between exactly these two, with these ticks.
    pub fn between([low, high]: [f64; 2], ticks: Vec<(f64, String)>, name: &str) -> Self {
        Self { low, high, logarithmic: false, ticks, name: name.to_owned() }
    }

    /// Where a value stands, from 0 at the low end to 1 at the high end.
    pub fn share(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }

    /// Whether it is logarithmic, and its ends: for the script, which draws on it too.
    pub fn ends(&self) -> (bool, [f64; 2]) {
        (self.logarithmic, [self.low, self.high])
    }
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|it| it.is_finite()).fold(None, |ends, it| match ends {
        None => Some((it, it)),
        Some((low, high)) => Some((f64::min(low, it), f64::max(high, it))),
    })
}

/// 1, 2, 2.5 or 5 times a power of ten, the least of which no more than [`TICKS`] make such a length.
fn step(length: f64) -> f64 {
    let rough = length / TICKS;
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| factor * power >= rough).unwrap_or(10.0);
    factor * power
}

/// Multiples of a round step.
fn steps(low: f64, high: f64) -> Vec<f64> {
    let step = step(high - low);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|nth| nth as f64 * step).filter(|it| *it > 0.0).collect()
}

/// Without decimals that are zeros.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// 1, 2 and 5 of each power of ten, or fewer of each where there are many powers.
fn logarithmic_ticks(low: f64, high: f64) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let powers = || (first..=last).map(|power| 10_f64.powi(power));
    let within = |it: &f64| (low..=high).contains(it);
    for factors in [&[1.0, 2.0, 5.0][..], &[1.0, 3.0], &[1.0]] {
        let ticks: Vec<_> =
            powers().flat_map(|power| factors.iter().map(move |it| it * power)).filter(within).collect();
        if (2.0..=TICKS + 2.0).contains(&(ticks.len() as f64)) {
            return ticks;
        }
    }
    let every = (f64::from(last - first) / TICKS).ceil().max(1.0) as usize;
    let ticks: Vec<_> = powers().step_by(every).filter(within).collect();
    if ticks.len() > 1 { ticks } else { vec![low * 1.25, high / 1.25] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(at: f64) -> String {
        format!("{at}")
    }

    #[test]
    fn ticks_are_few_and_round() {
        let axis = Axis::from_zero([640_000.0].into_iter(), text, "rate");
        let at: Vec<_> = axis.ticks.iter().map(|(at, _)| *at).collect();
        assert_eq!(at, [0.0, 200_000.0, 400_000.0, 600_000.0]);
        for (low, high) in [(1.0, 3.0), (100.0, 90_000.0), (1.0, 1e12), (7.0, 7.1)] {
            let ticks = logarithmic_ticks(low, high);
            assert!((2..=8).contains(&ticks.len()), "{low} to {high}: {ticks:?}");
        }
    }

    #[test]
    fn values_stand_between_the_ends() {
        let nanos = Axis::logarithmic([100.0, 10_000.0].into_iter(), text, "latency");
        assert!((nanos.share(1_000.0) - 0.5).abs() < 1e-9);
        assert!(
            nanos.share(0.0) < 1e-9 && nanos.share(1e9) > 1.0 - 1e-9,
            "what lies beyond stands at the end"
        );
        let none = Axis::from_zero(std::iter::empty(), text, "nothing");
        assert!((none.share(0.5) - 0.5).abs() < 1e-9);
        let sizes = Axis::at(&[0.0, 4.0], true, text, "tasks");
        assert!(!sizes.ends().0, "zero has no logarithm");
    }

    fn of_ratios(values: &[f64]) -> Axis {
        Axis::ratios(values.iter().copied(), "ratio")
    }

    #[test]
    fn ticks_of_ratios_are_round_and_few() {
        let ticks = |values: &[f64]| -> Vec<String> {
            of_ratios(values).ticks.into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(ticks(&[1.0, 2.4]), ["×1", "×1.5", "×2", "×2.5"]);
        assert_eq!(ticks(&[0.98, 1.03]), ["×0.96", "×0.98", "×1", "×1.02", "×1.04"]);
        assert_eq!(ticks(&[0.05, 20.0]), ["×0.1", "×0.3", "×1", "×3", "×10"]);
        assert_eq!(ticks(&[1.0, 9.0]), ["×1", "×2", "×5", "×10"]);
    }

    #[test]
    fn equal_changes_are_equally_long() {
        let axis = of_ratios(&[0.5, 4.0]);
        let [one, two, four] = [1.0, 2.0, 4.0].map(|it| axis.share(it));
        assert!((two - one - (four - two)).abs() < 1e-9);
        assert!(axis.share(0.5) > 0.0 && axis.share(4.0) < 1.0, "with room at both ends");
    }

    #[test]
    fn what_is_no_ratio_stays_on_the_axis() {
        let axis = of_ratios(&[f64::NAN, 0.0, f64::INFINITY]);
        for odd in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert!((0.0..=1.0).contains(&axis.share(odd)), "{odd}");
        }
        assert!(!axis.ticks.is_empty(), "of no values there is still an axis around 1");
    }
}
