//! A part of a whole, as a type: whether a number is one in a hundred or one in one is asked once, where it is read.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A part of a whole, from nothing to all of it: written and read in per cent, reckoned with as a fraction.
///
/// ```
/// use lockyard_bench::Share;
///
/// let margin: Share = "0.5%".parse()?;
/// assert_eq!(margin, Share::of_percent(0.5).unwrap());
/// assert_eq!((margin.get(), margin.to_string().as_str()), (0.005, "0.5 %"));
/// assert!("150%".parse::<Share>().is_err());
/// # Ok::<(), lockyard_bench::ShareError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(f64);

impl Share {
    /// No part at all.
    pub const NONE: Self = Self(0.0);

    /// The share that is this fraction, for example 0.005; `None` unless 0 ≤ `fraction` ≤ 1.
    pub const fn new(fraction: f64) -> Option<Self> {
        // A NaN is in no range.
        if fraction >= 0.0 && fraction <= 1.0 { Some(Self(fraction)) } else { None }
    }

    /// The share of so many in a hundred, for example 0.5; `None` unless 0 ≤ `percent` ≤ 100.
    pub const fn of_percent(percent: f64) -> Option<Self> {
        Self::new(percent / 100.0)
    }

    /// As a fraction, from 0 to 1.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Of a hundred, as it would be written: what binary fractions add to the end of it is left out.
    pub fn percent(self) -> f64 {
        (self.0 * 1e10).round() / 1e8
    }

    /// Half of it.
    #[must_use]
    pub fn half(self) -> Self {
        Self(self.0 / 2.0)
    }
}

/// In per cent: `0.5 %`. A precision is one of the per cent.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.percent(), f)?;
        f.write_str(" %")
    }
}

/// In per cent, with the sign or without: `0.5`, `0.5%`, `0.5 %`.
impl FromStr for Share {
    type Err = ShareError;

    fn from_str(given: &str) -> Result<Self, ShareError> {
        let number = given.strip_suffix('%').unwrap_or(given).trim_end();
        let percent = number.parse().map_err(|_| ShareError::NoNumber)?;
        Self::of_percent(percent).ok_or(ShareError::OutOfRange { percent })
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}

impl TryFrom<f64> for Share {
    type Error = ShareError;

    fn try_from(fraction: f64) -> Result<Self, ShareError> {
        Self::new(fraction).ok_or(ShareError::OutOfRange { percent: fraction * 100.0 })
    }
}

/// What is no part of a whole.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// No number.
    #[error("write a number of per cent, such as 0.5")]
    NoNumber,
    /// Less than nothing, or more than all.
    #[error("{percent} % is no part of a whole: it must be from 0 to 100")]
    OutOfRange {
        /// What was given, in per cent.
        percent: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_as_the_same() {
        for percent in [0.0, 0.001, 0.5, 1.0, 3.0, 7.0, 12.5, 29.0, 33.3, 57.0, 99.9, 100.0] {
            let share = Share::of_percent(percent).expect("within a whole");
            assert_eq!(share.to_string(), format!("{percent} %"));
            for written in [share.to_string(), format!("{percent}%"), percent.to_string()] {
                assert_eq!(written.parse(), Ok(share), "{written}");
            }
        }
        assert_eq!(format!("{:.1}", Share(0.07)), "7.0 %");
    }

    #[test]
    fn what_is_no_part_of_a_whole_is_refused() {
        for (given, expected) in [
            ("-1", "-1 % is no part of a whole: it must be from 0 to 100"),
            ("100.1%", "100.1 % is no part of a whole: it must be from 0 to 100"),
            ("inf", "inf % is no part of a whole: it must be from 0 to 100"),
            ("NaN", "NaN % is no part of a whole: it must be from 0 to 100"),
            ("half", "write a number of per cent, such as 0.5"),
            ("5%%", "write a number of per cent, such as 0.5"),
            ("%", "write a number of per cent, such as 0.5"),
        ] {
            let refused = given.parse::<Share>().expect_err(given).to_string();
            assert_eq!(refused, expected, "{given}");
        }
    }

    #[test]
    fn in_json_it_is_a_fraction() {
        assert_eq!(serde_json::to_string(&Share(0.005)).unwrap(), "0.005");
        assert_eq!(serde_json::from_str::<Share>("0.005").unwrap(), Share(0.005));
        assert!(serde_json::from_str::<Share>("5").is_err());
    }
}
