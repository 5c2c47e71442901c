//! A semaphore.

use std::sync::Arc;
use std::thread;

use tokio::sync::{Semaphore, TryAcquireError};

use crate::{now, polled};

static IN_A_STATIC: Semaphore = Semaphore::const_new(1);

#[test]
fn permits_are_granted_in_the_order_of_requests() {
    let semaphore = Semaphore::new(2);
    let one = now(semaphore.acquire()).unwrap();
    let (mut two, mut last) = (polled(semaphore.acquire_many(2)), polled(semaphore.acquire()));
    two.pending();
    // There is a permit, and it is kept for the one before.
    last.pending();
    drop(one);
    assert_eq!((two.wakes(), last.wakes()), (1, 0));
    drop(two.ready().unwrap());
    drop(last.ready().unwrap());
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn whoever_is_cancelled_gives_its_part_back() {
    let semaphore = Semaphore::new(2);
    let one = now(semaphore.acquire()).unwrap();
    let mut two = polled(semaphore.acquire_many(2));
    two.pending();
    assert_eq!(semaphore.available_permits(), 0, "a part is assigned");
    drop(two);
    assert_eq!(semaphore.available_permits(), 1);
    drop(one);
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn permits_are_split_merged_and_forgotten() {
    let semaphore = Semaphore::new(5);
    let mut three = semaphore.try_acquire_many(3).unwrap();
    assert!(three.split(4).is_none());
    let two = three.split(2).unwrap();
    assert_eq!((three.num_permits(), two.num_permits(), semaphore.available_permits()), (1, 2, 2));
    drop(three);
    let mut one = semaphore.try_acquire().unwrap();
    one.merge(two);
    assert_eq!(one.num_permits(), 3);
    assert!(std::ptr::eq(one.semaphore(), &raw const semaphore));
    one.forget();
    assert_eq!(semaphore.available_permits(), 2);
    semaphore.add_permits(1);
    assert_eq!((semaphore.forget_permits(5), semaphore.available_permits()), (3, 0));
    assert!(matches!(semaphore.try_acquire(), Err(TryAcquireError::NoPermits)));
}

#[test]
fn owned_permits_are_split_merged_and_forgotten() {
    let semaphore = Arc::new(Semaphore::new(5));
    let mut three = semaphore.clone().try_acquire_many_owned(3).unwrap();
    assert!(three.split(4).is_none());
    let two = three.split(2).unwrap();
    assert_eq!((three.num_permits(), two.num_permits(), semaphore.available_permits()), (1, 2, 2));
    drop(three);
    let mut one = now(semaphore.clone().acquire_owned()).unwrap();
    one.merge(two);
    assert_eq!((one.num_permits(), semaphore.available_permits()), (3, 2));
    assert!(Arc::ptr_eq(one.semaphore(), &semaphore));
    let one = thread::spawn(move || one).join().unwrap();
    one.forget();
    assert_eq!((semaphore.available_permits(), Arc::strong_count(&semaphore)), (2, 1));
    drop(now(semaphore.clone().acquire_many_owned(2)).unwrap());
    drop(semaphore.clone().try_acquire_owned().unwrap());
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn permits_of_two_semaphores_are_not_merged() {
    let (one, other) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(1)));
    let merged = thread::spawn({
        let (one, other) = (one.clone(), other.clone());
        move || one.try_acquire_owned().unwrap().merge(other.try_acquire_owned().unwrap())
    });
    assert!(merged.join().is_err());
    let merged = thread::spawn({
        let (one, other) = (one.clone(), other.clone());
        move || one.try_acquire().unwrap().merge(other.try_acquire().unwrap())
    });
    assert!(merged.join().is_err());
    assert_eq!((one.available_permits(), other.available_permits()), (1, 1));
}

#[test]
fn an_owned_permit_outlives_the_name_of_its_semaphore() {
    let semaphore = Arc::new(Semaphore::new(1));
    let weak = Arc::downgrade(&semaphore);
    let permit = now(semaphore.acquire_owned()).unwrap();
    assert_eq!(weak.upgrade().unwrap().available_permits(), 0);
    drop(permit);
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_permit_given_back_wakes_the_next() {
    let semaphore = Arc::new(Semaphore::new(1));
    let permit = now(semaphore.clone().acquire_owned()).unwrap();
    let mut next = polled(semaphore.clone().acquire_owned());
    next.pending();
    drop(permit);
    assert_eq!(next.wakes(), 1);
    assert_eq!(next.ready().unwrap().num_permits(), 1);
}

#[test]
fn a_closed_semaphore_gives_errors() {
    let semaphore = Arc::new(Semaphore::new(1));
    let permit = now(semaphore.clone().acquire_owned()).unwrap();
    let (mut one, mut other) = (polled(semaphore.acquire()), polled(semaphore.clone().acquire_owned()));
    one.pending();
    other.pending();
    semaphore.close();
    assert!(semaphore.is_closed());
    assert!(one.ready().is_err() && other.ready().is_err());
    drop(permit);
    assert!(matches!(semaphore.try_acquire(), Err(TryAcquireError::Closed)));
    assert!(semaphore.blocking_acquire().is_err());
}

#[test]
fn threads_block_for_it() {
    let semaphore = Arc::new(Semaphore::new(2));
    let permits = semaphore.clone().blocking_acquire_many_owned(2).unwrap();
    let other = thread::spawn({
        let semaphore = semaphore.clone();
        move || semaphore.blocking_acquire_owned().unwrap().num_permits()
    });
    drop(permits);
    assert_eq!(other.join().unwrap(), 1);
    assert_eq!(semaphore.blocking_acquire_many(2).unwrap().num_permits(), 2);
    assert_eq!(IN_A_STATIC.blocking_acquire().unwrap().num_permits(), 1);
    assert_eq!(Semaphore::MAX_PERMITS, tokio::real::sync::Semaphore::MAX_PERMITS);
}

#[cfg(target_pointer_width = "64")]
#[test]
fn more_permits_are_merged_than_are_asked_for_at_once() {
    let all = 6_000_000_000;
    let semaphore = Arc::new(Semaphore::new(all));
    let mut half = semaphore.clone().try_acquire_many_owned(3_000_000_000).unwrap();
    half.merge(semaphore.clone().try_acquire_many_owned(3_000_000_000).unwrap());
    assert_eq!((half.num_permits(), semaphore.available_permits()), (all, 0));
    assert_eq!(half.split(5_000_000_000).unwrap().num_permits(), 5_000_000_000);
    drop(half);
    assert_eq!(semaphore.available_permits(), all);
}
