//! A channel for one message.

use std::future::poll_fn;
use std::thread;

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::{now, polled};

#[test]
fn a_message_comes_once() {
    let (sender, mut receiver) = oneshot::channel();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    let mut waits = polled(&mut receiver);
    waits.pending();
    sender.send(1).unwrap();
    assert_eq!(waits.wakes(), 1);
    drop(waits);
    assert!(!receiver.is_empty() && !receiver.is_terminated());
    assert_eq!(now(&mut receiver), Ok(1));
    assert!(receiver.is_empty() && receiver.is_terminated());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn a_sender_that_goes_ends_the_wait() {
    let (sender, receiver) = oneshot::channel::<u8>();
    let mut waits = polled(receiver);
    waits.pending();
    drop(sender);
    assert_eq!(waits.wakes(), 1);
    assert!(waits.ready().is_err());
}

#[test]
fn a_receiver_that_goes_or_closes_is_noticed() {
    let (mut sender, receiver) = oneshot::channel();
    let mut waits = polled(sender.closed());
    waits.pending();
    drop(receiver);
    assert_eq!(waits.wakes(), 1);
    waits.ready();
    drop(waits);
    assert!(sender.is_closed());
    assert_eq!(sender.send(1), Err(1));

    let (mut sender, mut receiver) = oneshot::channel::<u8>();
    let mut waits = polled(poll_fn(|cx| sender.poll_closed(cx)));
    waits.pending();
    receiver.close();
    waits.ready();
    assert!(now(receiver).is_err());
}

#[test]
fn a_closed_receiver_takes_what_is_there() {
    let (sender, mut receiver) = oneshot::channel();
    sender.send(1).unwrap();
    receiver.close();
    assert_eq!(receiver.try_recv(), Ok(1));
}

#[test]
fn threads_block_for_it() {
    let (sender, receiver) = oneshot::channel();
    let waits = thread::spawn(move || receiver.blocking_recv());
    sender.send(1).unwrap();
    assert_eq!(waits.join().unwrap(), Ok(1));
}
