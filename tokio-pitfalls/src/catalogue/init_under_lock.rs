//! A cell is initialised by one who waits for a lock, and asked for by one who holds it.
//!
//! A pattern: a lazily made client reads the settings, and who writes the settings uses the client.

use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

#[derive(Default)]
struct Service {
    settings: Mutex<u32>,
    client: OnceCell<u32>,
}

impl Service {
    async fn client(&self) -> u32 {
        *self.client.get_or_init(|| async { *self.settings.lock().await }).await
    }
}

async fn reload(client_first: bool) {
    let service = Arc::new(Service::default());
    let its = service.clone();
    let request = tokio::spawn(async move { its.client().await });
    if client_first {
        let client = service.client().await;
        *service.settings.lock().await += client;
    } else {
        let mut settings = service.settings.lock().await;
        tokio::task::yield_now().await;
        *settings += service.client().await;
    }
    request.await.unwrap();
}

/// Under the lock.
pub async fn wrong() {
    reload(false).await;
}

/// Before the lock.
pub async fn fixed() {
    reload(true).await;
}
