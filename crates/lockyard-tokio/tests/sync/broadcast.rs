//! A channel whose receivers each get every message.

use std::thread;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::{now, polled};

#[test]
fn each_receiver_gets_each_message() {
    let (sender, mut first) = broadcast::channel(4);
    let mut second = sender.subscribe();
    assert_eq!(sender.receiver_count(), 2);
    let mut waits = polled(first.recv());
    waits.pending();
    assert_eq!(sender.send(1).unwrap(), 2);
    assert_eq!((waits.wakes(), waits.ready()), (1, Ok(1)));
    drop(waits);
    sender.send(2).unwrap();
    let mut third = second.resubscribe();
    assert_eq!((first.len(), second.len(), third.len(), sender.len()), (1, 2, 0, 2));
    assert!(third.is_empty() && !sender.is_empty() && third.same_channel(&first));
    assert_eq!((second.try_recv(), now(second.recv())), (Ok(1), Ok(2)));
    assert_eq!(third.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn who_is_too_far_behind_is_told_how_much_it_lost() {
    let (sender, mut receiver) = broadcast::channel(2);
    for number in 0..5 {
        sender.send(number).unwrap();
    }
    assert_eq!(now(receiver.recv()), Err(RecvError::Lagged(3)));
    assert_eq!(now(receiver.recv()), Ok(3));
    for number in 5..8 {
        sender.send(number).unwrap();
    }
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Lagged(2)));
    assert_eq!(receiver.try_recv(), Ok(6));
}

#[test]
fn a_receive_that_is_cancelled_loses_nothing() {
    let (sender, mut receiver) = broadcast::channel(2);
    let mut waits = polled(receiver.recv());
    waits.pending();
    sender.send(1).unwrap();
    drop(waits);
    assert_eq!(now(receiver.recv()), Ok(1));
}

#[test]
fn both_sides_notice_when_the_other_goes() {
    let (sender, receiver) = broadcast::channel::<u8>(1);
    let mut closed = polled(sender.closed());
    closed.pending();
    drop(receiver);
    assert_eq!(closed.wakes(), 1);
    closed.ready();
    drop(closed);
    assert!(sender.send(1).is_err());

    let sender = broadcast::Sender::new(1);
    let mut receiver = sender.subscribe();
    sender.send(2).unwrap();
    let weak = sender.downgrade();
    let (other, twin) = (sender.clone(), weak.clone());
    assert!(other.same_channel(&sender) && weak.upgrade().unwrap().same_channel(&sender));
    assert_eq!((sender.strong_count(), sender.weak_count()), (2, 2));
    assert_eq!((twin.strong_count(), twin.weak_count()), (2, 2));
    assert_eq!((receiver.sender_strong_count(), receiver.sender_weak_count()), (2, 2));
    drop((sender, other));
    assert!(receiver.is_closed() && weak.upgrade().is_none());
    assert_eq!(now(receiver.recv()), Ok(2));
    assert_eq!(now(receiver.recv()), Err(RecvError::Closed));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn threads_block_for_it() {
    let (sender, mut receiver) = broadcast::channel(1);
    let waits = thread::spawn(move || receiver.blocking_recv());
    sender.send(1).unwrap();
    assert_eq!(waits.join().unwrap(), Ok(1));
}
