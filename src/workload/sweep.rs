//! Which setting of a scenario varies in a sweep, and over what.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::unknown::Unknown;

/// A setting that can vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Worker threads.
    Workers,
    /// Tasks that both read and write.
    Tasks,
    /// Tasks that only read.
    Readers,
    /// Tasks that only write.
    Writers,
    /// How long the store takes to save, in milliseconds.
    SaveMs,
}

impl Setting {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Workers, Self::Tasks, Self::Readers, Self::Writers, Self::SaveMs];

    /// The field of a scenario, and of a record's `point`, that varies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Workers => "workers",
            Self::Tasks => "tasks",
            Self::Readers => "readers",
            Self::Writers => "writers",
            Self::SaveMs => "save_ms",
        }
    }

    /// Whether it says how many ask at once, or are served at once, so that throughput can grow with it.
    pub const fn is_size(self) -> bool {
        matches!(self, Self::Workers | Self::Tasks | Self::Readers)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Setting {
    type Err = Unknown;

    fn from_str(given: &str) -> Result<Self, Unknown> {
        let found = Self::ALL.into_iter().find(|setting| setting.name() == given);
        found.ok_or_else(|| Unknown::new("setting", given, Self::ALL.map(Self::name)))
    }
}

/// A setting and the values it takes, while all else stays as the scenario has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    along: Setting,
    values: Vec<u32>,
}

impl Sweep {
    /// The sweep along a setting over these values, in rising order, each once; `None` with fewer than two of them.
    pub fn new(along: Setting, values: impl IntoIterator<Item = u32>) -> Option<Self> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_unstable();
        values.dedup();
        (values.len() > 1).then_some(Self { along, values })
    }

    /// What varies.
    pub fn along(&self) -> Setting {
        self.along
    }

    /// What it takes, rising.
    pub fn values(&self) -> &[u32] {
        &self.values
    }

    /// The same from end to end with at most `most` values, evenly spaced among those there are; at least two remain.
    ///
    /// ```
    /// use lockyard::workload::{Setting, Sweep};
    ///
    /// let sweep = Sweep::new(Setting::Readers, [1, 2, 4, 8, 16, 32, 64]).unwrap();
    /// assert_eq!(sweep.thinned(4).values(), [1, 4, 16, 64]);
    /// assert_eq!(sweep.thinned(9), sweep);
    /// ```
    #[must_use]
    pub fn thinned(&self, most: usize) -> Self {
        let (have, most) = (self.values.len(), most.max(2));
        if have <= most {
            return self.clone();
        }
        let values = (0..most).map(|nth| self.values[(nth * (have - 1) + (most - 1) / 2) / (most - 1)]);
        Self { along: self.along, values: values.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_rise_and_stand_once() {
        let sweep = Sweep::new(Setting::Tasks, [8, 1, 4, 8]).expect("three values");
        assert_eq!(sweep.values(), [1, 4, 8]);
        assert_eq!(Sweep::new(Setting::Tasks, [4, 4]), None, "nothing varies");
    }

    #[test]
    fn a_thinned_sweep_keeps_both_ends() {
        let sweep = Sweep::new(Setting::Tasks, 1..=10).expect("ten values");
        for most in 0..10 {
            let values = sweep.thinned(most).values().to_vec();
            assert_eq!((values.len(), values[0], values[values.len() - 1]), (most.max(2), 1, 10));
            assert!(values.is_sorted_by(|a, b| a < b), "{values:?}");
        }
    }

    #[test]
    fn a_setting_is_called_as_its_field() {
        for setting in Setting::ALL {
            assert_eq!(setting.name().parse(), Ok(setting));
        }
        assert_eq!("reader".parse::<Setting>().expect_err("no such").nearest(), Some("readers"));
    }
}
