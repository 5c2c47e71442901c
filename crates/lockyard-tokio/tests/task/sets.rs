//! Sets of tasks, by each of their methods.

use std::collections::BTreeSet;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Dropped, current_thread, each, forever};
use tokio::sync::oneshot;
use tokio::task::{self, JoinSet, LocalSet};

#[test]
fn ends_are_joined_in_their_order() {
    for runtime in each() {
        runtime.block_on(async {
            let mut set = JoinSet::new();
            assert!(set.is_empty() && set.join_next().await.is_none());
            let mut starts = Vec::new();
            for nth in 0..3 {
                let (start, started) = oneshot::channel::<()>();
                set.spawn(async move {
                    started.await.unwrap();
                    nth
                });
                starts.push(start);
            }
            assert_eq!(set.len(), 3);
            assert_eq!(format!("{set:?}"), "JoinSet { len: 3 }");
            for nth in [2, 0, 1] {
                let start = std::mem::replace(&mut starts[nth], oneshot::channel().0);
                start.send(()).unwrap();
                assert_eq!(set.join_next().await.unwrap().unwrap(), nth);
            }
            assert!(set.try_join_next().is_none() && set.is_empty());
        });
    }
}

#[test]
fn ends_are_joined_with_ids() {
    for runtime in each() {
        runtime.block_on(async {
            let mut set = JoinSet::new();
            let fine = set.spawn(async { 1 }).id();
            assert_eq!(set.join_next_with_id().await.unwrap().unwrap(), (fine, 1));
            let aborted = set.spawn(pending());
            aborted.abort();
            let error = set.join_next_with_id().await.unwrap().unwrap_err();
            assert_eq!(error.id(), aborted.id());
            assert!(error.is_cancelled());
        });
    }
}

#[test]
fn ends_are_looked_for_without_waiting() {
    for runtime in each() {
        runtime.block_on(async {
            let mut set = JoinSet::new();
            let (start, started) = oneshot::channel::<()>();
            let abort = set.spawn(async move { started.await.unwrap() });
            assert!(set.try_join_next().is_none() && set.try_join_next_with_id().is_none());
            start.send(()).unwrap();
            while !abort.is_finished() {
                task::yield_now().await;
            }
            let joined = loop {
                // In tokio, too, a moment may pass from the end of a task to when its set hears of it.
                match set.try_join_next_with_id() {
                    Some(joined) => break joined,
                    None => task::yield_now().await,
                }
            };
            assert_eq!(joined.unwrap().0, abort.id());
            assert!(set.is_empty());
        });
    }
}

#[test]
fn ends_are_polled_for() {
    for runtime in each() {
        runtime.block_on(async {
            let mut set = JoinSet::new();
            set.spawn(async {
                task::yield_now().await;
                2
            });
            assert_eq!(poll_fn(|context| set.poll_join_next(context)).await.unwrap().unwrap(), 2);
            let id = set.spawn(async { 3 }).id();
            assert_eq!(
                poll_fn(|context| set.poll_join_next_with_id(context)).await.unwrap().unwrap(),
                (id, 3)
            );
            assert!(poll_fn(|context| set.poll_join_next(context)).await.is_none());
        });
    }
}

#[test]
fn a_wait_that_is_given_up_takes_no_task() {
    current_thread().block_on(async {
        let mut set = JoinSet::new();
        let (start, started) = oneshot::channel::<()>();
        set.spawn(async move { started.await.unwrap() });
        tokio::select! {
            biased;
            _ = set.join_next() => unreachable!("it has not started"),
            () = async {} => {}
        }
        start.send(()).unwrap();
        assert!(set.join_next().await.unwrap().is_ok());
    });
}

#[test]
fn a_set_that_is_shut_down_or_dropped_aborts_its_tasks() {
    for runtime in each() {
        runtime.block_on(async {
            let mut set = JoinSet::new();
            let (dropped, mut gone) = Dropped::new();
            set.spawn(forever(dropped));
            drop(set.shutdown());
            assert_eq!(
                (set.len(), gone.try_recv().is_ok()),
                (1, false),
                "nothing is shut down before it is polled"
            );
            set.shutdown().await;
            assert!(set.is_empty());
            assert!(gone.try_recv().is_ok(), "it waits for their ends");

            let (dropped, gone) = Dropped::new();
            set.spawn(forever(dropped));
            drop(set);
            gone.await.unwrap();
        });
    }
}

#[test]
fn aborted_tasks_stay_until_they_are_joined() {
    for runtime in each() {
        runtime.block_on(async {
            let mut set: JoinSet<()> = (0..2).map(|_| pending()).collect();
            set.abort_all();
            assert_eq!(set.len(), 2);
            while let Some(next) = set.join_next().await {
                assert!(next.unwrap_err().is_cancelled());
            }
        });
    }
}

#[test]
fn detached_tasks_go_on() {
    for runtime in each() {
        runtime.block_on(async {
            let mut set = JoinSet::default();
            let (start, started) = oneshot::channel::<()>();
            let (done, is_done) = oneshot::channel::<()>();
            set.spawn(async move {
                started.await.unwrap();
                done.send(()).unwrap();
            });
            set.detach_all();
            assert!(set.is_empty() && set.join_next().await.is_none());
            drop(set);
            start.send(()).unwrap();
            is_done.await.unwrap();
        });
    }
}

#[test]
fn all_are_joined() {
    for runtime in each() {
        runtime.block_on(async {
            let mut set: JoinSet<_> = (0..3).map(|nth| async move { nth }).collect();
            set.extend((3..5).map(|nth| async move { nth }));
            let outputs: BTreeSet<_> = set.join_all().await.into_iter().collect();
            assert_eq!(outputs, (0..5).collect());
        });
        let panics = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let mut set = JoinSet::new();
                set.spawn(async { panic!("that") });
                set.join_all().await
            })
        }));
        assert_eq!(panics.unwrap_err().downcast_ref::<&str>(), Some(&"that"));
        let panics = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let mut set = JoinSet::new();
                set.spawn(pending::<()>()).abort();
                set.join_all().await
            })
        }));
        let message = panics.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains("was cancelled"), "{message}");
    }
}

#[test]
fn tasks_are_spawned_wherever_it_is_said() {
    let [here, there] = each();
    let mut set = JoinSet::new();
    set.spawn_on(async { 1 }, there.handle());
    set.spawn_blocking_on(|| 2, there.handle());
    let local = LocalSet::new();
    set.spawn_local_on(async { 3 }, &local);
    let outputs = local.block_on(&here, async move {
        set.spawn(async { 4 });
        set.spawn_blocking(|| 5);
        set.spawn_local(async { 6 });
        set.join_all().await
    });
    let outputs: BTreeSet<_> = outputs.into_iter().collect();
    assert_eq!(outputs, (1..=6).collect());
}
