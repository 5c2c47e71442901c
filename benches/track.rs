//! What tracking costs, and how soon it reports.
//!
//! `track/acquire`: one uncontended acquisition and release, bare and tracked: the difference is what tracking
//! adds. `track/closing-edge`: from the wait that closes a cycle to the report of it, while ten thousand tasks wait for one
//! of its locks. `track/polling`: a whole backend under polling on two workers; given is the time that tracked locks add to
//! a thousand operations' time, so 100 ns is a tenth. What a tracked run costs in all is printed beside it.

mod support;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use lockyard::bench::stats::Ratio;
use lockyard::lock::{LockFamily, LockOf, ParkingLotRwLock, SharedLock, StdMutex, TokioMutex, TokioRwLock};
use lockyard::strategy::{PRESETS, Strategy};
use lockyard::subjects::tracking_cost;
use lockyard::track::{Kind, Tracked, Tracker};
use lockyard::workload::Scenario;
use support::families::COUNTER;
use tokio::runtime::{Builder, Runtime};

/// One acquisition by a task that has a name, as all have in a tracked run.
fn acquire<F: LockFamily>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    name: &str,
    how: &str,
    read: bool,
) {
    group.bench_function(format!("{name}/{how}"), |bencher| {
        bencher.iter_custom(|times| {
            let tracker = Tracker::new();
            runtime.block_on(tracker.scope("bench", async {
                let lock: LockOf<F, u64> = SharedLock::new(&COUNTER, 0);
                let start = Instant::now();
                for _ in 0..times {
                    if read {
                        black_box(*lock.read().await);
                    } else {
                        *lock.write().await += 1;
                    }
                }
                let elapsed = start.elapsed();
                assert_eq!(*lock.read().await, if read { 0 } else { times });
                elapsed
            }))
        });
    });
}

fn acquisitions(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().build().expect("this thread is there");
    let mut group = criterion.benchmark_group("track/acquire");
    macro_rules! both {
        ($($family:ident $read:literal;)*) => {$(
            let name = format!("{}-{}", $family::NAME, if $read { "read" } else { "write" });
            acquire::<$family>(&mut group, &runtime, &name, "bare", $read);
            acquire::<Tracked<$family>>(&mut group, &runtime, &name, "tracked", $read);
        )*};
    }
    both! {
        TokioMutex false;
        TokioRwLock true;
        ParkingLotRwLock true;
        StdMutex false;
    }
    group.finish();
}

const WAITING: u64 = 10_000;

/// Two tasks hold a lock each; ten thousand others wait for the first one's; then the cycle is closed.
fn closing_edge() -> Duration {
    let (tracker, (found, findings)) = (Tracker::new(), channel());
    tracker.on_finding(move |finding| {
        if finding.kind == Kind::Deadlock {
            let _unheard = found.send(Instant::now());
        }
    });
    let runtime = Builder::new_multi_thread().worker_threads(2).build().expect("threads can be had");
    let [one, other]: [Arc<LockOf<Tracked<TokioMutex>, u64>>; 2] =
        tracker.within("set up", || std::array::from_fn(|_| Arc::new(SharedLock::new(&COUNTER, 0))));
    let until_waiting = async |number| {
        while tracker.contended_acquisitions() < number {
            tokio::task::yield_now().await;
        }
    };
    let closed = runtime.block_on(tracker.scope("bench", async {
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let (held, is_held) = tokio::sync::oneshot::channel::<()>();
        let (first, second) = (one.clone(), other.clone());
        tracker.spawn("holder", async move {
            let _held = first.write().await;
            held.send(()).expect("it is waited for");
            gone.await.expect("it is let go");
            *second.write().await += 1;
        });
        is_held.await.expect("the lock is free");
        for nth in 0..WAITING {
            let lock = one.clone();
            tracker.spawn(format!("waiter {nth}"), async move { *lock.write().await += 1 });
        }
        until_waiting(WAITING).await;
        let own = other.clone();
        let (holds, is_held) = tokio::sync::oneshot::channel::<()>();
        let lock = one.clone();
        tracker.spawn("closer", async move {
            let _held = own.write().await;
            holds.send(()).expect("it is waited for");
            *lock.write().await += 1;
        });
        is_held.await.expect("the lock is free");
        until_waiting(WAITING + 1).await;
        let start = Instant::now();
        go.send(()).expect("the holder waits for it");
        start
    }));
    let reported = findings.recv_timeout(Duration::from_secs(30)).expect("the deadlock is reported");
    runtime.shutdown_background();
    reported.saturating_duration_since(closed)
}

fn deadlocks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("track/closing-edge");
    group.sample_size(10).warm_up_time(Duration::from_millis(1));
    group.bench_function("10000-waiting", |bencher| {
        bencher.iter_custom(|times| (0..times).map(|_| closing_edge()).sum());
    });
    group.finish();
}

/// For how long a strategy is measured, tracked and not.
const MEASURED: Duration = Duration::from_secs(1);

fn polling(criterion: &mut Criterion) {
    let scenario = Scenario::builtin("polling").expect("a built-in scenario");
    let mut group = criterion.benchmark_group("track/polling");
    group.sample_size(10).warm_up_time(Duration::from_millis(1));
    for preset in &PRESETS {
        let strategy = Strategy::parse(preset.name).expect("a preset");
        group.bench_function(preset.name, |bencher| {
            bencher.iter_custom(|times| {
                let cost = tracking_cost(&strategy, &scenario, MEASURED).expect("it is a preset");
                let cost = cost.expect("a second has rounds enough");
                let shown =
                    |Ratio { ratio, ci: [low, high], .. }| format!("x{ratio:.3} [{low:.3}, {high:.3}]");
                println!(
                    "{}: {} with tracked locks, {} in all",
                    preset.name,
                    shown(cost.locks),
                    shown(cost.whole)
                );
                let added = (1.0 / cost.locks.ratio - 1.0).max(1e-3);
                Duration::from_micros(1).mul_f64(added * times as f64)
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = support::timing();
    targets = acquisitions, deadlocks, polling
}
criterion_main!(benches);
