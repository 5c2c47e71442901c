//! The macros of tokio, and what they stand in, by the new name in each mode.

// As if the dependency had this name: some of the macros write it.
extern crate lockyard_tokio as tokio;

use std::time::Duration;

use tokio::sync::{Mutex, Notify, mpsc, oneshot};

#[tokio::test]
async fn tests_and_joins_are_tokios() {
    let mutex = Mutex::new(1);
    let (one, other) = tokio::join!(async { *mutex.lock().await }, async { *mutex.lock().await });
    assert_eq!(one + other, 2);
    let tried = tokio::try_join!(async { Ok::<_, ()>(1) }, async { Err::<u8, _>(()) });
    assert_eq!(tried, Err(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_of_several_threads_are_woken() {
    let (sender, receiver) = oneshot::channel();
    let task = tokio::spawn(receiver);
    sender.send(5).unwrap();
    assert_eq!(task.await.unwrap(), Ok(5));
}

#[tokio::test(start_paused = true)]
async fn waits_are_selected_and_time_out() {
    let (sender, mut receiver) = mpsc::channel(1);
    let notify = Notify::new();
    let notified = notify.notified();
    tokio::pin!(notified);
    sender.send(1).await.unwrap();
    let first = tokio::select! {
        () = &mut notified => 0,
        message = receiver.recv() => message.unwrap(),
    };
    notify.notify_one();
    let second = tokio::select! {
        biased;
        message = receiver.recv() => message.unwrap(),
        () = &mut notified => 2,
    };
    assert_eq!((first, second), (1, 2));
    let late = tokio::time::timeout(Duration::from_mins(1), receiver.recv()).await;
    assert!(late.is_err());
}
