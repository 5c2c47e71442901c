//! What measuring costs: the harness's own time for one operation, by what it keeps.
//!
//! Reported is the time that the harness adds on the worker that does the operation, with 64 tasks on all cores, the
//! operation itself taken off. A difference of two times that are near each other: on a busy machine it may come out
//! below zero, and is then given as a tenth of a nanosecond.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use lockyard::bench::harness_cost;
use lockyard::bench::record::HarnessCost;

/// Which of the costs, by name.
type Part = (&'static str, fn(&HarnessCost) -> f64);

const PARTS: [Part; 3] =
    [("bare", |cost| cost.bare.ns), ("sampled", |cost| cost.sampled.ns), ("full", |cost| cost.full.ns)];

fn harness(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("harness");
    group.sample_size(10).warm_up_time(Duration::from_millis(1));
    for (name, part) in PARTS {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|operations| {
                let cost = black_box(harness_cost(8).expect("threads can be had"));
                assert!(cost.full.ns.is_finite(), "operations were done and counted");
                Duration::from_nanos(1)
                    .mul_f64((part(&cost) * operations as f64).max(0.1 * operations as f64))
            });
        });
    }
}

criterion_group!(benches, harness);
criterion_main!(benches);
