//! A slot is given back by hand and by the guard's `Drop`: from then on more are let in than the limit says.
//!
//! A pattern of rate limiters with a `finish` and a `Drop`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::sync::Semaphore;
use tokio::task::yield_now;

struct Slot {
    limit: Arc<Semaphore>,
    is_out: bool,
}

impl Slot {
    async fn take(limit: &Arc<Semaphore>) -> Self {
        limit.acquire().await.unwrap().forget();
        Self { limit: limit.clone(), is_out: true }
    }

    fn finish(mut self, notes: bool) {
        self.limit.add_permits(1);
        self.is_out = !notes;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.is_out {
            self.limit.add_permits(1);
        }
    }
}

async fn requests(notes: bool) {
    let (limit, under_way) = (Arc::new(Semaphore::new(1)), Arc::new(AtomicUsize::new(0)));
    Slot::take(&limit).await.finish(notes);
    let requests = [(); 2].map(|()| {
        let (limit, under_way) = (limit.clone(), under_way.clone());
        tokio::spawn(async move {
            let slot = Slot::take(&limit).await;
            assert_eq!(under_way.fetch_add(1, SeqCst), 0, "more are under way than the limit says");
            yield_now().await;
            under_way.fetch_sub(1, SeqCst);
            slot.finish(notes);
        })
    });
    for request in requests {
        request.await.unwrap();
    }
}

/// `finish` does not tell `Drop`.
pub async fn wrong() {
    requests(false).await;
}

/// It does.
pub async fn fixed() {
    requests(true).await;
}
