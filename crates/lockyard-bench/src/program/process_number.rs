//! Which of several processes one is, and how far they are together.

use std::str::FromStr;

/// One of how many processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessNumber {
    /// From 0 on.
    pub(super) nth: u32,
    pub(super) of: u32,
}

impl ProcessNumber {
    /// The only one.
    pub(super) const ALONE: Self = Self { nth: 0, of: 1 };

    /// So much done of so much, of what all processes do together.
    pub(super) fn of_all(self, done: u32, of: u32) -> (u32, u32) {
        (self.nth.saturating_mul(of).saturating_add(done), self.of.saturating_mul(of))
    }
}

/// `1/5` is the second of five.
impl FromStr for ProcessNumber {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let parts = given.split_once('/').and_then(|(nth, of)| Some((nth.parse().ok()?, of.parse().ok()?)));
        let found = parts.filter(|(nth, of)| nth < of).map(|(nth, of)| Self { nth, of });
        found.ok_or_else(|| "write which of how many processes, counted from 0: 1/5".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_one_of_several() {
        assert_eq!("1/5".parse(), Ok(ProcessNumber { nth: 1, of: 5 }));
        for wrong in ["5/5", "1", "1/", "/2", "-1/2", "0/0"] {
            assert!(wrong.parse::<ProcessNumber>().unwrap_err().contains("1/5"), "{wrong}");
        }
    }
}
