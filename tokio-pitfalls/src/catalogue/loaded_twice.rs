//! A value is looked for under one lock and stored under the next, with the load between them: two callers load it twice.
//!
//! Met in cloudflare/pingora, issue 110: a lookup is repeated though another one has just ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use tokio::sync::{Mutex, OnceCell};
use tokio::task::yield_now;

async fn load(loads: &AtomicU32) -> u32 {
    yield_now().await;
    loads.fetch_add(1, SeqCst)
}

async fn looked_up(cache: &Mutex<Option<u32>>, loads: &AtomicU32) {
    let missing = cache.lock().await.is_none();
    if missing {
        let value = load(loads).await;
        *cache.lock().await = Some(value);
    }
}

/// Unlocks while it loads, and does not look again.
pub async fn wrong() {
    let cache = Arc::new((Mutex::new(None), AtomicU32::new(0)));
    let its = cache.clone();
    let task = tokio::spawn(async move { looked_up(&its.0, &its.1).await });
    looked_up(&cache.0, &cache.1).await;
    task.await.unwrap();
    assert_eq!(cache.1.load(SeqCst), 1, "it was loaded twice");
}

/// One loads, and the other waits for that.
pub async fn fixed() {
    let cache = Arc::new((OnceCell::new(), AtomicU32::new(0)));
    let its = cache.clone();
    let task = tokio::spawn(async move { *its.0.get_or_init(|| load(&its.1)).await });
    cache.0.get_or_init(|| load(&cache.1)).await;
    task.await.unwrap();
    assert_eq!(cache.1.load(SeqCst), 1, "it was loaded twice");
}
