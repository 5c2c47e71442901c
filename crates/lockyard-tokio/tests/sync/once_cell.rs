//! A value that is made once.

use std::future::{pending, ready};

use tokio::sync::{OnceCell, SetError, oneshot};

use crate::{now, polled, run};

static IN_A_STATIC: OnceCell<u32> = OnceCell::const_new();
static WITH_A_VALUE: OnceCell<u32> = OnceCell::const_new_with(7);

#[test]
fn a_value_is_made_once() {
    let cell = OnceCell::new();
    assert!(!cell.initialized() && cell.get().is_none());
    assert_eq!(*now(cell.get_or_init(|| ready(1))), 1);
    assert_eq!(*now(cell.get_or_init(|| -> std::future::Ready<u32> { unreachable!("it is there") })), 1);
    assert!(cell.initialized());
    assert_eq!(*now(IN_A_STATIC.get_or_init(|| async { 2 })), 2);
    assert_eq!(WITH_A_VALUE.get(), Some(&7));
}

#[test]
fn others_wait_for_the_one_who_makes_it() {
    let cell = OnceCell::new();
    let (sender, receiver) = oneshot::channel();
    let mut makes = polled(cell.get_or_init(|| async { receiver.await.unwrap() }));
    makes.pending();
    let mut waits = polled(cell.get_or_init(|| async { 2 }));
    waits.pending();
    assert!(matches!(cell.set(3), Err(SetError::InitializingError(3))));
    sender.send(1).unwrap();
    assert_eq!((makes.wakes(), waits.wakes()), (1, 0));
    assert_eq!(makes.ready(), &1);
    assert_eq!((waits.wakes(), waits.ready()), (1, &1));
}

#[test]
fn one_who_is_cancelled_leaves_it_to_the_next() {
    let cell = OnceCell::new();
    let mut makes = polled(cell.get_or_init(pending));
    makes.pending();
    let mut waits = polled(cell.get_or_init(|| async { 2 }));
    waits.pending();
    drop(makes);
    assert_eq!((waits.wakes(), waits.ready()), (1, &2));
}

#[test]
fn one_who_fails_leaves_it_to_the_next() {
    let cell = OnceCell::new();
    let (sender, receiver) = oneshot::channel();
    let mut makes = polled(cell.get_or_try_init(|| receiver));
    makes.pending();
    let mut waits = polled(cell.get_or_try_init(|| async { Err::<u32, _>("no") }));
    waits.pending();
    drop(sender);
    assert!(makes.ready().is_err());
    assert_eq!(waits.ready(), Err("no"));
    assert_eq!(now(cell.get_or_try_init(|| async { Ok::<_, &str>(3) })), Ok(&3));
}

#[test]
fn what_makes_it_is_polled_by_its_own_wake_ups_alone() {
    run(async {
        let cell = OnceCell::new();
        let made = cell.get_or_init(|| async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            5
        });
        assert_eq!(*made.await, 5);
    });
    let cell = OnceCell::new();
    let mut makes = polled(cell.get_or_init(pending::<u32>));
    makes.pending();
    assert_eq!(makes.wakes(), 0);
}

#[test]
fn values_go_in_and_out() {
    let mut cell = OnceCell::from(1);
    assert!(matches!(cell.set(2), Err(SetError::AlreadyInitializedError(2))));
    *cell.get_mut().unwrap() += 1;
    assert_eq!(cell, OnceCell::new_with(Some(2)));
    assert_eq!(cell.clone().into_inner(), Some(2));
    assert_eq!((cell.take(), cell.take()), (Some(2), None));
    cell.set(3).unwrap();
    assert_ne!(cell, OnceCell::default());
}
