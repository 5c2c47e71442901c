//! Handles of tasks: awaiting, aborting, and what is left of a task.

use std::future::pending;

use crate::{Dropped, current_thread, each, forever};
use tokio::sync::oneshot;
use tokio::task::{self, JoinHandle};

#[test]
fn a_task_is_awaited() {
    for runtime in each() {
        let output = runtime.block_on(async { task::spawn(async { 5 }).await.unwrap() });
        assert_eq!(output, 5);
    }
}

#[test]
fn an_aborted_task_is_dropped_and_says_so() {
    for runtime in each() {
        runtime.block_on(async {
            let (dropped, gone) = Dropped::new();
            let handle = task::spawn(forever(dropped));
            assert!(!handle.is_finished());
            handle.abort();
            let error = handle.await.unwrap_err();
            assert!(error.is_cancelled() && !error.is_panic(), "{error}");
            gone.await.unwrap();
        });
    }
}

#[test]
fn a_task_is_aborted_by_a_handle_that_cannot_await_it() {
    for runtime in each() {
        runtime.block_on(async {
            let handle = task::spawn(pending::<()>());
            let abort = handle.abort_handle();
            let other = abort.clone();
            assert_eq!((abort.id(), other.id()), (handle.id(), handle.id()));
            assert!(!other.is_finished());
            abort.abort();
            assert!(handle.await.unwrap_err().is_cancelled());
            assert!(other.is_finished());
            assert_eq!(format!("{other:?}"), format!("AbortHandle {{ id: {:?} }}", abort.id()));
        });
    }
}

#[test]
fn aborting_what_is_over_changes_nothing() {
    for runtime in each() {
        runtime.block_on(async {
            let (done, is_done) = oneshot::channel();
            let handle = task::spawn(async move {
                done.send(()).unwrap();
                7
            });
            is_done.await.unwrap();
            // It has sent, and ends as soon as its thread goes on.
            while !handle.is_finished() {
                task::yield_now().await;
            }
            handle.abort();
            assert_eq!(handle.await.unwrap(), 7);
        });
    }
}

#[test]
fn a_panic_is_the_error_of_its_task() {
    for runtime in each() {
        runtime.block_on(async {
            let handle = task::spawn(async { panic!("that") });
            let id = handle.id();
            let error = handle.await.unwrap_err();
            assert!(error.is_panic());
            assert_eq!(error.id(), id);
            assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"that"));
        });
    }
}

#[test]
fn a_task_whose_handle_is_dropped_goes_on() {
    for runtime in each() {
        runtime.block_on(async {
            let (sender, receiver) = oneshot::channel();
            drop(task::spawn(async move { sender.send(3).unwrap() }));
            assert_eq!(receiver.await, Ok(3));
        });
    }
}

#[test]
fn a_handle_knows_the_id_that_the_task_knows() {
    for runtime in each() {
        runtime.block_on(async {
            let handle: JoinHandle<task::Id> = task::spawn(async { task::id() });
            let id = handle.id();
            assert_eq!(format!("{handle:?}"), format!("JoinHandle {{ id: {id:?} }}"));
            assert_eq!(handle.await.unwrap(), id);
        });
    }
}

#[test]
fn what_blocks_runs_elsewhere() {
    for runtime in each() {
        runtime.block_on(async {
            let here = std::thread::current().id();
            let (sender, receiver) = oneshot::channel::<u8>();
            let handle =
                task::spawn_blocking(move || (receiver.blocking_recv(), std::thread::current().id()));
            sender.send(1).unwrap();
            let (received, there) = handle.await.unwrap();
            assert_eq!(received, Ok(1));
            assert_ne!(here, there);
            let error = task::spawn_blocking(|| panic!("that")).await.unwrap_err();
            assert!(error.is_panic());
        });
    }
}

#[test]
fn others_go_first_when_a_task_yields() {
    current_thread().block_on(async {
        let (sender, mut receiver) = oneshot::channel();
        task::spawn(async move { sender.send(()).unwrap() });
        assert!(receiver.try_recv().is_err());
        task::yield_now().await;
        assert!(receiver.try_recv().is_ok());
    });
}
