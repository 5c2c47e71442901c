//! The futures of a buffered stream hold all permits, and are not polled while the stream's body waits for one.
//!
//! Met as the second case of issue 2387 of rust-lang/futures-rs.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tokio::sync::Semaphore;
use tokio::task::yield_now;

async fn request(limit: Arc<Semaphore>, rounds: u32) {
    let _permit = limit.acquire().await.unwrap();
    for _ in 0..rounds {
        yield_now().await;
    }
}

/// Two are under way while the body makes a request itself.
pub async fn wrong() {
    let limit = Arc::new(Semaphore::new(2));
    stream::iter([1, 3, 3])
        .map(|rounds| request(limit.clone(), rounds))
        .buffer_unordered(2)
        .for_each(|()| async {
            let _both = limit.acquire_many(2).await.unwrap();
        })
        .await;
}

/// All are done before the next requests.
pub async fn fixed() {
    let limit = Arc::new(Semaphore::new(2));
    let requests = stream::iter([1, 3, 3]).map(|rounds| request(limit.clone(), rounds));
    let done: Vec<()> = requests.buffer_unordered(2).collect().await;
    for () in done {
        let _both = limit.acquire_many(2).await.unwrap();
    }
}
