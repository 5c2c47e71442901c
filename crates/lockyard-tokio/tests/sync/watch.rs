//! A value that is watched.

use tokio::sync::watch;

use crate::{now, polled};

#[test]
fn a_change_is_seen_once() {
    let (sender, mut receiver) = watch::channel(0);
    assert!(!receiver.has_changed().unwrap());
    let mut waits = polled(receiver.changed());
    waits.pending();
    sender.send(1).unwrap();
    assert_eq!(waits.wakes(), 1);
    waits.ready().unwrap();
    drop(waits);
    assert_eq!(*receiver.borrow(), 1);
    polled(receiver.changed()).pending();
    sender.send(2).unwrap();
    assert!(receiver.borrow().has_changed());
    assert!(receiver.borrow_and_update().has_changed());
    assert!(!receiver.borrow().has_changed());
    polled(receiver.changed()).pending();
    receiver.mark_changed();
    now(receiver.changed()).unwrap();
    sender.send(3).unwrap();
    receiver.mark_unchanged();
    polled(receiver.changed()).pending();
}

#[test]
fn a_wait_that_is_cancelled_misses_nothing() {
    let (sender, mut receiver) = watch::channel(0);
    let mut waits = polled(receiver.changed());
    waits.pending();
    sender.send(1).unwrap();
    drop(waits);
    now(receiver.changed()).unwrap();
}

#[test]
fn a_value_is_waited_for() {
    let (sender, mut receiver) = watch::channel(0);
    let mut waits = polled(receiver.wait_for(|value| *value > 1));
    waits.pending();
    sender.send(1).unwrap();
    waits.pending();
    sender.send(2).unwrap();
    assert_eq!(*waits.ready().unwrap(), 2);
    drop(waits);
    assert!(!now(receiver.wait_for(|value| *value == 2)).unwrap().has_changed());
    drop(sender);
    assert!(now(receiver.wait_for(|value| *value == 3)).is_err());
}

#[test]
fn values_are_changed_in_place() {
    let sender = watch::Sender::new(vec![1]);
    assert!(sender.is_closed());
    assert!(sender.send(vec![2]).is_err());
    let mut receiver = sender.subscribe();
    sender.send_modify(|value| value.push(2));
    assert!(receiver.has_changed().unwrap());
    receiver.mark_unchanged();
    assert!(!sender.send_if_modified(|_| false) && !receiver.has_changed().unwrap());
    assert!(sender.send_if_modified(|value| value.pop().is_some()) && receiver.has_changed().unwrap());
    assert_eq!(sender.send_replace(vec![3]), [1]);
    assert_eq!((&*sender.borrow(), &*receiver.borrow_and_update()), (&vec![3], &vec![3]));
    assert_eq!(*watch::Sender::<u8>::default().borrow(), 0);
}

#[test]
fn both_sides_notice_when_the_other_goes() {
    let (sender, mut receiver) = watch::channel(0);
    let other = sender.clone();
    assert!(other.same_channel(&sender));
    assert_eq!((sender.sender_count(), sender.receiver_count()), (2, 1));
    let twin = receiver.clone();
    assert!(twin.same_channel(&receiver));
    let mut closed = polled(sender.closed());
    closed.pending();
    drop(twin);
    closed.pending();
    drop(closed);
    drop((sender, other));
    assert!(receiver.is_closed() && receiver.has_changed().is_err());
    assert!(now(receiver.changed()).is_err());

    let (sender, receiver) = watch::channel(0);
    let mut closed = polled(sender.closed());
    closed.pending();
    drop(receiver);
    assert_eq!(closed.wakes(), 1);
    closed.ready();
}
