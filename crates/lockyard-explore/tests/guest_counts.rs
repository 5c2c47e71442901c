//! How many schedules programs of guests have, counted by hand; and where their parts can go.

#[path = "support/guest.rs"]
mod guest;

use std::sync::Arc;

use guest::{Mutex, program, spawn};
use lockyard_explore::guest::explorer;
use lockyard_explore::{Explorer, Program, Reduction, Report, Setting, point};

fn every(program: &dyn Fn(&mut Program)) -> Report {
    let report = explorer(Setting::default()).search(program);
    assert!(report.failure.is_none() && report.exhaustive(), "{report:?}");
    report
}

fn reduced(program: &dyn Fn(&mut Program)) -> Report {
    let explorer = Explorer { reduction: Reduction::SleepSets, ..explorer(Setting::default()) };
    let report = explorer.search(program);
    assert!(report.failure.is_none() && report.exhaustive(), "{report:?}");
    report
}

/// Tasks that lock so often, one after another, and are joined in their order.
async fn increments(tasks: usize, each: usize) {
    let count = Arc::new(Mutex::new(0));
    let adds = |count: Arc<Mutex<usize>>| async move {
        for _ in 0..each {
            *count.lock().await += 1;
        }
    };
    let tasks: Vec<_> = (0..tasks).map(|_| spawn("adds", adds(count.clone()))).collect();
    for task in tasks {
        task.join().await.expect("it returns");
    }
    assert!(count.lock().await.is_multiple_of(each.max(1)));
}

/// A task has one step to begin, and one for each time that it locks. Main has one to spawn them, then one for each join,
/// possible once that task is over and the join before it was made, and one to lock.
#[test]
fn joining_needs_no_step_to_ask() {
    assert_eq!((every(&program(|| increments(1, 0))).schedules()), 1);
    assert_eq!(every(&program(|| increments(1, 2))).longest, 1 + 3 + 1 + 1);
    // Of a, join a, b: the place of b; then join b.
    assert_eq!(every(&program(|| increments(2, 0))).schedules(), 3);
    // Of a, a, join a, b, b: the places of the two of b. The lock is free whenever a step begins.
    assert_eq!(every(&program(|| increments(2, 1))).schedules(), 10);
    // a, a, a, join a, b, b, b.
    assert_eq!(every(&program(|| increments(2, 2))).schedules(), 35);
}

/// The orders in which the lock is taken: of 3 tasks twice each, 6! / (2! 2! 2!) = 90. Beginnings and joins share nothing.
#[test]
fn sleep_sets_leave_the_orders_of_the_lock() {
    for (tasks, each, orders) in [(2, 1, 2), (2, 2, 6), (3, 1, 6), (3, 2, 90)] {
        let report = reduced(&program(move || increments(tasks, each)));
        assert_eq!(report.complete, orders, "{tasks} x {each}");
        assert!(report.schedules() <= 2 * orders + 20, "{tasks} x {each}: {} pruned", report.pruned);
    }
}

/// Of a lock that is waited for: one that has queued goes on once it was woken, and only then.
#[test]
fn a_waiter_goes_on_when_it_was_woken() {
    async fn main() {
        let lock = Arc::new(Mutex::new(0));
        let its = lock.clone();
        let other = spawn("other", async move {
            let _held = its.lock().await;
            point().await;
        });
        let held = lock.lock().await;
        point().await;
        drop(held);
        other.join().await.expect("it returns");
    }
    // m: spawn, lock, let go, join; o: start, lock, let go. Where one asks while the other holds, that is a step, and so is
    // going on. By the place of the two locks: m's section first (o starts and asks before, within or after it), or o's.
    let report = every(&program(main));
    assert_eq!(report.schedules(), by_hand());
}

/// Counts the schedules of the program above, by its rules and not by the explorer.
fn by_hand() -> u64 {
    /// Where a task is: before its start, before asking, queued, inside, over. Main has no start, and a join in the end.
    fn count(main: u8, other: u8, first_in_queue: Option<u8>) -> u64 {
        const ASKS: u8 = 1;
        const QUEUED: u8 = 2;
        const INSIDE: u8 = 3;
        const OVER: u8 = 4;
        let mut ways = 0;
        if main == OVER && other == OVER {
            return 1; // only the join is left
        }
        let step = |mine: u8, others: u8, granted: bool| match mine {
            0 => Some((ASKS, false)),
            ASKS if others == INSIDE || granted => Some((QUEUED, false)),
            ASKS => Some((INSIDE, false)),
            // Granted by the one who has let go.
            QUEUED if granted => Some((INSIDE, false)),
            INSIDE => Some((OVER, true)),
            _ => None,
        };
        for (me, mine, others) in [(0, main, other), (1, other, main)] {
            let granted = match mine {
                QUEUED => first_in_queue == Some(me),
                _ => first_in_queue == Some(1 - me),
            };
            if let Some((next, lets_go)) = step(mine, others, granted) {
                let queue = match next {
                    INSIDE => None,
                    _ if lets_go && others == QUEUED => Some(1 - me),
                    _ => first_in_queue,
                };
                ways += if me == 0 { count(next, others, queue) } else { count(others, next, queue) };
            }
        }
        ways
    }
    count(1, 0, None)
}

/// What stands in guards and futures of guests goes wherever the real ones go.
#[test]
fn parts_of_guests_can_be_sent() {
    fn sent<T: Send + Sync + 'static>() {}
    sent::<lockyard_explore::guest::Turn>();
    sent::<lockyard_explore::guest::Holding>();
    sent::<lockyard_explore::guest::Timer>();
    sent::<lockyard_explore::guest::TaskId>();
    sent::<lockyard_explore::Shared>();
}
