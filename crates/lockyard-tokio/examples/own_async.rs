//! From a service to a finding: a small session store on plain tokio with two bugs, found by `track` and by `explore`, and the
//! same store with both mended, silent. `docs/OWN_ASYNC.md` tells it step by step.
//!
//! `cargo run -p lockyard-tokio --features full,track,explore --example own_async`

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

// In a project whose dependency is called so, this line is not there.
use lockyard_tokio as tokio;
use tokio::lockyard::{Explore, deny_findings};
use tokio::sync::{Mutex, Notify, RwLock, Semaphore};

/// One user's session.
#[derive(Default)]
struct Session {
    visits: u32,
    friends: Vec<u64>,
}

/// A map of sessions, each behind a lock; so many logins at once; whoever waits for a session is told of changes.
struct Store {
    sessions: RwLock<HashMap<u64, Arc<Mutex<Session>>>>,
    logins: Semaphore,
    changed: Notify,
}

impl Store {
    fn new() -> Arc<Self> {
        Arc::new(Self { sessions: RwLock::default(), logins: Semaphore::new(1), changed: Notify::new() })
    }

    async fn session(&self, id: u64) -> Option<Arc<Mutex<Session>>> {
        self.sessions.read().await.get(&id).cloned()
    }

    async fn login(&self, id: u64) {
        let _slot = self.logins.acquire().await.expect("it is never closed");
        let session = self.sessions.write().await.entry(id).or_default().clone();
        session.lock().await.visits += 1;
        self.changed.notify_waiters();
    }

    /// Wrong: the order of the locks is that of the arguments.
    async fn befriend(&self, one: u64, other: u64) {
        let (first, second) = (self.session(one).await.unwrap(), self.session(other).await.unwrap());
        let mut first = first.lock().await;
        let mut second = second.lock().await;
        first.friends.push(other);
        second.friends.push(one);
    }

    /// Right: the lower one first.
    async fn befriend_in_order(&self, one: u64, other: u64) {
        self.befriend(one.min(other), one.max(other)).await;
    }

    /// Wrong: what changes after the look and before the wait is not heard.
    async fn wait_for(&self, id: u64) {
        while self.session(id).await.is_none() {
            tokio::task::yield_now().await; // anything that lets others go on
            self.changed.notified().await;
        }
    }

    /// Right: it listens before it looks.
    async fn listen_and_wait_for(&self, id: u64) {
        loop {
            let changed = self.changed.notified();
            if self.session(id).await.is_some() {
                return;
            }
            tokio::task::yield_now().await;
            changed.await;
        }
    }
}

/// What a test with this body would fail with: here the friends are made one after the other, and nothing hangs.
fn tested(in_order: bool) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let test = || {
        runtime.block_on(async {
            let _guard = deny_findings();
            let store = Store::new();
            store.login(1).await;
            store.login(2).await;
            for (one, other) in [(1, 2), (2, 1)] {
                let store = store.clone();
                let task = tokio::spawn(async move {
                    if in_order {
                        store.befriend_in_order(one, other).await;
                    } else {
                        store.befriend(one, other).await;
                    }
                });
                if in_order {
                    task.await.unwrap();
                } else {
                    drop(task);
                    tokio::task::yield_now().await;
                }
            }
        });
    };
    let panic = catch_unwind(AssertUnwindSafe(test)).err()?;
    Some(*panic.downcast::<String>().expect("a message"))
}

/// Every order of a login and of one who waits for it.
async fn login_and_wait(listens: bool) {
    let store = Store::new();
    let its = store.clone();
    let waiter = tokio::spawn(async move {
        if listens { its.listen_and_wait_for(1).await } else { its.wait_for(1).await }
    });
    store.login(1).await;
    waiter.await.unwrap();
}

fn main() {
    println!("== track: two tasks that have not met\n{}\n", tested(false).expect("both orders were seen"));
    println!("== track, mended: {:?}\n", tested(true));
    let wrong = Explore::new().report(|| login_and_wait(false));
    println!("== explore: {} schedules\n{}", wrong.schedules(), wrong.failure().expect("one schedule hangs"));
    let mended = Explore::new().report(|| login_and_wait(true));
    println!(
        "== explore, mended: {} schedules, {}, failure {:?}",
        mended.schedules(),
        mended.proof(),
        mended.failure()
    );
}
