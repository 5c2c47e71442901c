//! What a reader must know of a cell before believing its throughput: that its interval is too wide for a result, that it is the
//! throughput of readers alone, or that the cache rejected what is then loaded again.

use std::time::Duration;

use crate::record::{Finding, FindingKind, Severity, Throughput};
use crate::system::CacheCounters;

use super::facts::WorkloadFacts;

/// Writers that did less than this share of what readers did, task by task, hardly ran.
const FAIR_SHARE: f64 = 0.1;

/// Warnings about the throughput of a subject whose tasks have done so much each in this time.
pub(super) fn noticed(
    by_task: &[u64],
    time: Duration,
    workload: &WorkloadFacts,
    throughput: Throughput,
) -> impl Iterator<Item = Finding> + use<> {
    imprecise(throughput).into_iter().chain(few_writes(by_task, time, workload))
}

/// A warning where the interval is too wide for a result.
pub(crate) fn imprecise(throughput: Throughput) -> Option<Finding> {
    let spread = throughput.spread();
    let reach =
        if spread.is_finite() { format!("± {:.0} %", spread * 100.0) } else { "without end".to_owned() };
    let message = format!(
        "the interval of throughput is {reach}: not a result; run longer, or on a machine that does nothing else"
    );
    throughput.is_imprecise().then(|| warning(FindingKind::Imprecise, message))
}

/// Readers and writers that are tasks of their own, where a writer in the middle hardly ran beside a reader in the middle.
fn few_writes(by_task: &[u64], time: Duration, workload: &WorkloadFacts) -> Option<Finding> {
    let (readers, writers) = (workload.point.readers?, workload.point.writers?);
    // Readers come first: the groups say how many there are of each.
    let groups: Vec<_> = workload.shape.groups.iter().map(|group| group.tasks).collect();
    if groups != [readers, writers] {
        return None;
    }
    let (reading, writing) = by_task.split_at_checked(readers as usize)?;
    let (read, wrote) = (median(reading)?, median(writing)?);
    if wrote as f64 >= FAIR_SHARE * read as f64 {
        return None;
    }
    let who =
        if writers == 1 { "1 writer".to_owned() } else { format!("each of {writers} writers (median)") };
    let message = format!(
        "{who} did {wrote} operations in {:.1} s beside {read} of each reader (median): throughput is that of readers",
        time.as_secs_f64()
    );
    Some(warning(FindingKind::FewWrites, message))
}

fn median(counts: &[u64]) -> Option<u64> {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// What a cache rejected, which is no fault and yet a cost.
pub(super) fn turned_away(cache: CacheCounters) -> Option<Finding> {
    let message = format!(
        "of {} evictions {} were newcomers that the cache did not take in; such a one is loaded anew when it is asked \
         for again",
        cache.evictions, cache.turned_away,
    );
    let finding = Finding { severity: Severity::Info, ..warning(FindingKind::TurnedAway, message) };
    (cache.turned_away > 0).then_some(finding)
}

fn warning(kind: FindingKind, message: String) -> Finding {
    Finding {
        kind,
        rule: None,
        severity: Severity::Warning,
        message,
        places: Vec::new(),
        tasks: Vec::new(),
        edges: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::record::Point;
    use crate::workload::{Group, Operation, WorkloadShape};

    use super::*;

    const OPERATIONS: &[Operation] = &[Operation::read("get"), Operation::write("put")];

    /// Three readers and a writer.
    fn workload() -> WorkloadFacts {
        let shape = WorkloadShape {
            groups: vec![Group { tasks: 3 }, Group { tasks: 1 }],
            ..WorkloadShape::closed(2, 4)
        };
        let point = Point { workers: 2, tasks: 4, readers: Some(3), writers: Some(1), ..Point::default() };
        WorkloadFacts { name: "hot".to_owned(), operations: OPERATIONS, shape, point }
    }

    /// Of a second in which each task has done so much.
    fn kinds(by_task: [u64; 4], ci: [f64; 2]) -> Vec<(FindingKind, String)> {
        let throughput = Throughput { ops_per_s: 100.0, ci };
        let found = noticed(&by_task, Duration::from_secs(1), &workload(), throughput);
        found
            .map(|it| {
                assert_eq!((it.severity, it.places.len()), (Severity::Warning, 0));
                (it.kind, it.message)
            })
            .collect()
    }

    #[test]
    fn an_interval_of_more_than_a_quarter_is_no_result() {
        let even = [90, 100, 110, 50];
        assert_eq!(kinds(even, [75.0, 125.0]), []);
        let [(FindingKind::Imprecise, message)] = &kinds(even, [55.0, 190.0])[..] else { panic!("one") };
        assert!(message.starts_with("the interval of throughput is ± 90 %: not a result"), "{message}");
        assert!(Throughput { ops_per_s: 0.0, ci: [0.0, 5.0] }.is_imprecise(), "of nothing");
        assert!(!Throughput { ops_per_s: 0.0, ci: [0.0, 0.0] }.is_imprecise());
    }

    #[test]
    fn a_writer_that_hardly_ran_is_reported_with_its_count() {
        assert_eq!(kinds([90, 100, 110, 10], [99.0, 101.0]), [], "a tenth");
        let [(FindingKind::FewWrites, message)] = &kinds([90, 100, 110, 9], [99.0, 101.0])[..] else {
            panic!("one")
        };
        let expected = "1 writer did 9 operations in 1.0 s beside 100 of each reader (median): throughput is that of readers";
        assert_eq!(message, expected);
    }
}
