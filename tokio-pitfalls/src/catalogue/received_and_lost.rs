//! A future that has taken a message from a channel is dropped by `select!` before it has dealt with it.
//!
//! Met in marmot-protocol/mdk, issue 712: `next_event` took a delivery and awaited its ingestion, as one arm of a worker's
//! `select!`.

use std::sync::Arc;

use tokio::sync::{Mutex, Notify, mpsc};

type Store = Arc<Mutex<Vec<u32>>>;

async fn ingest(inbox: &mut mpsc::Receiver<u32>, store: &Store) {
    if let Some(message) = inbox.recv().await {
        store.lock().await.push(message);
    }
}

async fn worker(keeps: bool) {
    let (sender, mut inbox) = mpsc::channel(1);
    let (store, stop) = (Store::default(), Arc::new(Notify::new()));
    let (its_store, its_stop) = (store.clone(), stop.clone());
    let client = tokio::spawn(async move {
        let reading = its_store.lock().await;
        sender.send(1).await.unwrap();
        its_stop.notify_one();
        assert_eq!(reading.len(), 0);
    });
    let mut ingesting = Box::pin(ingest(&mut inbox, &store));
    tokio::select! {
        () = &mut ingesting => {}
        () = stop.notified() => if keeps { ingesting.await } else { drop(ingesting) },
    }
    client.await.unwrap();
    assert_eq!(*store.lock().await, [1], "a message is lost");
}

/// What was begun is dropped.
pub async fn wrong() {
    worker(false).await;
}

/// What was begun is ended.
pub async fn fixed() {
    worker(true).await;
}
