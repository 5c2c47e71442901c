//! When operations are asked for.
//!
//! A closed loop asks again once it is answered, so a slow answer thins out the questions and hides the wait of those that
//! were never asked ("coordinated omission", G. Tene). An open loop asks at times fixed in advance, and measures latency
//! from the time intended, however late the question really went out.

use super::quantity::Rate;

/// How a workload arrives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrival {
    /// Closed loop: a task asks again as soon as it is answered.
    Closed,
    /// Open loop: the tasks together ask this often, at fixed intended times.
    Open(Rate),
}

/// The times at which task `task_index` of `tasks` is to ask, in nanoseconds from the start of the run; they do not end.
///
/// The tasks take turns, so that their questions together are evenly spaced. Each time is computed from its number rather
/// than from the time before, so that rounding never adds up.
///
/// # Panics
///
/// If there are no tasks.
pub fn intended_times(rate: Rate, tasks: u32, task_index: u32) -> impl Iterator<Item = u64> {
    let spacing_ns = 1e9 / rate.per_second();
    let own = (u64::from(task_index)..).step_by(tasks as usize);
    own.map(move |number| (number as f64 * spacing_ns).round() as u64)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, F64Deserializer};

    use super::*;

    fn rate(per_second: f64) -> Rate {
        let deserializer: F64Deserializer<Error> = per_second.into_deserializer();
        Rate::deserialize(deserializer).expect("a rate in range")
    }

    #[test]
    fn tasks_take_turns_at_even_spacing() {
        let of_task = |index| intended_times(rate(1_000.0), 4, index).take(3).collect::<Vec<_>>();
        assert_eq!(of_task(0), [0, 4_000_000, 8_000_000]);
        assert_eq!(of_task(3), [3_000_000, 7_000_000, 11_000_000]);

        let mut all: Vec<_> = (0..4).flat_map(of_task).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[1] - pair[0] == 1_000_000), "{all:?}");
    }

    #[test]
    fn rounding_does_not_add_up() {
        let after_an_hour = intended_times(rate(3.0), 1, 0).nth(3 * 3_600).expect("times do not end");
        assert_eq!(after_an_hour, 3_600_000_000_000);
    }

    #[test]
    fn the_extremes_are_representable() {
        assert_eq!(intended_times(rate(1e9), 1, 0).nth(5), Some(5));
        assert_eq!(intended_times(rate(0.001), 1, 0).nth(2), Some(2_000_000_000_000));
    }
}
