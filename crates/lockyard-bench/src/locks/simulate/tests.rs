//! The simulation against what is known in closed form, and against itself.

use super::model::{LockModel, SimulatedLoad, VariedTimes};
use super::replicate::{replicate, simulate};
use crate::random::Random;
use crate::record::{GrantOrder, LockCosts, Waiting};

const SEED: u64 = 42;

const FREE: LockCosts = LockCosts { read_ns: 0.0, write_ns: 0.0, handover_ns: 0.0, transfer_ns: 0.0 };

const ORDERS: [GrantOrder; 5] = [
    GrantOrder::FirstCome,
    GrantOrder::Barging,
    GrantOrder::WritersFirst,
    GrantOrder::ReadersFirst,
    GrantOrder::Snapshot,
];
const WAITING: [Waiting; 4] =
    [Waiting::Yields, Waiting::Parks, Waiting::SpinsOnLock, Waiting::SpinsOnOwnLine];

fn lock(order: GrantOrder, waiting: Waiting, costs: LockCosts) -> LockModel {
    LockModel { order, waiting, shared_reads: true, costs }
}

fn load(threads: u32, hold_ns: f64, think_ns: f64, reads: f64) -> SimulatedLoad {
    SimulatedLoad { times: VariedTimes::Fixed, ..SimulatedLoad::threads(threads, hold_ns, think_ns, reads) }
}

fn rate(model: &LockModel, load: &SimulatedLoad) -> f64 {
    simulate(model, load, SEED).throughput.ops_per_s
}

fn close(found: f64, expected: f64, share: f64) {
    assert!((found / expected - 1.0).abs() <= share, "{found}, not {expected}");
}

#[test]
fn one_task_takes_its_hold_its_think_and_the_lock_s_cost() {
    let costs = LockCosts { read_ns: 10.0, write_ns: 30.0, handover_ns: 5_000.0, transfer_ns: 80.0 };
    for order in ORDERS {
        for waiting in WAITING {
            let model = lock(order, waiting, costs);
            close(rate(&model, &load(1, 100.0, 70.0, 0.0)), 1e9 / 200.0, 1e-9);
            close(rate(&model, &load(1, 100.0, 70.0, 1.0)), 1e9 / 180.0, 1e-9);
        }
    }
}

#[test]
fn a_queue_without_think_time_takes_a_hold_and_a_hand_over_each() {
    let costs = LockCosts { write_ns: 20.0, handover_ns: 250.0, transfer_ns: 50.0, ..FREE };
    for waiting in [Waiting::Yields, Waiting::Parks, Waiting::SpinsOnOwnLine] {
        for threads in [2, 3, 16] {
            close(
                rate(&lock(GrantOrder::FirstCome, waiting, costs), &load(threads, 400.0, 0.0, 0.0)),
                1e9 / 650.0,
                1e-3,
            );
        }
    }
    // Four wait at a time, of which one is served: half of the other three and itself have to give their copies up.
    let spins = lock(GrantOrder::FirstCome, Waiting::SpinsOnLock, costs);
    close(rate(&spins, &load(5, 400.0, 0.0, 0.0)), 1e9 / (400.0 + 250.0 * 2.5), 1e-3);
}

#[test]
fn tasks_on_one_worker_never_meet_inside() {
    let costs = LockCosts { write_ns: 20.0, handover_ns: 9_000.0, transfer_ns: 500.0, ..FREE };
    for order in ORDERS {
        for waiting in WAITING {
            let many = SimulatedLoad { tasks: 8, ..load(1, 100.0, 30.0, 0.0) };
            close(rate(&lock(order, waiting, costs), &many), 1e9 / 150.0, 1e-9);
        }
    }
}

#[test]
fn readers_scale_if_their_counter_costs_nothing_and_not_beyond_its_line_if_it_does() {
    for order in ORDERS {
        let free = lock(order, Waiting::Parks, FREE);
        for threads in [1, 4, 64] {
            close(rate(&free, &load(threads, 500.0, 0.0, 1.0)), f64::from(threads) * 2e6, 0.01);
        }
    }
    let costs = LockCosts { read_ns: 20.0, transfer_ns: 90.0, ..FREE };
    let counted = lock(GrantOrder::FirstCome, Waiting::Parks, costs);
    // Each reader changes the line twice, and it comes from another core every time.
    close(rate(&counted, &load(16, 0.0, 0.0, 1.0)), 1e9 / (2.0 * 90.0), 0.02);
    let snapshot = lock(GrantOrder::Snapshot, Waiting::Parks, costs);
    close(rate(&snapshot, &load(16, 0.0, 0.0, 1.0)), 16e9 / 20.0, 0.02);
}

#[test]
fn an_exclusive_lock_lets_one_reader_in_at_a_time() {
    let exclusive = LockModel { shared_reads: false, ..lock(GrantOrder::FirstCome, Waiting::Parks, FREE) };
    close(rate(&exclusive, &load(8, 500.0, 0.0, 1.0)), 2e6, 0.01);
}

/// The machine repairman's problem, also called M/M/1//N: N machines run for exponential times, and one repairman mends them in
/// the order in which they broke (Law, problem 1.22; closed form by L. Kleinrock, "Queueing Systems", volume 1, 1975, section 3.8).
fn repairman(tasks: u32, hold: f64, think: f64) -> f64 {
    let busy = hold / think;
    let mut term = 1.0;
    let mut sum = 1.0;
    for nth in 0..tasks {
        term *= f64::from(tasks - nth) * busy;
        sum += term;
    }
    (1.0 - 1.0 / sum) / hold * 1e9
}

#[test]
fn tasks_that_think_are_the_machine_repairman_s_problem() {
    let free = lock(GrantOrder::FirstCome, Waiting::Parks, FREE);
    for (tasks, think) in [(2, 1_000.0), (4, 2_000.0), (8, 8_000.0), (8, 2_000.0)] {
        let load = SimulatedLoad {
            times: VariedTimes::Exponential,
            ..SimulatedLoad::threads(tasks, 1_000.0, think, 0.0)
        };
        let mut random = Random::stream(SEED, 0);
        let seen = replicate(&free, &load, &mut random, 200_000);
        close(seen.accesses as f64 * 1e9 / seen.ns, repairman(tasks, 1_000.0, think), 0.02);
        // Little's law: each task is always somewhere on its round.
        let waited = seen.waits_ns.iter().sum::<f64>() / seen.waits_ns.len() as f64;
        let round = f64::from(tasks) * seen.ns / seen.accesses as f64;
        close(waited + 1_000.0 + think, round, 0.02);
    }
}

#[test]
fn every_access_is_counted_once_and_none_is_lost() {
    let costs = LockCosts { read_ns: 12.0, write_ns: 20.0, handover_ns: 300.0, transfer_ns: 60.0 };
    for order in ORDERS {
        for waiting in WAITING {
            for (tasks, reads) in [(3, 0.0), (9, 0.5), (9, 0.95), (9, 1.0)] {
                let busy = SimulatedLoad { cores: 3, tasks, ..load(3, 200.0, 150.0, reads) };
                let mut random = Random::stream(SEED, 1);
                let seen = replicate(&lock(order, waiting, costs), &busy, &mut random, 4_000);
                let done: u64 = seen.of_tasks.iter().sum();
                assert_eq!((seen.accesses, done), (4_000, 5_000), "{order:?} {waiting:?} {tasks} {reads}");
                // As many as have left or are inside have entered.
                let entered = seen.waits_ns.len() as u64;
                assert!(entered.abs_diff(4_000) <= 9, "{order:?} {waiting:?}: {entered}");
            }
        }
    }
}

#[test]
fn a_seed_says_the_same_again_and_another_one_something_else() {
    let costs = LockCosts { read_ns: 12.0, write_ns: 20.0, handover_ns: 300.0, transfer_ns: 60.0 };
    let model = lock(GrantOrder::WritersFirst, Waiting::Yields, costs);
    let load = SimulatedLoad::threads(6, 200.0, 900.0, 0.8);
    assert_eq!(simulate(&model, &load, 1), simulate(&model, &load, 1));
    assert_ne!(simulate(&model, &load, 1), simulate(&model, &load, 2));
    let seen = simulate(&model, &load, 1).throughput;
    assert!(seen.ci[0] < seen.ops_per_s && seen.ops_per_s < seen.ci[1]);
}

/// Where a hand-over takes long, letting whoever runs have the lock is faster, and less fair.
#[test]
fn barging_is_faster_than_a_queue_and_a_queue_serves_all_alike() {
    let costs = LockCosts { write_ns: 20.0, handover_ns: 3_000.0, transfer_ns: 60.0, ..FREE };
    let load = SimulatedLoad::threads(8, 300.0, 0.0, 0.0);
    let seen =
        |order| replicate(&lock(order, Waiting::Parks, costs), &load, &mut Random::stream(SEED, 0), 8_000);
    let (queue, barging) = (seen(GrantOrder::FirstCome), seen(GrantOrder::Barging));
    assert!(barging.ns * 3.0 < queue.ns, "{} and {}", barging.ns, queue.ns);
    let spread = |counts: &[u64]| counts.iter().max().unwrap() - counts.iter().min().unwrap();
    assert!(spread(&queue.of_tasks) <= 1, "{:?}", queue.of_tasks);
    assert!(spread(&barging.of_tasks) > 100, "{:?}", barging.of_tasks);
}

#[test]
fn readers_past_writers_keep_all_waiting_that_write_now_and_then_and_a_snapshot_nobody_that_reads() {
    let costs = LockCosts { read_ns: 10.0, write_ns: 10.0, handover_ns: 50.0, transfer_ns: 5.0 };
    let load = SimulatedLoad::threads(12, 1_000.0, 3_000.0, 0.5);
    let rate = |order| rate(&lock(order, Waiting::Parks, costs), &load);
    let [snapshot, writers, queue, readers] =
        [GrantOrder::Snapshot, GrantOrder::WritersFirst, GrantOrder::FirstCome, GrantOrder::ReadersFirst]
            .map(rate);
    assert!(
        snapshot > writers && writers > queue && queue > readers,
        "{snapshot} {writers} {queue} {readers}"
    );
}

/// However far it spreads, a lock without a shared counter is not held up by what an access costs each core by itself.
#[test]
fn what_an_access_costs_a_core_holds_no_other_core_up() {
    let costs = LockCosts { read_ns: 25.0, ..FREE };
    close(
        rate(&lock(GrantOrder::WritersFirst, Waiting::Parks, costs), &load(16, 0.0, 0.0, 1.0)),
        16e9 / 25.0,
        0.01,
    );
}

/// Waking takes the one who wakes half of the hand-over, in which the lock is free.
#[test]
fn a_lock_that_has_to_wake_is_slower_than_one_nobody_waits_for() {
    let costs = LockCosts { write_ns: 30.0, handover_ns: 1_000.0, ..FREE };
    let model = lock(GrantOrder::Barging, Waiting::Parks, costs);
    let (alone, two) = (rate(&model, &load(1, 0.0, 0.0, 0.0)), rate(&model, &load(2, 0.0, 0.0, 0.0)));
    close(alone, 1e9 / 30.0, 1e-9);
    assert!(two < alone * 0.6, "{two}");
}
