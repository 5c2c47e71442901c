//! Many latencies in little room: how often which was seen.
//!
//! What a block of rounds has measured is kept so, and not as percentiles, because blocks are put together until they have
//! samples enough for the percentile that is asked for, and that of two blocks does not follow from those of each.

use serde::{Deserialize, Serialize};

use crate::record::Percentile;

/// So many leading binary digits of a latency are kept: what is reported is exact below 4,096 ns and within a quarter of a
/// thousandth above.
const DIGITS: u32 = 12;

/// How often which latency was seen, in nanoseconds, rising.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Distribution(Vec<(u64, u64)>);

impl Distribution {
    pub(crate) fn of(nanos: Vec<u64>) -> Self {
        let mut rounded: Vec<_> = nanos.into_iter().map(|nanos| (rounded(nanos), 1)).collect();
        rounded.sort_unstable();
        Self(counted(rounded))
    }

    /// Both together.
    pub(crate) fn add(&mut self, other: &Self) {
        let mut all = std::mem::take(&mut self.0);
        all.extend_from_slice(&other.0);
        all.sort_unstable();
        self.0 = counted(all);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// The smallest latency that at least this share does not exceed (the nearest rank), in nanoseconds; `None` of too few for
    /// that.
    pub(crate) fn percentile(&self, which: Percentile) -> Option<u64> {
        let count = self.count();
        let rank = (count * which.per_mille()).div_ceil(1_000);
        let mut seen = 0;
        let at_rank = |&&(_, count): &&(u64, u64)| {
            seen += count;
            seen >= rank
        };
        which.of_samples(count, || self.0.iter().find(at_rank).map(|(nanos, _)| *nanos)).flatten()
    }
}

/// Sorted values, those that are alike as one.
fn counted(sorted: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    let mut found: Vec<(u64, u64)> = Vec::new();
    for (nanos, count) in sorted {
        match found.last_mut() {
            Some((last, so_far)) if *last == nanos => *so_far += count,
            _ => found.push((nanos, count)),
        }
    }
    found
}

/// To the nearest value with so many digits.
fn rounded(nanos: u64) -> u64 {
    let beyond = (u64::BITS - nanos.leading_zeros()).saturating_sub(DIGITS);
    let half = (1_u64 << beyond) >> 1;
    (nanos.saturating_add(half) >> beyond) << beyond
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_one_to_a_thousand_are_known() {
        let mut all = Distribution::of((501..=1_000).rev().collect());
        all.add(&Distribution::of((1..=500).collect()));
        assert_eq!(all.count(), 1_000);
        let found = Percentile::ALL.map(|which| all.percentile(which));
        assert_eq!(found, [Some(500), Some(900), Some(990), Some(999)]);
    }

    #[test]
    fn a_percentile_of_too_few_is_none() {
        for (count, has) in [(0, 0), (1, 1), (9, 1), (10, 2), (99, 2), (100, 3), (999, 3), (1_000, 4)] {
            let all = Distribution::of(vec![7; count]);
            let found = Percentile::ALL.iter().filter_map(|which| all.percentile(*which)).count();
            assert_eq!(found, has, "of {count}");
        }
    }

    #[test]
    fn what_is_rounded_is_off_by_a_quarter_of_a_thousandth_at_most() {
        for nanos in [0, 1, 4_095, 4_096, 8_193, 123_456, 3_600_000_000_000, u64::MAX] {
            let off = rounded(nanos).abs_diff(nanos);
            assert!(off <= nanos / 4_096 && (nanos > 4_096 || off == 0), "{nanos}: off by {off}");
        }
        let many = Distribution::of((1_000_000..1_050_000).collect());
        assert!(many.0.len() < 300, "{} different values", many.0.len());
    }
}
