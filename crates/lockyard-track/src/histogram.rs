//! A histogram of nanoseconds in little memory: 32 buckets to each doubling, so that a value is known to within 3 %.
//!
//! The count, the sum and the longest are exact. (The layout is that of G. Tene's `HdrHistogram`, as long as what was seen asks for.)

/// Buckets to each doubling, as a power of two.
const FINE: u32 = 5;

/// How often which time was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    sum: u64,
    max: u64,
}

impl Histogram {
    /// Counts a time, in nanoseconds.
    pub fn record(&mut self, nanos: u64) {
        *self.at(bucket(nanos)) += 1;
        self.count += 1;
        self.sum = self.sum.saturating_add(nanos);
        self.max = self.max.max(nanos);
    }

    /// Counts a time of nothing.
    pub(super) fn record_zero(&mut self) {
        *self.at(0) += 1;
        self.count += 1;
    }

    /// Counts all that another one has counted.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in other.buckets.iter().enumerate() {
            *self.at(bucket) += count;
        }
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    /// How many times were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// All of them together, in nanoseconds; no more than 584 years.
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// The longest, in nanoseconds; 0 if there is none.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The time that this share of all, from 0 to 1, did not exceed, in nanoseconds; 0 if there is none.
    pub fn quantile(&self, share: f64) -> u64 {
        let wanted = ((share * self.count as f64).ceil() as u64).clamp(1, self.count.max(1));
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return top(bucket).min(self.max);
            }
        }
        0
    }

    /// How many times fell into which doubling: its upper end in nanoseconds and the count, ascending, without those that
    /// are empty.
    pub fn doublings(&self) -> impl Iterator<Item = (u64, u64)> {
        let end = |bucket: usize| {
            let past = top(bucket).max(1).checked_add(1).and_then(u64::checked_next_power_of_two);
            past.map_or(u64::MAX, |past| past - 1)
        };
        let mut sums: Vec<(u64, u64)> = Vec::new();
        for (bucket, count) in self.buckets.iter().enumerate().filter(|(_, count)| **count > 0) {
            match sums.last_mut().filter(|(last, _)| *last == end(bucket)) {
                Some((_, sum)) => *sum += count,
                None => sums.push((end(bucket), *count)),
            }
        }
        sums.into_iter()
    }

    #[inline]
    fn at(&mut self, bucket: usize) -> &mut u64 {
        if bucket >= self.buckets.len() {
            self.buckets.resize(bucket + 1, 0);
        }
        &mut self.buckets[bucket]
    }
}

#[inline]
fn bucket(nanos: u64) -> usize {
    let magnitude = (u64::BITS - nanos.leading_zeros()).saturating_sub(FINE + 1);
    ((magnitude << FINE) as usize) + (nanos >> magnitude) as usize
}

/// The largest value of a bucket.
fn top(bucket: usize) -> u64 {
    let magnitude = (bucket >> FINE).saturating_sub(1);
    let low = (bucket - (magnitude << FINE)) as u128;
    (((low + 1) << magnitude) - 1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_known_to_within_three_per_cent() {
        let values = (0..64).flat_map(|bit| [1u64 << bit, (1u64 << bit) + (1u64 << bit) / 3]);
        for value in values.chain([0, 3, 31, 32, 33, 63, 64, 65, u64::MAX]) {
            let top = top(bucket(value));
            assert!(top >= value && (top - value) as f64 <= value as f64 / 32.0, "{value}: {top}");
        }
    }

    #[test]
    fn doublings_of_known_values() {
        let mut histogram = Histogram::default();
        [0, 1, 2, 3, 4, 7, 8, 1000, 1023, 1024, u64::MAX]
            .into_iter()
            .for_each(|nanos| histogram.record(nanos));
        let doublings: Vec<_> = histogram.doublings().collect();
        assert_eq!(doublings, [(1, 2), (3, 2), (7, 2), (15, 1), (1023, 2), (2047, 1), (u64::MAX, 1)]);
    }

    #[test]
    fn quantiles_of_known_values() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.quantile(0.5), histogram.max(), histogram.count()), (0, 0, 0));
        (1..=1000).for_each(|nanos| histogram.record(nanos));
        for (share, exact) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = histogram.quantile(share) as f64;
            assert!((found - exact).abs() <= exact / 32.0, "{share}: {found}");
        }
        let mut twice = histogram.clone();
        twice.add(&histogram);
        assert_eq!((twice.count(), twice.max(), twice.quantile(0.5)), (2000, 1000, histogram.quantile(0.5)));
    }
}
