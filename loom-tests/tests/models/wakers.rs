//! This package's own lock: every waiter is woken. Every model over it would hang, or hold over nothing, were it not so.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use lockyard::lock::{LockClass, LockOf, SharedLock};
use loom::sync::Mutex;
use loom::thread;
use loom_tests::{LoomRwLock, ModelCheck, Mutant, block_on};

static COUNTER: LockClass = LockClass::new("counter");

#[test]
fn no_waiter_sleeps_indefinitely() {
    ModelCheck { name: "model-lock-wakers", over: "loom-rwlock", preemptions: None, min_executions: 1_800 }
        .check(|| {
            let counter: Arc<LockOf<LoomRwLock, u32>> = Arc::new(SharedLock::new(&COUNTER, 0));
            let others = [(); 2].map(|()| {
                let counter = counter.clone();
                thread::spawn(move || *block_on(counter.write()) += 1)
            });
            assert!(*block_on(counter.read()) <= 2);
            for other in others {
                other.join().unwrap();
            }
            assert_eq!(*block_on(counter.read()), 2, "a change is lost");
        });
}

/// A flag that its waiter looks at, and only then leaves its waker, in a second section.
#[derive(Default)]
struct LateWaker {
    raised: Mutex<bool>,
    waiting: Mutex<Vec<Waker>>,
}

impl LateWaker {
    fn raise(&self) {
        *self.raised.lock().unwrap() = true;
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap());
        waiting.into_iter().for_each(Waker::wake);
    }

    async fn wait(&self) {
        poll_fn(|context| {
            if *self.raised.lock().unwrap() {
                return Poll::Ready(());
            }
            self.waiting.lock().unwrap().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

#[test]
fn a_waker_that_is_left_too_late_is_never_woken() {
    Mutant {
        name: "model-lock-wakers/late-waker",
        class: "lost wake-up",
        preemptions: None,
        complaint: "deadlock",
    }
    .must_fail(|| {
        let flag = Arc::new(LateWaker::default());
        let other = {
            let flag = flag.clone();
            thread::spawn(move || flag.raise())
        };
        block_on(flag.wait());
        other.join().unwrap();
    });
}
