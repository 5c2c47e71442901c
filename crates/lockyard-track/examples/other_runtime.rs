//! How do I track tasks of a runtime that is not tokio? An executor of the `futures` crate whose tasks say which one runs: two
//! that lock in opposite orders are seen to be two, though neither has a name for the tracker.
//!
//! ```sh
//! cargo run -p lockyard-track --example other_runtime
//! ```

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures_executor::LocalPool;
use futures_util::task::LocalSpawnExt;
use lockyard_lock::{LockClass, LockOf, SharedLock, TokioMutex};
use lockyard_track::{Finding, Tracked, Tracker, identify_tasks};

static ORDERS: LockClass = LockClass::new("orders");
static STOCK: LockClass = LockClass::new("stock");

type Lock = LockOf<Tracked<TokioMutex>, u32>;

thread_local! {
    static TASK: Cell<Option<u64>> = const { Cell::new(None) };
}

/// What every task is wrapped in: around each of its polls its number stands where the tracker looks for it.
async fn numbered<T>(number: u64, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|context| {
        let outer = TASK.replace(Some(number));
        let polled = future.as_mut().poll(context);
        TASK.set(outer);
        polled
    })
    .await
}

/// Lets another task run once. The executor is no tokio runtime, so its tasks yield for themselves.
async fn turn() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Two tasks in opposite orders, until neither goes on; what the tracker has found.
pub(crate) fn observe() -> Vec<Finding> {
    // Refused from the second call on, which changes nothing here.
    let _ = identify_tasks(|| TASK.get());
    let tracker = Tracker::new();
    let locks: (Lock, Lock) =
        tracker.within("set up", || (SharedLock::new(&ORDERS, 0), SharedLock::new(&STOCK, 10)));
    let locks = Rc::new(locks);
    let mut pool = LocalPool::new();
    let its = locks.clone();
    let order = async move {
        let _orders = its.0.write().await;
        turn().await;
        *its.1.write().await -= 1;
    };
    let audit = async move {
        let _stock = locks.1.read().await;
        turn().await;
        drop(locks.0.read().await);
    };
    pool.spawner().spawn_local(numbered(1, order)).expect("the pool is there");
    pool.spawner().spawn_local(numbered(2, audit)).expect("the pool is there");
    pool.run_until_stalled();
    tracker.look(Duration::ZERO); // nothing will run any more, so it has lasted long enough
    tracker.findings()
}

fn main() {
    observe().iter().for_each(|finding| println!("{finding}\n"));
}
