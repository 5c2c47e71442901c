//! The results themselves, each with its source and how it is judged.

use crate::record::{Agreement, KnownCurve, LockPoint, Throughput};

use super::points::{Points, RatioAt};

/// A result, judged by the points of a record.
type Judge = fn(&Points<'_>) -> KnownCurve;

/// All of them.
pub(super) const ALL: [Judge; 9] = [
    equal_on_one_worker,
    async_costs_more,
    fifo_is_even,
    readers_write_the_lock_too,
    readers_do_not_scale,
    parking_lot_wins_alone,
    std_wins_on_many_cores,
    sizes,
    work_outside_unloads,
];

const TOKIO: [&str; 2] = ["tokio-mutex", "tokio-rwlock"];
const PARKING_LOT: [&str; 2] = ["parking-lot-mutex", "parking-lot-rwlock"];
const STD: &str = "std-mutex";

const TOKIO_RWLOCK: &str = "https://docs.rs/tokio/1.54.1/src/tokio/sync/rwlock.rs.html";
const TOKIO_MUTEX: &str = "https://docs.rs/tokio/1.54.1/tokio/sync/struct.Mutex.html";
const FOLLY: &str =
    "https://github.com/facebook/folly/blob/05ce52289b0ec8f525a92d6d1955301d0b77c0a7/folly/SharedMutex.h";
const PARKING_LOT_README: &str = "https://docs.rs/crate/parking_lot/0.13.0/source/README.md";
const PARKING_LOT_README_BEFORE: &str = "https://docs.rs/crate/parking_lot/0.12.5/source/README.md";
const PARKING_LOT_338: &str = "https://github.com/Amanieu/parking_lot/issues/338";
const LOCKHAMMER: &str = "https://github.com/ARM-software/synchronization-benchmarks/blob/\
     9b750c4396df311373f3fa0b40de61bbf4e5c2be/benchmarks/lockhammer/README.rst";

/// Throughputs within a tenth count as equal.
const EQUAL: [f64; 2] = [0.9, 1.1];

/// Jain's index from which on tasks got the same.
const EVEN: f64 = 0.99;

/// From so many threads on issue 338 of `parking_lot` saw std ahead, on a processor with more cores than that.
const THREADS_OF_338: u32 = 9;

/// Why nothing can be said.
type Untestable = String;

fn judged(
    points: &Points<'_>,
    claim: &str,
    source: &str,
    seen: Result<(Agreement, String), Untestable>,
) -> KnownCurve {
    let (verdict, seen) = seen.unwrap_or_else(|why| (Agreement::NotTestable, why));
    KnownCurve { claim: claim.to_owned(), source: source.to_owned(), seen, cores: points.cores(), verdict }
}

fn agrees_if(agrees: bool) -> Agreement {
    if agrees { Agreement::Agrees } else { Agreement::Disagrees }
}

/// What most of some locks say; where neither side has most of them, nothing.
fn by_majority(
    for_it: usize,
    against: usize,
    of: usize,
    words: String,
) -> Result<(Agreement, String), Untestable> {
    if 2 * for_it >= of {
        Ok((Agreement::Agrees, words))
    } else if 2 * against > of {
        Ok((Agreement::Disagrees, words))
    } else {
        Err(format!("{words}: too wide to tell; run longer"))
    }
}

fn shown((ratio, [low, high]): RatioAt) -> String {
    format!("{ratio:.2} [{low:.2}, {high:.2}]")
}

fn needs(what: &str) -> Untestable {
    format!("needs {what}")
}

/// Both wait in the same semaphore, and on one worker no reader runs beside another.
fn equal_on_one_worker(points: &Points<'_>) -> KnownCurve {
    let [mutex, rwlock] = TOKIO;
    let at = points.all().into_iter().filter(|it| it.workers == 1 && it.tasks > 1);
    let ratios: Vec<RatioAt> = at.filter_map(|point| points.ratio(point, rwlock, mutex)).collect();
    let seen = if ratios.is_empty() {
        Err(needs("both locks at a point with one worker"))
    } else {
        let words = ratios.iter().map(|it| shown(*it)).collect::<Vec<_>>().join(", ");
        let words = format!("{rwlock} ÷ {mutex}: {words}");
        let is_equal = |(_, [low, high]): &RatioAt| EQUAL[0] <= *low && *high <= EQUAL[1];
        let is_other = |(_, [low, high]): &RatioAt| *high < EQUAL[0] || EQUAL[1] < *low;
        if ratios.iter().any(is_other) {
            Ok((Agreement::Disagrees, words))
        } else if ratios.iter().all(is_equal) {
            Ok((Agreement::Agrees, words))
        } else {
            Err(format!("{words}: too wide to tell; run longer"))
        }
    };
    let claim = "tokio's RwLock and Mutex are built on one semaphore; on one worker, where readers that await nothing never overlap, \
                 they are equal (within 10 %)";
    judged(points, claim, TOKIO_RWLOCK, seen)
}

fn async_costs_more(points: &Points<'_>) -> KnownCurve {
    let alone = points.all().into_iter().find(|it| it.tasks == 1 && it.reads_percent == 0);
    let ratios = alone.map(|point| {
        let of = |lock| Some((lock, points.ratio(point, lock, TOKIO[0])?));
        [STD, PARKING_LOT[0]].into_iter().filter_map(of).collect::<Vec<_>>()
    });
    let seen = match ratios.as_deref() {
        None | Some([]) => Err(needs("a mutex that blocks and tokio's, asked by one task that only writes")),
        Some(ratios) => {
            let words: Vec<_> =
                ratios.iter().map(|(lock, it)| format!("{lock} ÷ {}: {}", TOKIO[0], shown(*it))).collect();
            Ok((agrees_if(ratios.iter().all(|(_, (_, ci))| ci[0] > 1.0)), words.join("; ")))
        }
    };
    judged(points, "an async mutex is more expensive than a blocking one", TOKIO_MUTEX, seen)
}

fn fifo_is_even(points: &Points<'_>) -> KnownCurve {
    let jain = |point: LockPoint| points.cell(point, TOKIO[0])?.fairness.map(|it| it.jain);
    let writes = points.contended().into_iter().filter(|it| it.reads_percent == 0);
    let seen = match writes.filter_map(jain).reduce(f64::min) {
        None => Err(needs("tokio's Mutex where several tasks write on several cores")),
        Some(least) => {
            let words = format!("{}: Jain's index of its tasks is {least:.3} at least", TOKIO[0]);
            Ok((agrees_if(least >= EVEN), words))
        }
    };
    let claim = "tokio's Mutex is granted in the order of requests, so tasks that ask alike get the same";
    judged(points, claim, TOKIO_MUTEX, seen)
}

/// The shortest hold at which most is read, where tasks contend.
fn short_reads(points: &Points<'_>) -> Option<LockPoint> {
    let reads = points.contended().into_iter().filter(|it| it.reads_percent >= 90 && it.hold_ns <= 100);
    reads.min_by_key(|it| (it.hold_ns, 100 - it.reads_percent))
}

fn readers_write_the_lock_too(points: &Points<'_>) -> KnownCurve {
    let ratios = short_reads(points).map(|point| {
        let of = |(rwlock, mutex)| Some((rwlock, points.ratio(point, rwlock, mutex)?));
        points.pairs().into_iter().filter_map(of).collect::<Vec<_>>()
    });
    let seen = match ratios.as_deref() {
        None | Some([]) => Err(needs(
            "two cores, and a read-write lock with its library's mutex at short reads (--hold 0 --reads 100)",
        )),
        Some(ratios) => {
            let faster = ratios.iter().filter(|(_, (_, ci))| ci[0] > 1.0).count();
            let words: Vec<_> = ratios.iter().map(|(lock, it)| format!("{lock} {}", shown(*it))).collect();
            let words = format!(
                "{faster} of {} read-write locks are faster than the mutex of their library: {}",
                ratios.len(),
                words.join(", ")
            );
            let no_better = ratios.iter().filter(|(_, (_, ci))| ci[1] <= EQUAL[1]).count();
            by_majority(no_better, faster, ratios.len(), words)
        }
    };
    let claim = "where little is done under it, a read-write lock often is no improvement over a mutex, because readers write its \
                 cache line, too (here: at most half of them are faster)";
    judged(points, claim, FOLLY, seen)
}

fn readers_do_not_scale(points: &Points<'_>) -> KnownCurve {
    let many = short_reads(points).filter(|it| it.reads_percent == 100);
    let one = many.map(|it| LockPoint { workers: 1, ..it });
    let rates = |(many, one): (LockPoint, LockPoint)| {
        let shared = points.locks().iter().filter(|lock| lock.shared_reads && !lock.copy_on_write);
        let of = |name: &str| Some((points.cell(many, name)?.throughput, points.cell(one, name)?.throughput));
        shared.filter_map(|lock| Some((lock.name.as_str(), of(&lock.name)?))).collect::<Vec<_>>()
    };
    let seen = match many.zip(one).map(|both| (both.0.workers, rates(both))) {
        None => Err(needs("two cores, and reads only with one worker and with more (--hold 0 --reads 100)")),
        Some((_, rates)) if rates.is_empty() => {
            Err(needs("read-write locks that only read, with one worker and with more"))
        }
        Some((workers, rates)) => {
            let drops = rates.iter().filter(|(_, (many, one))| many.ci[1] < one.ci[0]).count();
            let words: Vec<_> = rates
                .iter()
                .map(|(lock, (many, one))| format!("{lock} ×{:.2}", many.ops_per_s / one.ops_per_s))
                .collect();
            let words = format!(
                "with {workers} workers in place of 1, {drops} of {} read-write locks are slower: {}",
                rates.len(),
                words.join(", ")
            );
            let rises = rates.iter().filter(|(_, (many, one))| many.ci[0] > one.ci[1]).count();
            by_majority(drops, rises, rates.len(), words)
        }
    };
    let claim = "without striping or deferral the throughput of readers drops as more threads read (here: that of most locks)";
    judged(points, claim, FOLLY, seen)
}

/// From this ratio on "1.5 times as fast" is what was seen, give or take a tenth.
const ONE_AND_A_HALF: f64 = 1.5 * EQUAL[0];

fn parking_lot_wins_alone(points: &Points<'_>) -> KnownCurve {
    let alone = points.all().into_iter().find(|it| it.tasks == 1 && it.reads_percent == 0 && it.hold_ns == 0);
    let rates = alone.and_then(|point| {
        let rate = |lock| Some(points.cell(point, lock)?.throughput);
        Some((rate(PARKING_LOT[0])?, rate(STD)?))
    });
    let seen = match rates {
        None => Err(needs("both mutexes, asked by one task that only writes (--tasks 1 --hold 0 --reads 0)")),
        Some((parking_lot, std)) => {
            let ci = [parking_lot.ci[0] / std.ci[1], parking_lot.ci[1] / std.ci[0]];
            let words =
                format!("{} ÷ {STD}: {}", PARKING_LOT[0], shown((parking_lot.ops_per_s / std.ops_per_s, ci)));
            if ci[0] >= ONE_AND_A_HALF {
                Ok((Agreement::Agrees, words))
            } else if ci[1] < ONE_AND_A_HALF {
                Ok((Agreement::Disagrees, words))
            } else {
                Err(format!("{words}: too wide to tell; run longer"))
            }
        }
    };
    let claim = "where nobody contends parking_lot's Mutex is 1.5 times as fast as std's (its README up to 0.12; that of 0.13 no longer \
                 says so)";
    judged(points, claim, PARKING_LOT_README_BEFORE, seen)
}

fn std_wins_on_many_cores(points: &Points<'_>) -> KnownCurve {
    let writes = points.contended().into_iter().filter(|it| it.reads_percent == 0);
    let at = writes.max_by_key(|it| (it.workers, std::cmp::Reverse(it.hold_ns)));
    let rates = at.and_then(|point| {
        let rate = |lock| Some(points.cell(point, lock)?.throughput);
        Some((point.workers, rate(STD)?, rate(PARKING_LOT[0])?))
    });
    let seen = match rates {
        None => Err(needs("both mutexes where several tasks write on several cores")),
        Some((workers, std, parking_lot)) => {
            let ratio = std.ops_per_s / parking_lot.ops_per_s;
            let parts = std.ci[0] > parking_lot.ci[1] || std.ci[1] < parking_lot.ci[0];
            let tied = if parts { "" } else { ", statistically tied" };
            let words = format!("{STD} ÷ {}: ×{ratio:.2} with {workers} workers{tied}", PARKING_LOT[0]);
            if workers >= THREADS_OF_338 {
                Ok((agrees_if(std.ci[0] > parking_lot.ci[1]), words))
            } else {
                Err(format!("needs {THREADS_OF_338} cores or more; {words}"))
            }
        }
    };
    let claim = "contended by 9 threads or more, std's Mutex is faster than parking_lot's (seen on 18 cores)";
    judged(points, claim, PARKING_LOT_338, seen)
}

fn sizes(points: &Points<'_>) -> KnownCurve {
    let [mutex, rwlock] = PARKING_LOT.map(|name| points.lock(name));
    let seen = match mutex.zip(rwlock) {
        None => Err(needs("parking_lot's Mutex and RwLock")),
        Some((mutex, rwlock)) => {
            let whole = |lock: &crate::record::LockSummary| lock.inline_bytes + lock.heap_bytes.unwrap_or(0);
            let (mutex, rwlock) = (whole(mutex), whole(rwlock));
            let word = size_of::<usize>() as u64;
            let words = format!("{mutex} and {rwlock} bytes, where a word has {word}");
            Ok((agrees_if(mutex == 1 && rwlock == word), words))
        }
    };
    judged(points, "parking_lot's Mutex takes one byte and its RwLock one word", PARKING_LOT_README, seen)
}

/// What an access takes longer than it would with a lock that costs nothing, with its interval: the hold times one after another, or
/// what the workers can do, whichever is less.
fn overhead_ns(point: LockPoint, throughput: Throughput) -> [f64; 2] {
    let (hold, think) = (point.hold_ns as f64, point.think_ns as f64);
    let at_once = f64::from(point.tasks.min(point.workers));
    let [low, high] = throughput.ci;
    [high, low].map(|ops_per_s| 1e9 / ops_per_s - hold.max((hold + think) / at_once))
}

fn work_outside_unloads(points: &Points<'_>) -> KnownCurve {
    let thinking = points.all().into_iter().find(|it| {
        it.think_ns > 0 && it.reads_percent == 0 && it.tasks > 1 && (2..=points.cores()).contains(&it.workers)
    });
    let overheads = thinking.map(|thinking| {
        let busy = LockPoint { think_ns: 0, ..thinking };
        let of = |name: &str| {
            let overhead = |point| Some(overhead_ns(point, points.cell(point, name)?.throughput));
            overhead(busy).zip(overhead(thinking))
        };
        points.locks().iter().filter_map(|lock| of(&lock.name)).collect::<Vec<_>>()
    });
    let seen = match overheads.as_deref() {
        None | Some([]) => Err(needs("two cores, and writes both with and without think time")),
        Some(overheads) => {
            let less = overheads.iter().filter(|(busy, thinking)| thinking[1] < busy[0]).count();
            let more = overheads.iter().filter(|(busy, thinking)| thinking[0] > busy[1]).count();
            let words = format!(
                "of {} locks the overhead of {less} is lower with think time, that of {more} higher",
                overheads.len()
            );
            by_majority(less, more, overheads.len(), words)
        }
    };
    let claim = "to acquire and release as quickly as possible stresses a lock most (lockhammer's default): with work outside the \
                 lock the overhead of an access falls (here: that of most locks)";
    judged(points, claim, LOCKHAMMER, seen)
}
