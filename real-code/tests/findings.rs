//! What the explorer finds in these crates: schedules that surprise. Each stands in `docs/REAL_CODE.md` with its replay.
#![cfg(feature = "explore")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use bb8::ManageConnection;
use deadpool::managed::{Manager, Metrics, Pool, RecycleResult};
use tokio::lockyard::{Explore, FailureKind};
use tokio::task::yield_now;

/// Some schedule fails with these words. Timers are never early here: that one fires before its time is no surprise.
#[track_caller]
fn finds<F: Future<Output = ()> + 'static>(words: &str, program: impl Fn() -> F) {
    let explore = Explore::new().early_timers(0);
    if std::env::var_os("LOCKYARD_REPLAY").is_some_and(|schedule| !schedule.is_empty()) {
        return explore.check(program);
    }
    let came = explore.report(program);
    let drawn = came.failure().expect("a schedule that fails");
    assert_eq!(came.kind(), Some(FailureKind::Panic), "{drawn}");
    assert!(drawn.contains(words), "{drawn}");
    let name = std::thread::current().name().unwrap_or("?").to_owned();
    println!("\nREAL-CODE\t{name}\t{}\t1\t{words}\n{drawn}", came.schedules());
}

struct Numbers;

impl Manager for Numbers {
    type Type = ();
    type Error = Infallible;

    async fn create(&self) -> Result<(), Infallible> {
        Ok(())
    }

    async fn recycle(&self, (): &mut (), _: &Metrics) -> RecycleResult<Infallible> {
        Ok(())
    }
}

async fn uses(pool: Pool<Numbers>, used: Arc<AtomicUsize>) {
    let object = pool.get().await.unwrap();
    let (now, most) = (used.fetch_add(1, Relaxed) + 1, pool.status().max_size);
    assert!(now <= most, "{now} objects are in use, and max_size is {most}");
    yield_now().await;
    used.fetch_sub(1, Relaxed);
    drop(object);
}

#[test]
fn deadpool_shrunk_and_grown_while_all_is_out_gives_too_many() {
    finds("3 objects are in use, and max_size is 2", || async {
        let pool = Pool::builder(Numbers).max_size(2).build().unwrap();
        let used = Arc::new(AtomicUsize::new(0));
        let others: Vec<_> = (0..3).map(|_| tokio::spawn(uses(pool.clone(), used.clone()))).collect();
        yield_now().await;
        pool.resize(1);
        pool.resize(2);
        for other in others {
            other.await.unwrap();
        }
    });
}

#[test]
fn deadpool_shrunk_before_all_is_made_gives_too_many() {
    finds("2 objects are in use, and max_size is 1", || async {
        let pool = Pool::builder(Numbers).max_size(2).build().unwrap();
        pool.resize(1);
        let used = Arc::new(AtomicUsize::new(0));
        let other = tokio::spawn(uses(pool.clone(), used.clone()));
        uses(pool, used).await;
        other.await.unwrap();
    });
}

/// Refuses the first attempt only.
#[derive(Default)]
struct RefusesOnce(AtomicU32);

impl ManageConnection for RefusesOnce {
    type Connection = ();
    type Error = &'static str;

    async fn connect(&self) -> Result<(), &'static str> {
        if self.0.fetch_add(1, Relaxed) == 0 { Err("refused") } else { Ok(()) }
    }

    async fn is_valid(&self, (): &mut ()) -> Result<(), &'static str> {
        Ok(())
    }

    fn has_broken(&self, (): &mut ()) -> bool {
        false
    }
}

/// Two ask at once for the only connection, which is refused once. Whether each has got it.
async fn two_ask() -> [bool; 2] {
    let pool = bb8::Pool::builder()
        .max_size(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .retry_connection(false)
        .connection_timeout(Duration::from_secs(30))
        .build_unchecked(RefusesOnce::default());
    let asks = |pool: bb8::Pool<RefusesOnce>| async move { pool.get().await.is_ok() };
    let other = tokio::spawn(asks(pool.clone()));
    [asks(pool.clone()).await, other.await.unwrap()]
}

#[test]
fn bb8_without_retries_has_both_wait_out_their_time_after_one_refusal() {
    finds("neither has a connection, and none is refused any more", || async {
        assert!(two_ask().await != [false, false], "neither has a connection, and none is refused any more");
    });
}

/// The same, in another order: what the one who comes later asks for serves both.
#[test]
fn bb8_without_retries_serves_both_if_one_comes_after_the_refusal() {
    finds("both have a connection", || async {
        assert!(two_ask().await != [true, true], "both have a connection");
    });
}
