//! Tasks that stay on one thread.

use std::cell::RefCell;
use std::rc::Rc;

use crate::{current_thread, each};
use tokio::sync::oneshot;
use tokio::task::{LocalSet, spawn_local, yield_now};

#[test]
fn tasks_of_a_set_share_what_cannot_be_sent() {
    for runtime in each() {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let set = LocalSet::new();
        let its = seen.clone();
        let first = set.spawn_local(async move { its.borrow_mut().push(1) });
        let output = set.block_on(&runtime, async {
            first.await.unwrap();
            let its = seen.clone();
            spawn_local(async move { its.borrow_mut().push(2) }).await.unwrap();
            seen.borrow().len()
        });
        assert_eq!((output, seen.borrow().as_slice()), (2, &[1, 2][..]));
    }
}

#[test]
fn a_future_runs_beside_the_tasks_of_a_set() {
    for runtime in each() {
        runtime.block_on(async {
            let set = LocalSet::default();
            let output = set
                .run_until(async {
                    let (sender, receiver) = oneshot::channel();
                    let task = spawn_local(async move { receiver.await.unwrap() });
                    yield_now().await;
                    sender.send(Rc::new(8)).ok().unwrap();
                    *task.await.unwrap()
                })
                .await;
            assert_eq!(output, 8);
        });
    }
}

#[test]
fn a_set_that_is_awaited_ends_with_its_tasks() {
    let runtime = current_thread();
    let seen = Rc::new(RefCell::new(0));
    let set = LocalSet::new();
    {
        let _entered = set.enter();
        let its = seen.clone();
        spawn_local(async move {
            yield_now().await;
            *its.borrow_mut() += 1;
            spawn_local(async move { *its.borrow_mut() += 1 });
        });
    }
    runtime.block_on(set);
    assert_eq!(*seen.borrow(), 2);
}

#[test]
fn a_set_that_is_dropped_drops_its_tasks() {
    let seen = Rc::new(());
    let set = LocalSet::new();
    let its = seen.clone();
    let task = set.spawn_local(async move {
        std::future::pending::<()>().await;
        drop(its);
    });
    let id = task.id();
    drop(set);
    assert_eq!(Rc::strong_count(&seen), 1);
    let error = current_thread().block_on(task).unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(error.id(), id);
}
