//! What `track` finds in plain tokio code, and in which words.

#![cfg(feature = "track")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use lockyard_tokio as tokio;
use tokio::lockyard::{Certainty, Finding, Kind, deny_findings};
use tokio::sync::{Mutex, Notify, RwLock, Semaphore, mpsc, oneshot};

/// What a test with this body would fail with, on a runtime of its own.
fn failure(body: impl Future<Output = ()>) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let _guard = deny_findings();
            body.await;
        });
    }));
    let panic = outcome.err()?;
    Some(*panic.downcast::<String>().expect("a message"))
}

/// What is found while this runs to its end.
fn found(body: impl Future<Output = ()>) -> Vec<Finding> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let guard = deny_findings();
        body.await;
        let found = guard.tracker().findings();
        // It says so itself, and here it is asked what.
        std::mem::forget(guard);
        found
    })
}

async fn yields() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn locks_taken_in_both_orders_fail_a_test_in_which_nothing_hangs() {
    let message = failure(async {
        let (orders, stock) = (Arc::new(Mutex::named("orders", 0)), Arc::new(Mutex::named("stock", 0)));
        let its = (orders.clone(), stock.clone());
        let seller = tokio::spawn(async move { drop((its.0.lock().await, its.1.lock().await)) });
        let auditor = tokio::spawn(async move { drop((stock.lock().await, orders.lock().await)) });
        seller.await.unwrap();
        auditor.await.unwrap();
    })
    .expect("a failure");
    assert!(
        message.starts_with("certain: order inversion: locks are taken in orders that can deadlock"),
        "{message}"
    );
    assert!(message.contains("mutex `orders` #") && message.contains("tests/findings.rs:"), "{message}");
}

#[test]
fn a_deadlock_fails_the_test_rather_than_hang_it() {
    let message = failure(async {
        let (orders, stock) = (Arc::new(Mutex::named("orders", 0)), Arc::new(Mutex::named("stock", 0)));
        let its = (orders.clone(), stock.clone());
        let one = tokio::spawn(async move {
            let _orders = its.0.lock().await;
            tokio::task::yield_now().await;
            let _stock = its.1.lock().await;
        });
        let other = tokio::spawn(async move {
            let _stock = stock.lock().await;
            tokio::task::yield_now().await;
            let _orders = orders.lock().await;
        });
        one.await.unwrap();
        other.await.unwrap();
    })
    .expect("a failure");
    assert!(message.contains("deadlock: task `"), "{message}");
}

#[test]
fn a_join_under_a_lock_that_the_task_needs() {
    let message = failure(async {
        let state = Arc::new(Mutex::named("state", 0));
        let its = state.clone();
        let held = state.lock().await;
        let worker = tokio::spawn(async move { *its.lock().await += 1 });
        worker.await.unwrap();
        drop(held);
    })
    .expect("a failure");
    assert!(message.starts_with("deadlock: task `main "), "{message}");
    assert!(message.contains("holds mutex `state` #"), "{message}");
    assert!(message.contains("the end of task `crates/lockyard-tokio/tests/findings.rs:"), "{message}");
}

#[test]
fn two_full_channels_towards_each_other() {
    let message = failure(async {
        let (to_one, mut one) = mpsc::channel_named("to one", 1);
        let (to_other, mut other) = mpsc::channel_named("to other", 1);
        let serve = |to: mpsc::Sender<u32>, mut from: mpsc::Receiver<u32>| async move {
            to.send(0).await.unwrap();
            from.recv().await;
            for _ in 0..2 {
                to.send(0).await.unwrap();
            }
            from.recv().await;
        };
        let first = tokio::spawn(async move {
            serve(to_other, std::mem::replace(&mut one, mpsc::channel(1).1)).await;
        });
        let second = tokio::spawn(async move {
            serve(to_one, std::mem::replace(&mut other, mpsc::channel(1).1)).await;
        });
        first.await.unwrap();
        second.await.unwrap();
    })
    .expect("a failure");
    assert!(
        message.contains("to one") && message.contains("to other") && message.contains("deadlock"),
        "{message}"
    );
}

#[test]
fn permits_that_each_have_one_of() {
    let message = failure(async {
        let slots = Arc::new(Semaphore::named("slots", 2));
        let tasks: Vec<_> = (0..2)
            .map(|_| {
                let slots = slots.clone();
                tokio::spawn(async move {
                    let _one = slots.acquire().await.unwrap();
                    tokio::task::yield_now().await;
                    let _another = slots.acquire().await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    })
    .expect("a failure");
    assert!(message.contains("holds semaphore `slots` #"), "{message}");
}

#[test]
fn a_recursive_read_on_a_quiet_run() {
    let found = found(async {
        let map = RwLock::named("map", 0);
        let first = map.read().await;
        let again = map.read().await;
        assert_eq!(*first + *again, 0);
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].certainty), (Kind::RecursiveRead, Certainty::Certain));
}

#[test]
fn branches_of_join_are_not_one_sequence() {
    let found = found(async {
        let (a, b) = (Mutex::new(0), Mutex::new(0));
        let hold = async || {
            let _held = a.lock().await;
            yields().await;
        };
        let other = async || {
            let _held = b.lock().await;
            yields().await;
        };
        tokio::join!(hold(), other());
        tokio::join!(other(), hold());
        tokio::select! {
            () = hold() => {}
            () = other(), if true => {},
        }
    });
    assert!(found.is_empty(), "{found:?}");
}

/// The branches of `select!` have names, and the one in which the first future was polled has ended by the time that the
/// lock is handed to it.
#[test]
fn a_future_that_is_left_in_the_queue_by_select() {
    let message = failure(async {
        let state = Arc::new(Mutex::named("state", 0));
        let (its, (begun, has_begun), (go, gone)) = (state.clone(), oneshot::channel(), oneshot::channel());
        let task = tokio::spawn(async move {
            let _state = its.lock().await;
            begun.send(()).unwrap();
            gone.await.unwrap();
        });
        has_begun.await.unwrap();
        let mut first = Box::pin(state.lock());
        tokio::select! {
            biased;
            _state = &mut first => {}
            () = tokio::task::yield_now() => {
                go.send(()).unwrap();
                *state.lock().await += 1;
            }
        }
        task.await.unwrap();
    })
    .expect("a failure");
    assert!(
        message.starts_with("futurelock: task `main ") && message.contains("mutex `state` #"),
        "{message}"
    );
}

#[test]
fn a_send_that_is_left_in_the_queue_by_select() {
    let message = failure(async {
        let (sender, mut inbox) = mpsc::channel_named("reports", 1);
        let (go, gone) = oneshot::channel::<()>();
        sender.send("begun").await.unwrap();
        let reader = tokio::spawn(async move {
            gone.await.unwrap();
            while inbox.recv().await.is_some() {}
        });
        let mut result = Box::pin(sender.send("result"));
        tokio::select! {
            biased;
            sent = &mut result => sent.unwrap(),
            () = tokio::task::yield_now() => {
                go.send(()).unwrap();
                sender.send("progress").await.unwrap();
            }
        }
        drop(result);
        drop(sender);
        reader.await.unwrap();
    })
    .expect("a failure");
    assert!(message.starts_with("futurelock: ") && message.contains("`reports` #"), "{message}");
}

#[test]
fn a_cell_that_is_made_by_one_who_waits_for_the_one_who_asks() {
    let message = failure(async {
        let service = Arc::new((Mutex::named("settings", 1), tokio::sync::OnceCell::const_named("client")));
        let its = service.clone();
        let request = tokio::spawn(async move { *its.1.get_or_init(|| async { *its.0.lock().await }).await });
        let settings = service.0.lock().await;
        tokio::task::yield_now().await;
        assert_eq!(*settings, *service.1.get_or_init(|| async { 1 }).await);
        request.await.unwrap();
    })
    .expect("a failure");
    assert!(message.starts_with("deadlock: ") && message.contains("once cell `client` #"), "{message}");
}

/// Cloning is a use: the original is with the one who has cloned it.
#[test]
fn a_sender_that_is_kept_by_the_one_who_waits_for_the_receiver() {
    let message = failure(async {
        let (jobs, mut inbox) = mpsc::channel_named("jobs", 1);
        let worker = tokio::spawn(async move { while inbox.recv().await.is_some() {} });
        let its = jobs.clone();
        tokio::spawn(async move { its.send(1).await.unwrap() }).await.unwrap();
        worker.await.unwrap();
        drop(jobs);
    })
    .expect("a failure");
    assert!(message.contains("deadlock: ") && message.contains("`jobs` #"), "{message}");
}

#[test]
fn a_test_that_hangs_though_nothing_waits_in_a_cycle() {
    let permits = failure(async {
        let slots = Semaphore::named("slots", 0);
        let _slot = slots.acquire().await;
    });
    let permits = permits.expect("a failure");
    assert!(
        permits.starts_with("stuck: task `main ") && permits.contains("semaphore `slots` #"),
        "{permits}"
    );
    let notification = failure(async {
        let bell = Arc::new(Notify::named("bell"));
        let its = bell.clone();
        bell.notify_waiters();
        tokio::spawn(async move { its.notified().await }).await.unwrap();
    });
    let notification = notification.expect("a failure");
    assert!(notification.contains("the end of task `") && notification.contains("notify `bell` #"));
}

/// The thread is not known, and neither is who has the sender: so it is no hang, however long it takes.
#[test]
fn a_thread_that_answers_later_than_anything_may_stand() {
    let failure = failure(async {
        let (answer, answered) = oneshot::channel();
        std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(2_500));
            answer.send(7).unwrap();
        });
        assert_eq!(answered.await.unwrap(), 7);
    });
    assert_eq!(failure, None);
}

#[test]
fn waits_for_events_are_counted() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let guard = deny_findings();
        let notify = Arc::new(Notify::new());
        let its = notify.clone();
        let task = tokio::spawn(async move { its.notified().await });
        tokio::task::yield_now().await;
        assert_eq!((guard.tracker().event_waits(), guard.tracker().acquisitions()), (1, 0));
        notify.notify_one();
        task.await.unwrap();
    });
}

/// A server's idle loop, a oneshot answer, a notification, a permit that goes with its task.
#[test]
fn what_is_right_is_silent() {
    let failure = failure(async {
        let limit = Arc::new(Semaphore::new(1));
        let (requests, mut inbox) = mpsc::channel::<oneshot::Sender<u32>>(4);
        let stop = Arc::new(Notify::new());
        let stopped = stop.clone();
        let server = tokio::spawn(async move {
            loop {
                tokio::select! {
                    request = inbox.recv() => {
                        let Some(answer) = request else { break };
                        let permit = limit.clone().acquire_owned().await.unwrap();
                        tokio::spawn(async move {
                            tokio::task::yield_now().await;
                            answer.send(7).unwrap();
                            drop(permit);
                        });
                    }
                    () = stopped.notified() => break,
                }
            }
        });
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let requests = requests.clone();
            set.spawn(async move {
                let (answer, answered) = oneshot::channel();
                requests.send(answer).await.unwrap();
                answered.await.unwrap()
            });
        }
        while let Some(answer) = set.join_next().await {
            assert_eq!(answer.unwrap(), 7);
        }
        stop.notify_one();
        server.await.unwrap();
    });
    assert_eq!(failure, None);
}
