//! A hand-written lock notes that somebody waits in a flag, and clears it when it wakes one of two: nobody wakes the other.
//!
//! Met in Netflix/concurrency-limits, pull request 70 (in Java): "a boolean 'blocked' flag which doesn't properly account for
//! multiple blocked threads".

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use tokio::task::yield_now;

#[derive(Default)]
struct State {
    is_locked: bool,
    waiters: usize,
}

#[derive(Default)]
struct Limiter {
    state: Mutex<State>,
    freed: Notify,
    counts: bool,
}

impl Limiter {
    fn try_lock(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        if state.is_locked {
            state.waiters += 1;
            return false;
        }
        state.is_locked = true;
        true
    }

    async fn lock(&self) {
        while !self.try_lock() {
            self.freed.notified().await;
        }
    }

    fn unlock(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_locked = false;
        if state.waiters > 0 {
            state.waiters = if self.counts { state.waiters - 1 } else { 0 };
            self.freed.notify_one();
        }
    }
}

async fn users(counts: bool) {
    let limiter = Arc::new(Limiter { counts, ..Limiter::default() });
    limiter.lock().await;
    let users = [(); 2].map(|()| {
        let limiter = limiter.clone();
        tokio::spawn(async move {
            limiter.lock().await;
            limiter.unlock();
        })
    });
    yield_now().await;
    limiter.unlock();
    for user in users {
        user.await.unwrap();
    }
}

/// Whether somebody waits.
pub async fn wrong() {
    users(false).await;
}

/// How many wait.
pub async fn fixed() {
    users(true).await;
}
