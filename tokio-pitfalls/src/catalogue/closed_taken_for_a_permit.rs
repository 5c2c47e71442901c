//! The error of a semaphore that was closed is ignored, as if it were a permit: at shutdown all that wait go on at once.
//!
//! A pattern. tokio-rs/tokio pull request 6050 took `let _ = semaphore.acquire().await` out of tokio's own documentation.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::sync::Semaphore;
use tokio::task::yield_now;

async fn work(limit: Arc<Semaphore>, at_work: Arc<AtomicUsize>, looks: bool) {
    let permit = limit.acquire().await;
    if looks && permit.is_err() {
        return;
    }
    assert_eq!(at_work.fetch_add(1, SeqCst), 0, "more are at work than the limit says");
    yield_now().await;
    at_work.fetch_sub(1, SeqCst);
}

async fn shut_down(looks: bool) {
    let (limit, at_work) = (Arc::new(Semaphore::new(1)), Arc::default());
    let workers = [(); 2].map(|()| tokio::spawn(work(limit.clone(), Arc::clone(&at_work), looks)));
    yield_now().await;
    limit.close();
    for worker in workers {
        worker.await.unwrap();
    }
}

/// Keeps what `acquire` gives, whatever it is.
pub async fn wrong() {
    shut_down(false).await;
}

/// Goes on with a permit alone.
pub async fn fixed() {
    shut_down(true).await;
}
