//! A slot of a pool is taken, and what gives it back is made only after an await, at which a timeout drops it all.
//!
//! Met in djc/bb8, issue 59 ("leaks connection if executor stops polling"), and transact-rs/sqlx, issue 83.

use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

struct Pool {
    slots: Semaphore,
}

/// Gives its slot back.
struct Connection<'a>(&'a Pool);

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.0.slots.add_permits(1);
    }
}

impl Pool {
    async fn get(&self, first: bool, takes: Duration) -> Connection<'_> {
        self.slots.acquire().await.unwrap().forget();
        if first {
            let connection = Connection(self);
            sleep(takes).await;
            connection
        } else {
            sleep(takes).await;
            Connection(self)
        }
    }
}

async fn requests(first: bool) {
    let pool = Pool { slots: Semaphore::new(1) };
    let slow = timeout(Duration::from_secs(10), pool.get(first, Duration::from_mins(1))).await;
    drop(slow);
    drop(pool.get(first, Duration::from_secs(1)).await);
}

/// The guard is made when all is done.
pub async fn wrong() {
    requests(false).await;
}

/// The guard is made at once.
pub async fn fixed() {
    requests(true).await;
}
