//! What there is besides tokio's interface with the features `track` and `explore`: names, and ways back to tokio's types.
#![cfg(any(feature = "track", feature = "explore"))]

use futures_util::{SinkExt, StreamExt};
use lockyard_tokio as tokio;
use tokio::real;
use tokio::sync::{
    Barrier, Mutex, Notify, OnceCell, RwLock, Semaphore, SetOnce, broadcast, mpsc, oneshot, watch,
};
use tokio_stream::wrappers::{BroadcastStream, ReceiverStream, UnboundedReceiverStream, WatchStream};
use tokio_util::sync::PollSender;

static MUTEX: Mutex<u8> = Mutex::const_named("mutex", 1);
static LOCK: RwLock<u8> = RwLock::const_named("lock", 2);
static SEMAPHORE: Semaphore = Semaphore::const_named("semaphore", 3);
static NOTIFY: Notify = Notify::const_named("notify");
static CELL: OnceCell<u8> = OnceCell::const_named("cell");
static ONCE: SetOnce<u8> = SetOnce::const_named("once");

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn things_with_names_are_like_others() {
    NOTIFY.notify_one();
    Notify::named("notify").notify_one();
    ONCE.set(6).unwrap();
    run(async {
        NOTIFY.notified().await;
        let of_statics =
            (*MUTEX.lock().await, *LOCK.read().await, SEMAPHORE.available_permits(), *ONCE.wait().await);
        assert_eq!(of_statics, (1, 2, 3, 6));
        assert_eq!(*CELL.get_or_init(|| async { 5 }).await, 5);
        assert_eq!(*Mutex::named("mutex", 1).lock().await, 1);
        assert_eq!(*RwLock::named("lock", 1).read().await, 1);
        assert_eq!(Semaphore::named("semaphore", 1).acquire().await.unwrap().num_permits(), 1);
        assert!(Barrier::named("barrier", 1).wait().await.is_leader());
    });
}

/// A handle of it is the drop-in's, as that of any other runtime.
#[test]
fn a_runtime_that_stays_on_its_thread() {
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    let handle: tokio::runtime::Handle = runtime.handle().clone();
    let shared = std::rc::Rc::new(Mutex::new(1));
    let task = runtime.spawn_local({
        let shared = shared.clone();
        async move { *shared.lock().await += 1 }
    });
    runtime.block_on(async {
        task.await.unwrap();
        handle.spawn(async { tokio::task::yield_now().await }).await.unwrap();
        assert_eq!(*shared.lock().await, 2);
    });
}

#[test]
fn channels_with_names_are_like_others() {
    run(async {
        let (sender, mut receiver) = mpsc::channel_named("mpsc", 1);
        sender.send(1).await.unwrap();
        assert_eq!(receiver.recv().await, Some(1));
        let (sender, mut receiver) = mpsc::unbounded_channel_named("mpsc");
        sender.send(1).unwrap();
        assert_eq!(receiver.recv().await, Some(1));
        let (sender, receiver) = oneshot::channel_named("oneshot");
        sender.send(1).unwrap();
        assert_eq!(receiver.await, Ok(1));
        let (sender, mut receiver) = watch::channel_named("watch", 0);
        sender.send(1).unwrap();
        assert!(receiver.changed().await.is_ok());
        let (sender, mut receiver) = broadcast::channel_named("broadcast", 1);
        sender.send(1).unwrap();
        assert_eq!(receiver.recv().await, Ok(1));
    });
}

#[test]
fn each_end_of_a_channel_becomes_tokios_own() {
    run(async {
        let (sender, receiver) = mpsc::channel(1);
        let (mut sender, receiver) =
            (PollSender::new(sender.into()), ReceiverStream::new(receiver.into_inner()));
        sender.send(1).await.unwrap();
        drop(sender);
        assert_eq!(receiver.collect::<Vec<_>>().await, [1]);

        let (sender, receiver) = mpsc::unbounded_channel();
        real::sync::mpsc::UnboundedSender::from(sender).send(2).unwrap();
        assert_eq!(UnboundedReceiverStream::new(receiver.into()).next().await, Some(2));

        let (sender, receiver) = oneshot::channel();
        sender.into_inner().send(3).unwrap();
        assert_eq!(real::sync::oneshot::Receiver::from(receiver).await, Ok(3));

        let (sender, receiver) = watch::channel(4);
        assert_eq!(WatchStream::new(receiver.into()).next().await, Some(4));
        assert!(sender.into_inner().is_closed());

        let (sender, receiver) = broadcast::channel(1);
        let sender: real::sync::broadcast::Sender<_> = sender.into();
        sender.send(5).unwrap();
        assert_eq!(BroadcastStream::new(receiver.into_inner()).next().await, Some(Ok(5)));
    });
}
