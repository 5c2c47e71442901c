//! Tables about locks: what each costs besides throughput, and published results beside what was seen.

use super::super::excluded::ExcludedStrategy;
use super::super::format;
use super::super::rows::{NONE, NOT_MEASURED};
use super::map::{LockMap, Standings};
use super::regions::sentences;
use crate::record::{KnownCurve, LockPoint, LockSummary, LockTime, Record};

/// What stands above the table of locks.
pub(crate) const LOCK_TITLE: &str = "What each lock costs";

/// Its columns.
pub(crate) const LOCK_HEAD: [&str; 10] = [
    "lock",
    "waiter",
    "alone",
    "tied",
    "least even",
    "longest wait",
    "hand-over p50 / p99",
    "of two p50",
    "cancel p50",
    "bytes",
];

/// How its columns are to be read.
pub(crate) const LOCK_NOTE: &str = "Alone is at how many points it is the fastest by itself, tied at how many it is so with others. Least even is Jain's index of the tasks' accesses (1: all got the same) at the point \
     where it is lowest, longest wait the longest of any task at any point; both where tasks contend. A hand-over is from a release to \
     the next holder's having the lock, where that one was waiting. Of two is the same of two tasks alone. Cancel is dropping the future of a queued waiter. Bytes are those of a lock around nothing, in place and on the heap.";

/// What stands above published results.
pub(crate) const CURVE_TITLE: &str = "What others have published";

/// The columns of their table.
pub(crate) const CURVE_HEAD: [&str; 5] = ["claim", "seen here", "cores", "verdict", "source"];

/// A row for each lock.
pub(crate) fn lock_rows(record: &Record) -> Vec<[String; 10]> {
    let Some(locks) = &record.locks else { return Vec::new() };
    let maps: Vec<_> = LockMap::all(record).into_iter().filter(LockMap::has_all_locks).collect();
    locks.locks.iter().map(|lock| lock_row(record, &maps, lock)).collect()
}

fn lock_row(record: &Record, maps: &[LockMap], lock: &LockSummary) -> [String; 10] {
    let points = || maps.iter().flat_map(|map| &map.points);
    let leads = |alone: bool| {
        let at = points().filter(|it| it.standing == Standings::Led && (it.leaders.len() == 1) == alone);
        at.filter(|it| it.leaders.iter().any(|it| it.name == lock.name)).count()
    };
    let failed = ExcludedStrategy::all(record).iter().any(|it| it.strategy == lock.name);
    let ranked = |count: usize| if failed { "failed".to_owned() } else { count.to_string() };
    let contended = || {
        let is_contended = |it: LockPoint| it.tasks > 1;
        let of_lock = record.cells.iter().filter(|cell| cell.strategy == lock.name);
        of_lock.filter(move |cell| LockPoint::of(&cell.point).is_some_and(is_contended))
    };
    let jain = contended().filter_map(|cell| Some(cell.fairness?.jain)).reduce(f64::min);
    let wait = contended().filter_map(|cell| cell.fairness?.max_wait_ns).max();
    let known = |text: Option<String>| text.unwrap_or_else(|| NOT_MEASURED.to_owned());
    let p50 = |time: Option<LockTime>| time.map(|it| format::nanos(it.p50));
    let handover = lock.handover_ns.map(|it| {
        let p99 = it.p99.map_or_else(|| NONE.to_owned(), format::nanos);
        format!("{} / {p99}", format::nanos(it.p50))
    });
    let cancel = if lock.blocks { NONE.to_owned() } else { known(p50(lock.cancel_ns)) };
    [
        lock.name.clone(),
        if lock.blocks { "blocks" } else { "yields" }.to_owned(),
        ranked(leads(true)),
        ranked(leads(false)),
        known(jain.map(|it| format!("{it:.3}"))),
        known(wait.map(format::nanos)),
        known(handover),
        known(p50(lock.handover_of_two_ns)),
        cancel,
        match lock.heap_bytes {
            Some(heap) if heap > 0 => format!("{} + {heap}", lock.inline_bytes),
            _ => lock.inline_bytes.to_string(),
        },
    ]
}

/// A row for each published result.
pub(crate) fn curve_rows(record: &Record) -> Vec<[String; 5]> {
    let curves = record.locks.iter().flat_map(|locks| &locks.known_curves);
    let row = |it: &KnownCurve| {
        let verdict = it.verdict.as_str().to_owned();
        [it.claim.clone(), it.seen.clone(), it.cores.to_string(), verdict, it.source.clone()]
    };
    curves.map(row).collect()
}

/// The verdict on locks alone: how much was measured, and the largest region where most contend.
pub(crate) fn lock_verdict(record: &Record) -> Vec<String> {
    let Some(locks) = &record.locks else { return Vec::new() };
    let maps = LockMap::all(record);
    let of_all = || maps.iter().filter(|map| map.has_all_locks());
    let points: usize = of_all().map(|map| map.points.len()).sum();
    if points == 0 {
        return Vec::new();
    }
    let mut said = vec![format!(
        "{} alone, at {}.",
        format::counted(locks.locks.len() as u64, "lock"),
        format::counted(points as u64, "point")
    )];
    if locks.locks.len() > 1 {
        // The first of those with the most points.
        let largest = of_all().reduce(|most, it| if it.points.len() > most.points.len() { it } else { most });
        let first =
            largest.and_then(|map| Some((map, sentences(map, record.baseline()).into_iter().next()?)));
        said.extend(first.map(|(map, sentence)| format!("{}: {}", map.title(), uncapitalized(&sentence))));
    }
    let curves = || locks.known_curves.iter();
    let count = |verdict| curves().filter(|it| it.verdict == verdict).count();
    if curves().next().is_some() {
        use crate::record::Agreement::{Agrees, Disagrees, NotTestable};
        said.push(format!(
            "Of {} published results {} agree with what was seen, {} disagree, and {} could not be tested here.",
            curves().count(),
            count(Agrees),
            count(Disagrees),
            count(NotTestable)
        ));
    }
    said
}

/// A sentence as the part of another one that follows a colon.
fn uncapitalized(sentence: &str) -> String {
    sentence.strip_prefix("Held").map_or_else(|| sentence.to_owned(), |rest| format!("held{rest}"))
}
