//! What does a lock cost without contention? Each family, taken and released for reading and for writing by one
//! task, around eight bytes.
//!
//! This is the floor under every other figure, and no more: it says nothing of waiting, of cache lines that move
//! between cores, or of what a copy of a real context costs the writer of a snapshot. Runtime and trait are part of
//! it, as they are in use: now and then tokio's own locks send their task to the back of the queue.

mod support;

use std::time::Instant;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use lockyard::lock::{LockFamily, LockOf, SharedLock};
use support::families::{COUNTER, PerFamily, each_family};
use tokio::runtime::{Builder, Runtime};

/// What readers must find.
const VALUE: u64 = 42;

struct Reads<'a, 'b> {
    group: &'a mut BenchmarkGroup<'b, WallTime>,
    runtime: &'a Runtime,
}

impl PerFamily for Reads<'_, '_> {
    fn visit<F: LockFamily>(&mut self) {
        let lock: LockOf<F, u64> = SharedLock::new(&COUNTER, VALUE);
        self.group.bench_function(F::NAME, |bencher| {
            bencher.iter_custom(|reads| {
                self.runtime.block_on(async {
                    let start = Instant::now();
                    for _ in 0..reads {
                        assert_eq!(*lock.read().await, VALUE);
                    }
                    start.elapsed()
                })
            });
        });
    }
}

struct Writes<'a, 'b> {
    group: &'a mut BenchmarkGroup<'b, WallTime>,
    runtime: &'a Runtime,
}

impl PerFamily for Writes<'_, '_> {
    fn visit<F: LockFamily>(&mut self) {
        self.group.bench_function(F::NAME, |bencher| {
            bencher.iter_custom(|writes| {
                let lock: LockOf<F, u64> = SharedLock::new(&COUNTER, 0);
                self.runtime.block_on(async {
                    let start = Instant::now();
                    for _ in 0..writes {
                        *lock.write().await += 1;
                    }
                    let elapsed = start.elapsed();
                    assert_eq!(*lock.read().await, writes, "{} has lost a write", F::NAME);
                    elapsed
                })
            });
        });
    }
}

fn uncontended(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().build().expect("this thread is there");
    let mut group = criterion.benchmark_group("uncontended/read");
    each_family(&mut Reads { group: &mut group, runtime: &runtime });
    group.finish();
    let mut group = criterion.benchmark_group("uncontended/write");
    each_family(&mut Writes { group: &mut group, runtime: &runtime });
    group.finish();
}

criterion_group! {
    name = benches;
    config = support::timing();
    targets = uncontended
}
criterion_main!(benches);
