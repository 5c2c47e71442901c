//! Numbers that carry their range, so that a value read is a value that makes sense, and one that does not is refused
//! where it stands with the range in the message.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use lockyard_bench::Share;
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A share in percent, from 0 to 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Percent(f64);

impl Percent {
    /// The share in percent, from 0 to 100.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The share itself.
    ///
    /// # Panics
    /// Never: it was read within its range.
    pub fn share(self) -> Share {
        Share::of_percent(self.0).expect("it was read from 0 to 100")
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number(deserializer, 0.0..=100.0, "a percentage from 0 to 100").map(Self)
    }
}

/// How many operations are to arrive in a second, all tasks together: from one in a thousand seconds to one a nanosecond,
/// which is as fine as times are kept.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// Operations per second.
    pub fn per_second(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "operations per second, from 0.001 to 1000000000, or no rate at all for a closed loop";
        number(deserializer, 0.001..=1e9, expected).map(Self)
    }
}

/// A Zipf exponent; beyond 10 the hottest key has all but a thousandth already.
pub(super) fn zipf_exponent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    number(deserializer, 0.0..=10.0, "a Zipf exponent from 0 (uniform) to 10")
}

/// A factor on the model's times; it only shortens them, for longer ones can be written as they are.
pub(super) fn scale<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    number(deserializer, 0.0..=1.0, "a factor from 0 to 1, as 0.01 for 1:100")
}

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Whole<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Whole<MIN, MAX> {
    pub(super) fn get(self) -> u32 {
        self.0
    }
}

impl<const MAX: u32> Whole<0, MAX> {
    /// The number, unless it is none.
    pub(super) fn some(self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.0)
    }
}

impl<const MAX: u32> Whole<1, MAX> {
    pub(super) fn nonzero(self) -> NonZeroU32 {
        NonZeroU32::new(self.0).expect("it is at least 1")
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WholeVisitor<const MIN: u32, const MAX: u32>;

        impl<const MIN: u32, const MAX: u32> Visitor<'_> for WholeVisitor<MIN, MAX> {
            type Value = u32;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<u32, E> {
                let whole = u32::try_from(value).ok().filter(|whole| (MIN..=MAX).contains(whole));
                whole.ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<u32, E> {
                let whole = u32::try_from(value).ok().filter(|whole| (MIN..=MAX).contains(whole));
                whole.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
            }
        }

        deserializer.deserialize_any(WholeVisitor::<MIN, MAX>).map(Self)
    }
}

/// A range of whole numbers up to `MAX`, written `[low, high]`.
pub(super) fn between<'de, const MAX: u32, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<RangeInclusive<u32>, D::Error> {
    let [low, high] = <[Whole<0, MAX>; 2]>::deserialize(deserializer)?.map(Whole::get);
    if low > high {
        return Err(D::Error::custom(format!(
            "the range [{low}, {high}] runs backwards, expected [low, high]"
        )));
    }
    Ok(low..=high)
}

/// A number within `range`; `expected` names the range in the error.
fn number<'de, D: Deserializer<'de>>(
    deserializer: D,
    range: RangeInclusive<f64>,
    expected: &'static str,
) -> Result<f64, D::Error> {
    struct NumberVisitor(RangeInclusive<f64>, &'static str);

    impl Visitor<'_> for NumberVisitor {
        type Value = f64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.1)
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
            // A NaN is in no range.
            if self.0.contains(&value) {
                Ok(value)
            } else {
                // `Unexpected::Float` would write all 300 digits of 1e300.
                Err(E::invalid_value(Unexpected::Other(&format!("floating point `{value:?}`")), &self))
            }
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
            self.visit_f64(value as f64)
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
            self.visit_f64(value as f64)
        }
    }

    deserializer.deserialize_any(NumberVisitor(range, expected))
}
