//! Tasks that need two permits take one after the other, and end with one each.
//!
//! Foreseen in the review of tokio's semaphore, tokio-rs/tokio pull request 1973: "a few tasks, which all try to acquire
//! `n` permits […] will eventually all be stuck".

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::yield_now;

async fn pair(buffers: Arc<Semaphore>, at_once: bool) {
    if at_once {
        let _both = buffers.acquire_many(2).await.unwrap();
        yield_now().await;
    } else {
        let _source = buffers.acquire().await.unwrap();
        yield_now().await;
        let _target = buffers.acquire().await.unwrap();
    }
}

async fn copies(at_once: bool) {
    let buffers = Arc::new(Semaphore::new(2));
    let one = tokio::spawn(pair(buffers.clone(), at_once));
    let other = tokio::spawn(pair(buffers, at_once));
    one.await.unwrap();
    other.await.unwrap();
}

/// One, then another.
pub async fn wrong() {
    copies(false).await;
}

/// Both or none.
pub async fn fixed() {
    copies(true).await;
}
