//! How fast the explorer searches: small lock programs, and the session manager's models to exhaustion, on all processors.
//!
//! Each search also asserts that nothing failed and that nothing was left out, so a number here is that of a proof. The
//! number of schedules stands in the name of a benchmark; the rate follows from it. `2x6` is two tasks of six steps each.
//! The models that take seconds are run by `lockyard verify --model NAME`, which prints the time of each.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::{Arc, Once};
use std::thread::available_parallelism;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lockyard::checks::models::{self, MODELS, Replay, Replayed, StrategyModel, VerifyTarget, replay};
use lockyard::checks::pitfalls::PITFALLS;
use lockyard::explore::{Explorer, Limits, LockModel, ModelLocks, Program, Report, Schedule, Setting};
use lockyard::lock::{LockClass, LockOf, SharedLock};

static COUNTER: LockClass = LockClass::new("counter");

/// Tasks that increment one counter so often.
fn increments(tasks: usize, each: usize) -> impl Fn(&mut Program) {
    move |program| {
        let counter: Arc<LockOf<ModelLocks, u32>> = Arc::new(SharedLock::new(&COUNTER, 0));
        for task in 0..tasks {
            let mut plan = program.task(if task == 0 { "first" } else { "other" });
            for _ in 0..each {
                let counter = counter.clone();
                plan = plan.op("add", async move { *counter.write().await += 1 });
            }
            plan.done();
        }
    }
}

fn exhausted<B: Fn(&mut Program)>(explorer: &Explorer, program: &(impl Fn() -> B + Sync)) -> Report {
    let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let report = explorer.search_parallel(threads, program);
    assert_eq!(report.failure, None);
    assert!(report.exhaustive(), "{:?}", report.bound);
    report
}

fn measure<B: Fn(&mut Program)>(
    criterion: &mut Criterion,
    name: &str,
    explorer: &Explorer,
    program: &(impl Fn() -> B + Sync),
) {
    let report = exhausted(explorer, program);
    let mut group = criterion.benchmark_group("explore");
    group.sample_size(10).throughput(Throughput::Elements(report.schedules()));
    let name = format!("{name} ({} complete, {} pruned)", report.complete, report.pruned);
    group.bench_function(name, |bencher| bencher.iter(|| exhausted(explorer, program)));
    group.finish();
}

fn locks(criterion: &mut Criterion) {
    for (name, model) in [("unfair", LockModel::UNFAIR), ("fifo", LockModel::FIFO)] {
        let explorer = Explorer::new(Setting { lock: model, ..Setting::default() });
        measure(criterion, &format!("locks/{name} 2x2"), &explorer, &|| increments(2, 2));
        measure(criterion, &format!("locks/{name} 3x2"), &explorer, &|| increments(3, 2));
        measure(criterion, &format!("locks/{name} 2x6"), &explorer, &|| increments(2, 6));
    }
}

fn manager(criterion: &mut Criterion) {
    let names = [
        "appends-loaded-2x2",
        "appends-loaded-3x1",
        "appends-loaded-4x1",
        "appends-cold-2x2",
        "appends-evicted-2x1",
        "cancelled-appends",
    ];
    for name in names {
        let model = models::ModelCheck::named(name).expect("a model of this name");
        let explorer =
            Explorer { limits: Limits::default(), ..Explorer::new(model.setting(&StrategyModel::UNFAIR)) };
        measure(criterion, name, &explorer, &|| model.build(&StrategyModel::UNFAIR));
    }
}

/// How far a search for a failure goes.
fn limits() -> Limits {
    Limits { time: Some(Duration::from_mins(1)), ..Limits::default() }
}

fn again(subject: &VerifyTarget, schedule: Option<Schedule>) -> Option<Replayed> {
    replay(&Replay { subject: subject.clone(), schedule, limits: limits() })
}

/// Finds every pitfall that the explorer sees, and every mutant, makes them small, and runs each a hundred times more;
/// how small they come out.
fn all_repeat() -> String {
    let subjects =
        PITFALLS.iter().copied().map(VerifyTarget::Pitfall).chain(MODELS.iter().map(VerifyTarget::Mutant));
    let (mut operations, mut switches) = (Vec::new(), Vec::new());
    for subject in subjects {
        let Some(small) = again(&subject, None) else { continue };
        operations.push(small.run.operations);
        switches.push(small.schedule.switches());
        for _ in 0..100 {
            let again = again(&subject, Some(small.schedule.clone())).expect("it is explored");
            assert!(
                again.run.failure.is_some() && again.run == small.run,
                "{} runs otherwise",
                subject.name()
            );
        }
    }
    operations.sort_unstable();
    switches.sort_unstable();
    format!(
        "{} counterexamples, each the same a hundred times: median {} operations and {} switches, at most {} and {}",
        operations.len(),
        operations[operations.len() / 2],
        switches[switches.len() / 2],
        operations[operations.len() - 1],
        switches[switches.len() - 1],
    )
}

/// How long the first mutant's failure takes to be found and made small. Prints what is true of all of them.
fn counterexamples(criterion: &mut Criterion) {
    let lost_update = MODELS.iter().map(VerifyTarget::Mutant).next().expect("there are models");
    let printed = Once::new();
    criterion.bench_function("explore/found and made small", |bencher| {
        printed.call_once(|| println!("{}", all_repeat()));
        bencher.iter(|| black_box(again(&lost_update, None)));
    });
}

criterion_group!(benches, locks, manager, counterexamples);
criterion_main!(benches);
