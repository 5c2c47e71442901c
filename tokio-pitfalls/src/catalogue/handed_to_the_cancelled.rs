//! A hand-written lock is handed over to the head of its queue, which was cancelled: nobody has it, and all wait.
//!
//! Met in asomers/futures-locks, issues 1 and 24: a future that is dropped may own the lock, or leave its sender in the
//! queue.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

#[derive(Default)]
struct Queue {
    is_locked: bool,
    waiters: VecDeque<oneshot::Sender<()>>,
}

#[derive(Clone, Default)]
struct FairLock {
    queue: Arc<Mutex<Queue>>,
    passes_on: bool,
}

/// One who waits. Dropped with what it was handed, it passes that on.
struct Waiter<'a> {
    turn: oneshot::Receiver<()>,
    lock: &'a FairLock,
    has_it: bool,
}

impl FairLock {
    async fn lock(&self) {
        let turn = {
            let mut queue = self.queue.lock().unwrap();
            if !queue.is_locked {
                queue.is_locked = true;
                return;
            }
            let (sender, turn) = oneshot::channel();
            queue.waiters.push_back(sender);
            turn
        };
        let mut waiter = Waiter { turn, lock: self, has_it: false };
        (&mut waiter.turn).await.unwrap();
        waiter.has_it = true;
    }

    fn unlock(&self) {
        let mut queue = self.queue.lock().unwrap();
        while let Some(next) = queue.waiters.pop_front() {
            if next.send(()).is_ok() || !self.passes_on {
                return;
            }
        }
        queue.is_locked = false;
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if self.has_it || !self.lock.passes_on {
            return;
        }
        self.turn.close();
        if self.turn.try_recv().is_ok() {
            self.lock.unlock();
        }
    }
}

async fn queue(passes_on: bool) {
    let lock = FairLock { passes_on, ..FairLock::default() };
    lock.lock().await;
    let users = [(); 2].map(|()| {
        let lock = lock.clone();
        tokio::spawn(async move {
            lock.lock().await;
            lock.unlock();
        })
    });
    tokio::task::yield_now().await;
    let [goes_away, stays] = users;
    goes_away.abort();
    let _ = goes_away.await;
    lock.unlock();
    stays.await.unwrap();
}

/// To whoever is first.
pub async fn wrong() {
    queue(false).await;
}

/// To the first who is still there, and on from one who goes away with it.
pub async fn fixed() {
    queue(true).await;
}
