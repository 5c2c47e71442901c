//! Channels from many senders to one receiver.

use std::future::poll_fn;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, SendTimeoutError, TryRecvError, TrySendError};

use crate::{now, polled, run};

#[test]
fn messages_come_in_order_and_then_the_end() {
    let (sender, mut receiver) = mpsc::channel(2);
    let other = sender.clone();
    now(sender.send(1)).unwrap();
    now(other.send(2)).unwrap();
    assert_eq!((receiver.len(), receiver.is_empty(), sender.capacity()), (2, false, 0));
    assert_eq!((receiver.capacity(), receiver.max_capacity(), sender.max_capacity()), (0, 2, 2));
    drop(sender);
    drop(other);
    assert_eq!(now(receiver.recv()), Some(1));
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(now(receiver.recv()), None);
    assert!(receiver.is_closed());
}

#[test]
fn senders_wait_for_room_in_order() {
    let (sender, mut receiver) = mpsc::channel(1);
    now(sender.send(1)).unwrap();
    let (mut second, mut third) = (polled(sender.send(2)), polled(sender.send(3)));
    second.pending();
    third.pending();
    assert_eq!(now(receiver.recv()), Some(1));
    assert_eq!((second.wakes(), third.wakes()), (1, 0));
    assert!(matches!(sender.try_send(4), Err(TrySendError::Full(4))), "the room is assigned");
    second.ready().unwrap();
    third.pending();
    assert_eq!(now(receiver.recv()), Some(2));
    third.ready().unwrap();
    assert_eq!(now(receiver.recv()), Some(3));
}

#[test]
fn a_send_that_is_cancelled_leaves_the_queue() {
    let (sender, mut receiver) = mpsc::channel(1);
    sender.try_send(1).unwrap();
    let (mut second, mut third) = (polled(sender.send(2)), polled(sender.send(3)));
    second.pending();
    third.pending();
    drop(second);
    assert_eq!(now(receiver.recv()), Some(1));
    third.ready().unwrap();
    assert_eq!(now(receiver.recv()), Some(3));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn a_receive_that_is_cancelled_loses_nothing() {
    let (sender, mut receiver) = mpsc::channel(1);
    let mut waits = polled(receiver.recv());
    waits.pending();
    now(sender.send(1)).unwrap();
    assert_eq!(waits.wakes(), 1);
    drop(waits);
    assert_eq!(now(receiver.recv()), Some(1));
}

#[test]
fn many_are_received_at_once() {
    let (sender, mut receiver) = mpsc::channel(4);
    for number in 0..3 {
        now(sender.send(number)).unwrap();
    }
    let mut buffer = vec![9];
    assert_eq!(now(receiver.recv_many(&mut buffer, 2)), 2);
    assert_eq!(buffer, [9, 0, 1]);
    assert_eq!(now(receiver.recv_many(&mut buffer, 0)), 0);
    assert_eq!(now(poll_fn(|cx| receiver.poll_recv_many(cx, &mut buffer, 5))), 1);
    drop(sender);
    assert_eq!(now(receiver.recv_many(&mut buffer, 5)), 0);
}

#[test]
fn it_is_polled_by_hand() {
    let (sender, mut receiver) = mpsc::channel(1);
    let mut waits = polled(poll_fn(|cx| receiver.poll_recv(cx)));
    waits.pending();
    now(sender.send(1)).unwrap();
    assert_eq!((waits.wakes(), waits.ready()), (1, Some(1)));
    waits.pending();
    drop(sender);
    assert_eq!((waits.wakes(), waits.ready()), (2, None));
}

#[test]
fn a_closed_receiver_takes_what_is_there() {
    let (sender, mut receiver) = mpsc::channel(2);
    let mut closed = polled(sender.closed());
    closed.pending();
    now(sender.send(1)).unwrap();
    receiver.close();
    assert_eq!(closed.wakes(), 1);
    closed.ready();
    assert!(sender.is_closed());
    assert_eq!(now(sender.send(2)), Err(SendError(2)));
    assert!(matches!(sender.try_send(2), Err(TrySendError::Closed(2))));
    assert_eq!(now(receiver.recv()), Some(1));
    assert_eq!(now(receiver.recv()), None);
}

#[test]
fn a_receiver_that_goes_wakes_who_waits_for_room() {
    let (sender, receiver) = mpsc::channel(1);
    now(sender.send(1)).unwrap();
    let mut waits = polled(sender.send(2));
    waits.pending();
    drop(receiver);
    assert_eq!((waits.wakes(), waits.ready()), (1, Err(SendError(2))));
}

#[test]
fn weak_senders_keep_nothing_open() {
    let (sender, mut receiver) = mpsc::channel(1);
    let weak = sender.downgrade();
    let other = weak.clone();
    assert_eq!((weak.strong_count(), weak.weak_count(), sender.weak_count()), (1, 2, 2));
    let upgraded = weak.upgrade().unwrap();
    assert!(upgraded.same_channel(&sender));
    assert_eq!((receiver.sender_strong_count(), receiver.sender_weak_count()), (2, 2));
    assert_eq!(sender.strong_count(), 2);
    now(upgraded.send(1)).unwrap();
    drop((sender, upgraded));
    assert!(other.upgrade().is_none());
    assert_eq!(now(receiver.recv()), Some(1));
    assert_eq!(now(receiver.recv()), None);
}

#[test]
fn a_timeout_gives_the_message_back() {
    run(async {
        tokio::time::pause();
        let (sender, mut receiver) = mpsc::channel(1);
        sender.send_timeout(1, Duration::from_secs(1)).await.unwrap();
        let late = sender.send_timeout(2, Duration::from_secs(1)).await;
        assert_eq!(late, Err(SendTimeoutError::Timeout(2)));
        assert_eq!(receiver.recv().await, Some(1));
        drop(receiver);
        let closed = sender.send_timeout(3, Duration::from_secs(1)).await;
        assert_eq!(closed, Err(SendTimeoutError::Closed(3)));
    });
}

#[test]
fn threads_block_for_it() {
    let (sender, mut receiver) = mpsc::channel(1);
    let sending = thread::spawn(move || {
        for number in 0..4 {
            sender.blocking_send(number).unwrap();
        }
    });
    assert_eq!(receiver.blocking_recv(), Some(0));
    let mut buffer = Vec::new();
    while receiver.blocking_recv_many(&mut buffer, 3) > 0 {}
    sending.join().unwrap();
    assert_eq!(buffer, [1, 2, 3]);
    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    assert_eq!(sender.blocking_send(1), Err(SendError(1)));
}

#[test]
fn a_channel_without_a_bound_takes_all() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut waits = polled(receiver.recv());
    waits.pending();
    sender.send(1).unwrap();
    assert_eq!((waits.wakes(), waits.ready()), (1, Some(1)));
    drop(waits);
    let other = sender.clone();
    assert!(other.same_channel(&sender));
    for number in 2..7 {
        other.send(number).unwrap();
    }
    assert_eq!((receiver.len(), receiver.is_empty()), (5, false));
    let mut buffer = Vec::new();
    assert_eq!(now(receiver.recv_many(&mut buffer, 2)), 2);
    assert_eq!(now(poll_fn(|cx| receiver.poll_recv(cx))), Some(4));
    assert_eq!(now(poll_fn(|cx| receiver.poll_recv_many(cx, &mut buffer, 1))), 1);
    assert_eq!(buffer, [2, 3, 5]);
    assert_eq!(receiver.blocking_recv(), Some(6));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    let weak = sender.downgrade();
    assert_eq!((weak.strong_count(), weak.clone().weak_count(), sender.strong_count()), (2, 2, 2));
    assert_eq!(
        (receiver.sender_strong_count(), receiver.sender_weak_count(), sender.weak_count()),
        (2, 1, 1)
    );
    weak.upgrade().unwrap().send(7).unwrap();
    let mut closed = polled(sender.closed());
    closed.pending();
    receiver.close();
    closed.ready();
    drop(closed);
    assert!(sender.is_closed() && other.send(8) == Err(SendError(8)));
    assert_eq!(receiver.blocking_recv_many(&mut buffer, 9), 1);
    drop((sender, other));
    assert!(weak.upgrade().is_none() && receiver.is_closed());
    assert_eq!(now(receiver.recv()), None);
}
