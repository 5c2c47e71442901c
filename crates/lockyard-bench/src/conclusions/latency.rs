//! How sure percentiles are, and what of them can be compared: functions of the distributions of blocks and processes.
//!
//! A run of one process falls into blocks of rounds. Neighbouring blocks are put together until each has samples enough for the
//! percentile that is asked for: a p99 of fifty samples is their maximum.

use std::collections::BTreeMap;

use crate::record::{Latency, Percentile};
use crate::slices::Distribution;
use crate::stats::{Confidence, interval_of_sections};
use crate::workload::Operation;

use super::measured::Measured;

/// A median exists of a single sample, but sections of single samples would say nothing of it.
const SECTION: u64 = 10;

/// Writes the intervals of percentiles beside them: the estimate is that of all samples, the sections are blocks of rounds, or
/// processes where there are several.
pub(crate) fn add_intervals(
    latencies: &mut BTreeMap<String, Latency>,
    operations: &[Operation],
    processes: &[&Measured],
    confidence: Confidence,
) {
    for (nth, operation) in operations.iter().enumerate() {
        let Some(latency) = latencies.get_mut(operation.name) else { continue };
        for which in Percentile::ALL {
            let Some(estimate) = latency.percentile(which) else { continue };
            let Some(interval) = latency.interval_mut(which) else { continue };
            let sections = sections(nth, which, processes);
            *interval = nanos(interval_of_sections(estimate as f64, &sections, confidence));
        }
    }
}

/// An interval in whole nanoseconds, which holds the one given.
pub(crate) fn nanos(ci: Option<[f64; 2]>) -> Option<[u64; 2]> {
    ci.map(|[low, high]| [low.floor() as u64, high.ceil() as u64])
}

/// The percentile of an operation in each section.
fn sections(operation: usize, which: Percentile, processes: &[&Measured]) -> Vec<f64> {
    let groups: Vec<Distribution> = match processes {
        [one] => merged(&one.blocks, which, |block| [block.get(&operation)]).map(|[it]| it).collect(),
        several => several.iter().map(|it| whole(it, operation)).collect(),
    };
    let enough = groups.iter().filter(|it| it.count() >= SECTION);
    enough.filter_map(|it| it.percentile(which)).map(|nanos| nanos as f64).collect()
}

/// All that a process has seen of an operation.
fn whole(process: &Measured, operation: usize) -> Distribution {
    let mut all = Distribution::default();
    process.blocks.iter().filter_map(|block| block.get(&operation)).for_each(|block| all.add(block));
    all
}

/// The p99 of an operation in both, block by block, over the blocks that both have.
pub(crate) fn paired_p99(candidate: &Measured, baseline: &Measured, operation: usize) -> Vec<(f64, f64)> {
    let both: Vec<_> = candidate.blocks.iter().zip(&baseline.blocks).collect();
    let groups = merged(&both, Percentile::P99, |(one, other)| [one.get(&operation), other.get(&operation)]);
    let p99 = |it: &Distribution| it.percentile(Percentile::P99).map(|nanos| nanos as f64);
    groups.filter_map(|[one, other]| p99(&one).zip(p99(&other))).collect()
}

/// Neighbouring blocks, put together until each of `N` has samples enough for a percentile. What is left at the end without
/// enough is left out: added to the last group it would make that one unlike the others.
fn merged<B, const N: usize>(
    blocks: &[B],
    which: Percentile,
    of: impl Fn(&B) -> [Option<&Distribution>; N],
) -> impl Iterator<Item = [Distribution; N]> {
    let enough = which.min_samples().max(SECTION);
    let mut groups = Vec::new();
    let mut group = [const { None::<Distribution> }; N];
    for block in blocks {
        for (sum, part) in group.iter_mut().zip(of(block)) {
            if let Some(part) = part {
                sum.get_or_insert_default().add(part);
            }
        }
        if group.iter().all(|sum| sum.as_ref().is_some_and(|sum| sum.count() >= enough)) {
            groups.push(std::mem::replace(&mut group, [const { None }; N]).map(Option::unwrap_or_default));
        }
    }
    groups.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATIONS: &[Operation] = &[Operation::read("get")];

    /// One process whose blocks have so many samples each, all of them this long.
    fn measured(blocks: &[(usize, u64)]) -> Measured {
        let block =
            |&(count, nanos): &(usize, u64)| BTreeMap::from([(0, Distribution::of(vec![nanos; count]))]);
        let mut measured = Measured::default();
        measured.blocks = blocks.iter().map(block).collect();
        measured
    }

    fn intervals(processes: &[&Measured], latency: Latency) -> Latency {
        let mut latencies = BTreeMap::from([("get".to_owned(), latency)]);
        add_intervals(&mut latencies, OPERATIONS, processes, Confidence::default());
        latencies["get"]
    }

    fn of(count: u64, nanos: u64) -> Latency {
        let value = |which: Percentile| which.of_samples(count, || nanos);
        let (p90, p99) = (value(Percentile::P90), value(Percentile::P99));
        Latency { count, p50: nanos, p90, p99, max: nanos, ..Latency::default() }
    }

    #[test]
    fn blocks_are_put_together_until_they_have_a_hundred() {
        let both = [(60, 100), (60, 200), (90, 300), (30, 400), (40, 500)];
        let (one, other) = (measured(&both), measured(&[(100, 10); 5]));
        assert_eq!(paired_p99(&one, &other, 0), [(200.0, 10.0), (400.0, 10.0)], "the last 40 are too few");
        assert_eq!(paired_p99(&one, &measured(&[(9, 1); 5]), 0), [], "45 of the other are no p99");
        assert_eq!(paired_p99(&one, &measured(&[(500, 1); 1]), 0), [], "one block of 60");
    }

    #[test]
    fn five_sections_with_enough_samples_have_an_interval() {
        let five = measured(&[(100, 900), (100, 950), (100, 1_000), (100, 1_050), (100, 1_100)]);
        let found = intervals(&[&five], of(500, 1_000));
        for which in [Percentile::P50, Percentile::P90, Percentile::P99] {
            let [low, high] = found.interval(which).expect("five blocks");
            assert!(low < 950 && 1_050 < high, "{which:?}: {low} {high}");
        }
        let four = measured(&[(100, 900), (100, 950), (100, 1_000), (199, 1_100)]);
        assert_eq!(intervals(&[&four], of(499, 1_000)).p99_ci, None);
        let few = measured(&[(60, 900), (60, 1_000), (60, 1_100), (60, 1_000), (60, 1_000)]);
        let found = intervals(&[&few], of(300, 1_000));
        assert!(found.p90_ci.is_some() && found.p99_ci.is_none(), "{found:?}");
    }

    /// Within each process all blocks agree, so that only what differs between processes can widen the interval.
    #[test]
    fn processes_are_the_sections_where_there_are_several() {
        let processes = [900, 950, 1_000, 1_050, 1_100].map(|nanos| measured(&[(100, nanos); 9]));
        let processes: Vec<_> = processes.iter().collect();
        let found = intervals(&processes, of(4_500, 1_000));
        let [low, high] = found.p99_ci.expect("five processes");
        assert!(low < 950 && 1_050 < high, "{low} {high}");
        assert_eq!(intervals(&processes[1..], of(3_600, 1_025)).p99_ci, None, "four say nothing");
    }
}
