//! What `explore` finds in plain tokio code.

#![cfg(feature = "explore")]

use std::sync::Arc;
use std::time::Duration;

use lockyard_tokio as tokio;
use tokio::lockyard::{Exploration, Explore, FailureKind, Proof, explore};
use tokio::sync::{Mutex, Notify, Semaphore, mpsc, oneshot};
use tokio::time::{sleep, timeout};

fn explored<F: Future<Output = ()> + 'static>(main: impl Fn() -> F) -> Exploration {
    Explore::new().report(main)
}

fn exhausts<F: Future<Output = ()> + 'static>(main: impl Fn() -> F) -> u64 {
    let exploration = explored(main);
    assert_eq!(exploration.failure(), None);
    assert!(matches!(exploration.proof(), Proof::Exhaustive { .. }), "{}", exploration.proof());
    exploration.schedules()
}

async fn two_locks(same_order: bool) {
    let pair = Arc::new((Mutex::named("orders", 0), Mutex::named("stock", 0)));
    let its = pair.clone();
    let task = tokio::spawn(async move {
        let _orders = its.0.lock().await;
        let _stock = its.1.lock().await;
    });
    let (first, second) = if same_order { (&pair.0, &pair.1) } else { (&pair.1, &pair.0) };
    let held = first.lock().await;
    let also = second.lock().await;
    drop((held, also));
    task.await.unwrap();
}

#[test]
fn a_deadlock_is_drawn_with_the_places_of_the_user() {
    let exploration = explored(|| two_locks(false));
    assert_eq!(exploration.kind(), Some(FailureKind::Deadlock));
    let drawn = exploration.failure().unwrap();
    for words in ["orders #", "stock #", "tests/explored.rs:", "LOCKYARD_REPLAY=", "cargo test", "Page: "] {
        assert!(drawn.contains(words), "{words}: {drawn}");
    }
    assert!(exhausts(|| two_locks(true)) > 5);
}

/// One task takes both: no schedule hangs, and another program may.
#[test]
fn locks_taken_in_both_orders_are_told_where_no_schedule_hangs() {
    let exploration = explored(|| async {
        let (a, b) = (Mutex::named("a", 0), Mutex::named("b", 0));
        drop((a.lock().await, b.lock().await));
        drop((b.lock().await, a.lock().await));
    });
    assert_eq!(exploration.failure(), None);
    let told = exploration.inversions();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("a #") && told[0].contains("tests/explored.rs:"), "{told:?}");
}

#[test]
fn a_message_is_lost_by_select() {
    let lossy = |keeps: bool| {
        move || async move {
            let (sender, mut receiver) = mpsc::channel(1);
            let stop = Arc::new(Notify::new());
            let stops = stop.clone();
            let task = tokio::spawn(async move {
                sender.send(1).await.unwrap();
                stops.notify_one();
            });
            let mut got = 0;
            let mut next = Box::pin(async {
                let message = receiver.recv().await.unwrap();
                tokio::task::yield_now().await;
                message
            });
            tokio::select! {
                message = &mut next => got += message,
                () = stop.notified() => if keeps { got += next.await },
            }
            task.await.unwrap();
            assert_eq!(got, 1, "a message is lost");
        }
    };
    let exploration = explored(lossy(false));
    assert_eq!(exploration.kind(), Some(FailureKind::Panic), "{:?}", exploration.failure());
    exhausts(lossy(true));
}

#[test]
fn a_timeout_that_comes_before_the_answer() {
    let ask = |early| {
        Explore::new().early_timers(early).report(|| async {
            let (answer, answered) = oneshot::channel();
            tokio::spawn(async move { answer.send(7).unwrap() });
            assert_eq!(timeout(Duration::from_millis(10), answered).await.unwrap().unwrap(), 7);
        })
    };
    assert_eq!(ask(0).kind(), None, "{:?}", ask(0).failure());
    assert_eq!(ask(1).kind(), Some(FailureKind::Panic));
}

#[test]
fn time_is_the_runs_own() {
    exhausts(|| async {
        let start = tokio::time::Instant::now();
        sleep(Duration::from_hours(1)).await;
        assert_eq!(start.elapsed(), Duration::from_hours(1));
    });
}

#[test]
fn tasks_are_joined_aborted_and_counted() {
    exhausts(|| async {
        let never = tokio::spawn(std::future::pending::<()>());
        never.abort();
        assert!(never.await.unwrap_err().is_cancelled());
        let mut set = tokio::task::JoinSet::new();
        set.spawn(async { 1 });
        set.spawn_blocking(|| 2);
        let mut sum = 0;
        while let Some(part) = set.join_next().await {
            sum += part.unwrap();
        }
        assert_eq!((sum, set.len()), (3, 0));
    });
}

#[test]
fn a_permit_is_published_before_its_counter() {
    let exploration = explored(|| async {
        let (free, taken) = (Arc::new(Semaphore::new(0)), Arc::new(Mutex::new(0)));
        let (its_free, its_taken) = (free.clone(), taken.clone());
        let task = tokio::spawn(async move {
            its_free.add_permits(1);
            *its_taken.lock().await += 1;
        });
        free.acquire().await.unwrap().forget();
        assert_eq!(*taken.lock().await, 1);
        task.await.unwrap();
    });
    assert_eq!(exploration.kind(), Some(FailureKind::Panic));
}

#[test]
fn a_wait_that_is_not_seen_is_said_with_its_task() {
    let exploration = explored(|| async {
        let (sender, receiver) = tokio::real::sync::oneshot::channel::<()>();
        tokio::spawn(async move { receiver.await.unwrap() });
        tokio::task::yield_now().await;
        sender.send(()).unwrap_or_default();
    });
    let words = exploration.proof().to_string();
    assert!(words.starts_with("unsound: task 1 `") && words.contains("tests/explored.rs:"), "{words}");
    let exploration = explored(|| async {
        let (sender, receiver) = tokio::real::sync::oneshot::channel::<()>();
        let sends = async {
            tokio::task::yield_now().await;
            sender.send(()).unwrap();
        };
        let ((), received) = tokio::join!(sends, receiver);
        received.unwrap();
    });
    let words = exploration.proof().to_string();
    assert!(words.starts_with("unsound: task 0 `main`"), "{words}");
}

#[test]
#[should_panic(expected = "call `explore` in a plain `#[test]`")]
fn inside_a_runtime_it_is_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { explore(|| async {}) });
}

#[tokio::test]
async fn beside_it_there_are_ordinary_tests() {
    let lock = Mutex::new(1);
    assert_eq!(*lock.lock().await, 1);
}
