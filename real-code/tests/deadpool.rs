//! A pool that is guarded by a semaphore: objects in use stay within the size, and none is lost to timeouts, errors and tasks
//! that are dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Pool, PoolError, RecycleError, RecycleResult, TimeoutType, Timeouts,
};
use real_code::{Search, check};
use tokio::sync::oneshot;
use tokio::task::yield_now;

/// Makes numbers, one after the other.
#[derive(Default)]
struct Numbers {
    made: AtomicUsize,
    /// Objects up to this one are refused when they come back.
    refused_until: usize,
    /// So many attempts fail first.
    failures: AtomicUsize,
}

#[derive(Debug, PartialEq)]
struct Refused;

impl Manager for Numbers {
    type Type = usize;
    type Error = Refused;

    async fn create(&self) -> Result<usize, Refused> {
        yield_now().await;
        if self.failures.load(Relaxed) > 0 {
            self.failures.fetch_sub(1, Relaxed);
            return Err(Refused);
        }
        Ok(self.made.fetch_add(1, Relaxed) + 1)
    }

    async fn recycle(&self, object: &mut usize, _: &Metrics) -> RecycleResult<Refused> {
        yield_now().await;
        if *object <= self.refused_until { Err(RecycleError::Backend(Refused)) } else { Ok(()) }
    }
}

fn of(size: usize, numbers: Numbers) -> Pool<Numbers> {
    Pool::builder(numbers).max_size(size).runtime(Runtime::Tokio1).build().unwrap()
}

/// Takes an object, uses it and gives it back.
async fn uses(pool: &Pool<Numbers>, used: &AtomicUsize, most: usize) {
    let object = pool.get().await.expect("an object");
    assert!(used.fetch_add(1, Relaxed) < most, "more than {most} objects are in use");
    yield_now().await;
    used.fetch_sub(1, Relaxed);
    drop(object);
}

/// As many tasks as there are beside this one, which takes its turn, too.
async fn contend(pool: &Pool<Numbers>, most: usize, others: usize) {
    let used = Arc::new(AtomicUsize::new(0));
    let others: Vec<_> = (0..others)
        .map(|_| {
            let (pool, used) = (pool.clone(), used.clone());
            tokio::spawn(async move { uses(&pool, &used, most).await })
        })
        .collect();
    uses(pool, &used, most).await;
    for other in others {
        other.await.expect("it ends");
    }
    is_whole(pool);
}

/// Nothing is out, and nobody waits.
#[track_caller]
fn is_whole(pool: &Pool<Numbers>) {
    let status = pool.status();
    assert_eq!((status.available, status.waiting), (status.size, 0), "{status:?}");
    assert!(status.size <= status.max_size, "{status:?}");
}

#[test]
fn two_tasks_take_turns_with_one_object() {
    check(Search::Exhausts(12), || async { contend(&of(1, Numbers::default()), 1, 1).await });
}

#[test]
fn three_tasks_share_two_objects() {
    check(Search::Exhausts(13_000), || async { contend(&of(2, Numbers::default()), 2, 2).await });
}

#[test]
fn an_object_that_cannot_be_recycled_makes_room_for_another() {
    check(Search::Exhausts(12), || async {
        let pool = of(1, Numbers { refused_until: 1, ..Numbers::default() });
        contend(&pool, 1, 1).await;
        assert_eq!(*pool.get().await.unwrap(), 2);
    });
}

#[test]
fn an_object_that_cannot_be_made_leaves_its_place() {
    check(Search::Exhausts(7), || async {
        let pool = of(1, Numbers { failures: AtomicUsize::new(1), ..Numbers::default() });
        let tries = |pool: Pool<Numbers>| async move { pool.get().await.is_ok() };
        let other = tokio::spawn(tries(pool.clone()));
        let both = [tries(pool.clone()).await, other.await.unwrap()];
        assert_eq!(both.iter().filter(|it| **it).count(), 1);
        is_whole(&pool);
    });
}

#[test]
fn who_is_dropped_while_it_waits_passes_its_place_on() {
    check(Search::Exhausts(100), || async {
        let pool = of(1, Numbers::default());
        let held = pool.get().await.unwrap();
        let waits = |pool: Pool<Numbers>| async move { drop(pool.get().await.unwrap()) };
        let (gone, stays) = (tokio::spawn(waits(pool.clone())), tokio::spawn(waits(pool.clone())));
        yield_now().await;
        drop(held);
        gone.abort();
        let _either = gone.await;
        stays.await.unwrap();
        is_whole(&pool);
    });
}

#[test]
fn a_wait_that_times_out_leaves_the_pool_whole() {
    check(Search::Exhausts(9), || async {
        let pool = of(1, Numbers::default());
        let (give_back, wanted) = oneshot::channel::<()>();
        let held = pool.get().await.unwrap();
        let holder = tokio::spawn(async move {
            wanted.await.unwrap();
            drop(held);
        });
        let limit = Timeouts { wait: Some(Duration::from_millis(10)), ..Timeouts::default() };
        assert!(matches!(pool.timeout_get(&limit).await, Err(PoolError::Timeout(TimeoutType::Wait))));
        give_back.send(()).unwrap();
        holder.await.unwrap();
        is_whole(&pool);
        drop(pool.get().await.unwrap());
    });
}

#[test]
fn timeouts_at_every_stage_leave_the_pool_whole() {
    check(Search::Exhausts(150), || async {
        let pool = of(1, Numbers::default());
        let limit = Some(Duration::from_millis(10));
        let limits = Timeouts { wait: limit, create: limit, recycle: limit };
        let tries = |pool: Pool<Numbers>| async move {
            let object = pool.timeout_get(&limits).await;
            yield_now().await;
            drop(object);
        };
        let other = tokio::spawn(tries(pool.clone()));
        tries(pool.clone()).await;
        other.await.unwrap();
        is_whole(&pool);
        drop(pool.get().await.unwrap());
        is_whole(&pool);
    });
}

#[test]
fn who_waits_learns_that_the_pool_is_closed() {
    check(Search::Exhausts(3), || async {
        let pool = of(1, Numbers::default());
        let held = pool.get().await.unwrap();
        let other = tokio::spawn({
            let pool = pool.clone();
            async move { pool.get().await.map(drop) }
        });
        yield_now().await;
        pool.close();
        drop(held);
        assert!(matches!(other.await.unwrap(), Err(PoolError::Closed)));
        assert_eq!(pool.status().size, 0);
    });
}

#[test]
fn a_pool_that_grows_lets_in_who_waits() {
    check(Search::Exhausts(3), || async {
        let pool = of(1, Numbers::default());
        let held = pool.get().await.unwrap();
        let waits = |pool: Pool<Numbers>| async move { drop(pool.get().await.unwrap()) };
        let others = [tokio::spawn(waits(pool.clone())), tokio::spawn(waits(pool.clone()))];
        yield_now().await;
        pool.resize(2);
        for other in others {
            other.await.unwrap();
        }
        drop(held);
        is_whole(&pool);
    });
}
