//! A connection pool that wakes by `Notify`: nobody waits for a connection that is free, and no connection is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use bb8::{Builder, ManageConnection, Pool, RunError};
use real_code::{Search, check};
use tokio::sync::oneshot;
use tokio::task::yield_now;

/// Makes numbers, one after the other.
#[derive(Default)]
struct Numbers {
    made: AtomicU32,
    /// In use at this moment, as far as the test says so.
    used: Arc<AtomicU32>,
    /// Connections up to this one break as they are used.
    break_until: u32,
    /// Connections up to this one are found to be invalid.
    invalid_until: u32,
    /// So many attempts fail first.
    failures: AtomicU32,
}

#[derive(Clone, Debug, PartialEq)]
struct Refused;

impl ManageConnection for Numbers {
    type Connection = u32;
    type Error = Refused;

    async fn connect(&self) -> Result<u32, Refused> {
        yield_now().await;
        if self.failures.load(Relaxed) > 0 {
            self.failures.fetch_sub(1, Relaxed);
            return Err(Refused);
        }
        Ok(self.made.fetch_add(1, Relaxed) + 1)
    }

    async fn is_valid(&self, connection: &mut u32) -> Result<(), Refused> {
        yield_now().await;
        if *connection <= self.invalid_until { Err(Refused) } else { Ok(()) }
    }

    fn has_broken(&self, connection: &mut u32) -> bool {
        *connection <= self.break_until
    }
}

/// Connections do not grow old: no task looks after them.
fn of(size: u32) -> Builder<Numbers> {
    Pool::builder().max_size(size).max_lifetime(None).idle_timeout(None)
}

/// Takes a connection, uses it and gives it back.
async fn uses(pool: &Pool<Numbers>, used: &AtomicU32, most: u32) {
    let connection = pool.get().await.expect("a connection");
    assert!(used.fetch_add(1, Relaxed) < most, "more than {most} connections are in use");
    yield_now().await;
    used.fetch_sub(1, Relaxed);
    drop(connection);
}

/// As many tasks as there are beside this one, which takes its turn, too.
async fn contend(pool: Pool<Numbers>, used: Arc<AtomicU32>, most: u32, others: usize) {
    let others: Vec<_> = (0..others)
        .map(|_| {
            let (pool, used) = (pool.clone(), used.clone());
            tokio::spawn(async move { uses(&pool, &used, most).await })
        })
        .collect();
    uses(&pool, &used, most).await;
    for other in others {
        other.await.expect("it ends");
    }
    let state = pool.state();
    assert_eq!(state.connections, state.idle_connections, "one is lost");
    assert!(state.connections <= most);
    assert_eq!(state.statistics.pending_gets(), 0);
    assert_eq!(state.statistics.get_timed_out, 0);
}

#[test]
fn two_tasks_take_turns_with_one_connection() {
    check(Search::Exhausts(250), || async {
        let numbers = Numbers::default();
        let used = numbers.used.clone();
        let pool = of(1).connection_timeout(Duration::from_mins(1)).build_unchecked(numbers);
        contend(pool, used, 1, 1).await;
    });
}

#[test]
fn three_tasks_share_two_connections() {
    check(Search::Switches(4, 2_000), || async {
        let numbers = Numbers::default();
        let used = numbers.used.clone();
        let pool = of(2).connection_timeout(Duration::from_mins(1)).build(numbers).await.unwrap();
        contend(pool, used, 2, 2).await;
    });
}

#[test]
fn a_broken_connection_makes_room_for_another() {
    check(Search::Exhausts(1_900), || async {
        let numbers = Numbers { break_until: 1, ..Numbers::default() };
        let used = numbers.used.clone();
        let pool = of(1).connection_timeout(Duration::from_mins(1)).build_unchecked(numbers);
        contend(pool.clone(), used, 1, 1).await;
        assert_eq!(pool.state().statistics.connections_closed_broken, 1);
    });
}

#[test]
fn an_invalid_connection_is_not_handed_out() {
    check(Search::Switches(6, 1_000), || async {
        let numbers = Numbers { invalid_until: 2, ..Numbers::default() };
        let used = numbers.used.clone();
        let pool = of(1).connection_timeout(Duration::from_mins(1)).build_unchecked(numbers);
        contend(pool.clone(), used, 1, 1).await;
        let state = pool.state();
        assert_eq!((state.statistics.connections_closed_invalid, state.connections), (2, 1));
    });
}

#[test]
fn a_timeout_leaves_the_pool_whole() {
    check(Search::Exhausts(250), || async {
        let pool =
            of(1).connection_timeout(Duration::from_millis(10)).build(Numbers::default()).await.unwrap();
        let (give_back, wanted) = oneshot::channel::<()>();
        let held = loop {
            // It may time out by itself, where a timer is early.
            match pool.get_owned().await {
                Ok(held) => break held,
                Err(error) => assert_eq!(error, RunError::TimedOut),
            }
        };
        let holder = tokio::spawn(async move {
            wanted.await.unwrap();
            drop(held);
        });
        assert!(matches!(pool.get().await, Err(RunError::TimedOut)));
        give_back.send(()).unwrap();
        holder.await.unwrap();
        let state = pool.state();
        assert_eq!((state.connections, state.idle_connections), (1, 1));
    });
}

#[test]
fn who_is_dropped_while_it_waits_passes_the_connection_on() {
    check(Search::Exhausts(700), || async {
        let pool = of(1).connection_timeout(Duration::from_mins(1)).build(Numbers::default()).await.unwrap();
        let held = pool.get_owned().await.unwrap();
        let waits = |pool: Pool<Numbers>| async move { drop(pool.get().await.unwrap()) };
        let (gone, stays) = (tokio::spawn(waits(pool.clone())), tokio::spawn(waits(pool.clone())));
        yield_now().await;
        drop(held);
        gone.abort();
        let _either = gone.await;
        stays.await.unwrap();
        let state = pool.state();
        assert_eq!((state.connections, state.idle_connections), (1, 1));
    });
}

#[test]
fn a_connection_that_is_refused_is_tried_again() {
    check(Search::Exhausts(50), || async {
        let numbers = Numbers { failures: AtomicU32::new(1), ..Numbers::default() };
        let pool = of(1).connection_timeout(Duration::from_mins(1)).build_unchecked(numbers);
        drop(pool.get().await.unwrap());
        assert_eq!(pool.state().statistics.connections_created, 1);
    });
}
