//! What is found of locks that block, together with tokio's own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lockyard_tokio as tokio;
use tokio::lockyard::{Kind, deny_findings, sync_std};
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::{LocalSet, yield_now};

/// What a test with this body would fail with, on a runtime of its own.
fn failure(body: impl Future<Output = ()>) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        LocalSet::new().block_on(&runtime, async {
            let _guard = deny_findings();
            body.await;
        });
    }));
    let panic = outcome.err()?;
    Some(*panic.downcast::<String>().expect("a message"))
}

#[test]
fn a_guard_that_is_held_across_an_await() {
    let message = failure(async {
        let counts = sync_std::Mutex::named("counts", 0);
        let mut held = counts.lock().unwrap();
        yield_now().await;
        *held += 1;
    })
    .expect("a failure");
    assert!(
        message.contains("held std mutex `counts` #") && message.contains("across an await"),
        "{message}"
    );
    assert!(message.contains("tests/blocking_locks/findings.rs:"), "{message}");
    let message = failure(async {
        let counts = sync_std::RwLock::new(0);
        let held = counts.read().unwrap();
        tokio::time::sleep(std::time::Duration::from_nanos(1)).await;
        assert_eq!(*held, 0);
    })
    .expect("a failure");
    assert!(message.contains("held std rwlock crates/lockyard-tokio/tests/blocking_locks/"), "{message}");
}

#[test]
fn a_guard_that_is_dropped_before_an_await_is_silent() {
    let failure = failure(async {
        let counts = sync_std::Arc::new(sync_std::Mutex::new(0));
        let lock = sync_std::RwLock::new(0);
        let its = counts.clone();
        let task = tokio::spawn(async move { *its.lock().unwrap() += 1 });
        *counts.lock().unwrap() += 1;
        drop(lock.write().unwrap());
        yield_now().await;
        task.await.unwrap();
        assert_eq!(*counts.try_lock().unwrap() + *lock.read().unwrap(), 2);
    });
    assert_eq!(failure, None);
}

/// Two tasks that take a lock that blocks and one of tokio's.
async fn both(inverted: bool) {
    let (blocking, of_tokio) = (
        sync_std::Arc::new(sync_std::Mutex::named("counts", 0)),
        sync_std::Arc::new(AsyncMutex::named("log", 0)),
    );
    let (its_blocking, its_of_tokio) = (blocking.clone(), of_tokio.clone());
    let one = tokio::spawn(async move {
        let _log = its_of_tokio.lock().await;
        *its_blocking.lock().unwrap() += 1;
    });
    let other = tokio::task::spawn_blocking(move || {
        if inverted {
            let _counts = blocking.lock().unwrap();
            *of_tokio.blocking_lock() += 1;
        } else {
            let _log = of_tokio.blocking_lock();
            *blocking.lock().unwrap() += 1;
        }
    });
    one.await.unwrap();
    other.await.unwrap();
}

#[test]
fn orders_with_locks_of_tokio() {
    let message = failure(both(true)).expect("a failure");
    assert!(message.contains("order inversion"), "{message}");
    assert!(message.contains("std mutex `counts` #") && message.contains("mutex `log` #"), "{message}");
    assert_eq!(failure(both(false)), None);
}

#[test]
fn who_locks_twice_panics_rather_than_hang() {
    let message = failure(async {
        let counts = sync_std::Mutex::named("counts", 0);
        let _first = counts.lock().unwrap();
        let _second = counts.lock();
    })
    .expect("a failure");
    assert!(message.contains("waits for std mutex `counts` #"), "{message}");
}

#[test]
fn who_blocks_the_thread_that_is_to_resume_the_holder_panics_rather_than_hang() {
    let message = failure(async {
        let counts = std::rc::Rc::new(sync_std::Mutex::named("counts", 0));
        let its = counts.clone();
        tokio::task::spawn_local(async move {
            let _held = its.lock().unwrap();
            tokio::time::sleep(std::time::Duration::from_mins(1)).await;
        });
        yield_now().await;
        drop(counts.lock());
    })
    .expect("a failure");
    assert!(message.contains("waits for std mutex `counts` #"), "{message}");
}

#[test]
fn waits_that_block_are_seen() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    runtime.block_on(async {
        let guard = deny_findings().allow_suspected();
        let counts = sync_std::Arc::new(sync_std::Mutex::named("counts", 0));
        let held = counts.lock().unwrap();
        let its = counts.clone();
        let waits = tokio::task::spawn_blocking(move || *its.lock().unwrap());
        loop {
            let dump = guard.tracker().dump().to_string();
            if dump.contains("waits for std mutex `counts` #") {
                break;
            }
            std::thread::yield_now();
        }
        drop(held);
        assert_eq!(waits.await.unwrap(), 0);
    });
}

#[test]
fn a_recursive_read() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let guard = deny_findings();
        let map = sync_std::RwLock::named("map", 0);
        let first = map.read().unwrap();
        assert_eq!(*first + *map.read().unwrap(), 0);
        drop(first);
        let found = guard.tracker().findings();
        std::mem::forget(guard);
        assert_eq!(found.iter().map(|it| it.kind).collect::<Vec<_>>(), [Kind::RecursiveRead]);
    });
}

#[cfg(feature = "parking_lot_locks")]
#[test]
fn the_same_of_parking_lot() {
    use tokio::lockyard::sync_parking_lot::{Mutex, RwLock};
    let message = failure(async {
        let counts = Mutex::named("counts", 0);
        let mut held = counts.lock();
        yield_now().await;
        *held += 1;
    })
    .expect("a failure");
    assert!(message.contains("held parking_lot mutex `counts` #"), "{message}");
    let orders = |inverted: bool| async move {
        let (map, log) = (RwLock::named("map", 0), Mutex::named("log", 0));
        drop((map.write(), log.lock()));
        if inverted { drop((log.lock(), map.read())) } else { drop((map.read(), log.lock())) }
    };
    let message = failure(orders(true)).expect("a failure");
    assert!(message.contains("parking_lot rwlock `map` #"), "{message}");
    assert_eq!(failure(orders(false)), None);
}
