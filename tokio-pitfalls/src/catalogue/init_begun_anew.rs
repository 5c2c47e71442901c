//! The initialiser of a cell is part of the future that asks for it: with a timeout it is dropped half way, and begun anew.
//!
//! Met as tokio-rs/tokio issue 4496: "`OnceCell` init function is called more than once".

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout};

#[derive(Default)]
struct Service {
    connection: OnceCell<()>,
    begun: AtomicU32,
}

impl Service {
    async fn connect(&self) {
        self.begun.fetch_add(1, SeqCst);
        sleep(Duration::from_secs(25)).await;
    }

    async fn connection(&self) {
        self.connection.get_or_init(|| self.connect()).await;
    }
}

async fn requests(detached: bool) {
    let service = Arc::new(Service::default());
    for _ in 0..3 {
        let its = service.clone();
        let request = async move { its.connection().await };
        if detached {
            let _ = timeout(Duration::from_secs(10), tokio::spawn(request)).await;
        } else {
            let _ = timeout(Duration::from_secs(10), request).await;
        }
    }
    assert_eq!(service.begun.load(SeqCst), 1, "it was begun more than once");
    assert!(service.connection.initialized());
}

/// Each request begins what takes longer than any has.
pub async fn wrong() {
    requests(false).await;
}

/// Each waits in a task of its own, which goes on without the request.
pub async fn fixed() {
    requests(true).await;
}
