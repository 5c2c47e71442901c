//! Room in a channel that is kept for messages yet to be sent.

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, TrySendError};

use crate::{now, polled};

#[test]
fn room_is_kept_until_it_is_used_or_given_back() {
    let (sender, mut receiver) = mpsc::channel(1);
    let permit = now(sender.reserve()).unwrap();
    assert_eq!(sender.capacity(), 0);
    let mut waits = polled(sender.reserve());
    waits.pending();
    drop(permit);
    assert_eq!(waits.wakes(), 1);
    waits.ready().unwrap().send(1);
    assert!(matches!(sender.try_reserve(), Err(TrySendError::Full(()))));
    assert_eq!(now(receiver.recv()), Some(1));
    sender.try_reserve().unwrap().send(2);
    assert_eq!(now(receiver.recv()), Some(2));
    drop(receiver);
    assert!(matches!(now(sender.reserve()), Err(SendError(()))));
    assert!(matches!(sender.try_reserve(), Err(TrySendError::Closed(()))));
}

#[test]
fn a_reservation_that_is_cancelled_leaves_the_queue() {
    let (sender, mut receiver) = mpsc::channel(1);
    sender.try_send(1).unwrap();
    let (mut first, mut second) = (polled(sender.reserve()), polled(sender.reserve()));
    first.pending();
    second.pending();
    drop(first);
    assert_eq!(now(receiver.recv()), Some(1));
    second.ready().unwrap().send(2);
    assert_eq!(now(receiver.recv()), Some(2));
}

#[test]
fn room_is_kept_for_several() {
    let (sender, mut receiver) = mpsc::channel(3);
    let mut permits = now(sender.reserve_many(2)).unwrap();
    assert_eq!((permits.len(), sender.capacity()), (2, 1));
    permits.next().unwrap().send(1);
    assert_eq!(permits.size_hint(), (1, Some(1)));
    drop(permits);
    assert_eq!(sender.capacity(), 2);
    assert!(sender.try_reserve_many(3).is_err());
    for (number, permit) in (2..).zip(sender.try_reserve_many(2).unwrap()) {
        permit.send(number);
    }
    let mut waits = polled(sender.reserve_many(2));
    waits.pending();
    assert_eq!(now(receiver.recv()), Some(1));
    waits.pending();
    assert_eq!(now(receiver.recv()), Some(2));
    assert_eq!(waits.ready().unwrap().len(), 2);
    drop(waits);
    assert!(now(sender.reserve_many(4)).is_err(), "there is never as much room");
}

#[test]
fn an_owned_permit_has_its_sender() {
    let (sender, mut receiver) = mpsc::channel(1);
    let permit = now(sender.clone().reserve_owned()).unwrap();
    assert!(permit.same_channel_as_sender(&sender) && permit.same_channel(&permit));
    let Err(TrySendError::Full(other)) = sender.clone().try_reserve_owned() else {
        panic!("there is no room")
    };
    let back = permit.send(1);
    assert!(back.same_channel(&sender));
    assert_eq!(now(receiver.recv()), Some(1));
    let back = back.try_reserve_owned().unwrap().release();
    assert_eq!(back.capacity(), 1);
    drop((sender, back));
    let permit = now(other.reserve_owned()).unwrap();
    let mut waits = polled(receiver.recv());
    waits.pending();
    // The last sender was in it.
    drop(permit);
    assert_eq!(waits.ready(), None);
}

#[test]
fn an_owned_reservation_that_is_cancelled_drops_its_sender() {
    let (sender, mut receiver) = mpsc::channel::<u8>(1);
    sender.try_send(1).unwrap();
    let mut waits = polled(sender.reserve_owned());
    waits.pending();
    drop(waits);
    assert_eq!(now(receiver.recv()), Some(1));
    assert_eq!(now(receiver.recv()), None);
}

#[test]
fn a_closed_channel_keeps_its_promise_of_room() {
    let (sender, mut receiver) = mpsc::channel(1);
    let permit = now(sender.reserve()).unwrap();
    receiver.close();
    let mut waits = polled(receiver.recv());
    waits.pending();
    permit.send(1);
    assert_eq!(waits.ready(), Some(1));
    drop(waits);
    drop(receiver);
    let Err(TrySendError::Closed(sender)) = sender.try_reserve_owned() else { panic!("it is closed") };
    assert!(now(sender.reserve_owned()).is_err());
}
