//! Notifications.

use std::pin::pin;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::futures::{Notified, OwnedNotified};

use crate::{Polled, now, polled};

static IN_A_STATIC: Notify = Notify::const_new();

#[test]
fn one_notification_is_kept_and_no_more() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_one();
    now(notify.notified());
    polled(notify.notified()).pending();
    IN_A_STATIC.notify_one();
    now(IN_A_STATIC.notified());
}

#[test]
fn the_first_or_the_last_is_woken() {
    let notify = Notify::default();
    let mut waiting = [polled(notify.notified()), polled(notify.notified()), polled(notify.notified())];
    waiting.iter_mut().for_each(|it| it.pending());
    notify.notify_one();
    assert_eq!(waiting.each_ref().map(Polled::wakes), [1, 0, 0]);
    notify.notify_last();
    assert_eq!(waiting.each_ref().map(Polled::wakes), [1, 0, 1]);
    let [mut first, mut second, mut third] = waiting;
    first.ready();
    third.ready();
    second.pending();
}

#[test]
fn a_notification_of_one_who_is_cancelled_is_passed_on() {
    let notify = Arc::new(Notify::new());
    let (mut first, mut second) = (polled(notify.notified()), polled(notify.clone().notified_owned()));
    first.pending();
    second.pending();
    notify.notify_one();
    drop(first);
    assert_eq!(second.wakes(), 1);
    drop(second);
    now(notify.notified());
}

#[test]
fn all_are_woken_who_wait_or_are_about_to() {
    let notify = Arc::new(Notify::new());
    let mut waits = polled(notify.notified());
    waits.pending();
    let (mut made, mut owned) = (polled(notify.notified()), polled(notify.clone().notified_owned()));
    notify.notify_waiters();
    assert_eq!(waits.wakes(), 1);
    waits.ready();
    made.ready();
    owned.ready();
    polled(notify.notified()).pending();
}

#[test]
fn one_that_is_enabled_is_in_the_queue() {
    let notify = Arc::new(Notify::new());
    let one: Notified<'_> = notify.notified();
    let mut one = pin!(one);
    assert!(!one.as_mut().enable());
    notify.notify_one();
    polled(notify.notified()).pending();
    assert!(one.as_mut().enable());
    now(one);

    let other: OwnedNotified = notify.clone().notified_owned();
    let mut other = pin!(other);
    assert!(!other.as_mut().enable());
    notify.notify_one();
    now(other);
}

#[test]
fn an_owned_wait_outlives_the_name_of_its_notify() {
    let notify = Arc::new(Notify::new());
    let weak = Arc::downgrade(&notify);
    let mut waits = polled(notify.notified_owned());
    waits.pending();
    weak.upgrade().unwrap().notify_one();
    waits.ready();
    drop(waits);
    assert!(weak.upgrade().is_none());
}
