//! An axis of a chart: where values stand on it, and its ticks.

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
        share.clamp(0.0, 1.0)
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

/// 1, 2 or 5 times a power of ten, the least that makes no more than [`TICKS`] of them up to `high`.
fn step(high: f64) -> f64 {
    let rough = high / TICKS;
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough).unwrap_or(10.0);
    factor * power
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
}
