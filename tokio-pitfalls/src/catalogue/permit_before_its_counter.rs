//! A permit is published before the counter that belongs to it: who gets it at once reads the old count.
//!
//! A pattern of hand-written queues: the semaphore is raised, and then the state changed, an await later.

use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore};

async fn publish(counter_first: bool) {
    let (ready, jobs) = (Arc::new(Semaphore::new(0)), Arc::new(Mutex::new(0)));
    let (its_ready, its_jobs) = (ready.clone(), jobs.clone());
    let task = tokio::spawn(async move {
        if counter_first {
            *its_jobs.lock().await += 1;
            its_ready.add_permits(1);
        } else {
            its_ready.add_permits(1);
            *its_jobs.lock().await += 1;
        }
    });
    ready.acquire().await.unwrap().forget();
    assert_eq!(*jobs.lock().await, 1, "there is a permit, and no job");
    task.await.unwrap();
}

/// The permit first.
pub async fn wrong() {
    publish(false).await;
}

/// The counter first.
pub async fn fixed() {
    publish(true).await;
}
