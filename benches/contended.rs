//! What does a lock cost that others want as well? Each family, with eight tasks on two workers at one lock around
//! eight bytes: one write in twenty operations, and one in two. A time is that of one operation, as all tasks together
//! get them through.
//!
//! It shows how a family behaves when cores fight over it, and not which one to choose: next to nothing is done under
//! the lock or between two acquisitions, the copy that a snapshot's writer makes is eight bytes long, and two workers
//! cannot show what many readers gain. `endpoints` asks about the system.

mod support;

use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use lockyard::lock::{LockFamily, LockOf, SharedLock};
use support::families::{COUNTER, PerFamily, each_family};
use support::tasks::{give_way, side_by_side};
use tokio::runtime::Runtime;

const TASKS: u64 = 8;

/// Every how many operations of a task there is a write, by the name of the mix.
const MIXES: [(&str, u64); 2] = [("contended/95-5", 20), ("contended/50-50", 2)];

struct Operations<'a, 'b> {
    group: &'a mut BenchmarkGroup<'b, WallTime>,
    runtime: &'a Runtime,
    write_every: u64,
}

impl PerFamily for Operations<'_, '_> {
    fn visit<F: LockFamily>(&mut self) {
        self.group.bench_function(F::NAME, |bencher| {
            bencher.iter_custom(|operations| self.runtime.block_on(all::<F>(operations, self.write_every)));
        });
    }
}

/// The time for so many operations, after which the counter must show every write.
async fn all<F: LockFamily>(operations: u64, write_every: u64) -> Duration {
    let lock: Arc<LockOf<F, u64>> = Arc::new(SharedLock::new(&COUNTER, 0));
    let work = |task, share| task_of::<F>(lock.clone(), task, share, write_every);
    let (elapsed, writes) = side_by_side(TASKS, operations, work).await;
    assert_eq!(*lock.read().await, writes.iter().sum::<u64>(), "{} has lost a write", F::NAME);
    elapsed
}

/// Reads and writes as one task, which starts at a place of its own in the mix; how often it has written.
async fn task_of<F: LockFamily>(lock: Arc<LockOf<F, u64>>, task: u64, share: u64, write_every: u64) -> u64 {
    let (mut writes, mut seen) = (0, 0);
    for nth in 0..share {
        if (task + nth).is_multiple_of(write_every) {
            *lock.write().await += 1;
            writes += 1;
        } else {
            let now = *lock.read().await;
            assert!(now >= seen.max(writes), "{} has shown a reader the past", F::NAME);
            seen = now;
        }
        give_way(nth).await;
    }
    writes
}

fn contended(criterion: &mut Criterion) {
    let runtime = support::two_workers();
    for (mix, write_every) in MIXES {
        let mut group = criterion.benchmark_group(mix);
        each_family(&mut Operations { group: &mut group, runtime: &runtime, write_every });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = support::timing();
    targets = contended
}
criterion_main!(benches);
