//! How many schedules a second, of real locks polled as guests and of model locks.
//!
//! ```sh
//! cargo run --release -p lockyard-explore --example guest_speed
//! ```
//!
//! Words after that leave out what none of them is part of, such as `-- "2 guests x 2"`.

#[path = "../tests/support/guest.rs"]
mod guest;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guest::{Mutex, program, spawn};
use lockyard_explore::{Explorer, Limits, LockModel, ModelLocks, Program, Reduction, Report, Setting};
use lockyard_lock::{LockClass, LockOf, SharedLock};

static LOCK: LockClass = LockClass::new("lock");

/// How long each is measured.
const TIME: Duration = Duration::from_millis(700);

/// Tasks that lock so many locks after one another, each while they hold the others; spawned and joined.
async fn guests(tasks: usize, locks: usize) {
    let locks: Arc<[Mutex<u32>]> = (0..locks).map(|_| Mutex::new(0)).collect();
    let mut spawned = Vec::with_capacity(tasks);
    for _ in 0..tasks {
        let locks = locks.clone();
        spawned.push(spawn("adds", async move {
            let mut first = locks[0].lock().await;
            *first += 1;
            for lock in &locks[1..] {
                *lock.lock().await += 1;
            }
        }));
    }
    for task in spawned {
        task.join().await.expect("it returns");
    }
}

/// Every schedule of them.
pub(crate) fn guests_searched(tasks: usize, locks: usize) -> Report {
    lockyard_explore::guest::explorer(Setting::default()).search(&program(move || guests(tasks, locks)))
}

/// The same over model locks, without a task that spawns the others.
fn models(tasks: usize, locks: usize) -> impl Fn(&mut Program) {
    move |program| {
        let locks: Arc<[LockOf<ModelLocks, u32>]> = (0..locks).map(|_| SharedLock::new(&LOCK, 0)).collect();
        for _ in 0..tasks {
            let locks = locks.clone();
            let add = async move {
                let mut first = locks[0].write().await;
                *first += 1;
                for lock in &locks[1..] {
                    *lock.write().await += 1;
                }
            };
            program.task("adds").op("add", add).done();
        }
    }
}

/// Tasks that increment one counter so often.
fn increments(tasks: usize, each: usize) -> impl Fn(&mut Program) {
    move |program| {
        let counter: Arc<LockOf<ModelLocks, u32>> = Arc::new(SharedLock::new(&LOCK, 0));
        for _ in 0..tasks {
            let mut plan = program.task("adds");
            for _ in 0..each {
                let counter = counter.clone();
                plan = plan.op("add", async move { *counter.write().await += 1 });
            }
            plan.done();
        }
    }
}

/// Searches again and again, for a small program has few schedules.
fn measured(name: &str, search: &dyn Fn() -> Report) {
    let wanted: Vec<_> = std::env::args().skip(1).collect();
    if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part)) {
        return;
    }
    let (mut schedules, mut steps, mut took, mut once) = (0, 0, Duration::ZERO, Report::default());
    let start = Instant::now();
    while start.elapsed() < TIME {
        once = search();
        assert!(once.failure.is_none(), "{:?}", once.failure);
        schedules += once.schedules();
        steps += once.steps;
        took += once.took;
    }
    let a_second = |number: u64| number as f64 / took.as_secs_f64();
    println!(
        "{name:<49} {:>9} schedules of {:>3} steps at most ({}), {:>8.0} schedules/s, {:>9.0} steps/s",
        once.schedules(),
        once.longest,
        if once.exhaustive() { "all" } else { "not all" },
        a_second(schedules),
        a_second(steps),
    );
}

fn main() {
    assert!(guests_searched(2, 1).exhaustive());
    let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let every = || Explorer {
        limits: Limits { schedules: Some(300_000), ..Limits::default() },
        ..lockyard_explore::guest::explorer(Setting { lock: LockModel::FIFO_MUTEX, ..Setting::default() })
    };
    let reduced = Explorer { reduction: Reduction::SleepSets, ..every() };
    for (tasks, locks) in [(2, 1), (2, 2), (3, 2)] {
        let name = format!("{tasks} tasks x {locks} model locks");
        measured(&name, &|| every().search(&models(tasks, locks)));
        let guests = program(move || guests(tasks, locks));
        let name = format!("{tasks} guests x {locks} tokio locks, spawned, joined");
        measured(&name, &|| every().search(&guests));
        let name = format!("{tasks} guests x {locks}, sleep sets and their check");
        measured(&name, &|| reduced.search(&guests));
    }
    for (rules, lock) in [("unfair", LockModel::UNFAIR), ("fifo", LockModel::FIFO)] {
        let reduced = Explorer::new(Setting { lock, ..Setting::default() });
        for (tasks, each) in [(3, 2), (2, 6), (3, 4)] {
            let name = format!("{tasks} tasks x {each} steps, {rules}");
            measured(&name, &|| reduced.search(&increments(tasks, each)));
            let name = format!("{tasks} tasks x {each} steps, {rules}, on all processors");
            measured(&name, &|| reduced.search_parallel(processors, &|| increments(tasks, each)));
        }
    }
}
