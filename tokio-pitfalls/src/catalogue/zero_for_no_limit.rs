//! A limit of zero, which is to say none, becomes a semaphore without permits: the first one waits for ever.
//!
//! Met in cowprotocol/services, pull request 4804: "use `0` for no limit on concurrency".

use tokio::sync::Semaphore;

async fn request(limit: &Semaphore) {
    let _permit = limit.acquire().await.unwrap();
    tokio::task::yield_now().await;
}

/// As many permits as the settings say.
pub async fn wrong() {
    let setting = 0;
    request(&Semaphore::new(setting)).await;
}

/// Zero is as many as there can be.
pub async fn fixed() {
    let setting = 0;
    request(&Semaphore::new(if setting == 0 { Semaphore::MAX_PERMITS } else { setting })).await;
}
