//! Waiting for a future by parking the thread.
//!
//! loom's own `block_on` brings an atomic and a queue of its own into every model; parking is one object a thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

use loom::thread::{self, Thread};

struct Unpark {
    thread: Thread,
    /// Woken, and not polled since. loom keeps the token of a thread with its state, and loses it when the thread blocks
    /// at a mutex before it parks. Not loom's, so that it adds no step: threads take turns here.
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Relaxed);
        self.thread.unpark();
    }
}

/// Polls `future` to its end on this thread. A wake-up that comes between a poll and the parking is not lost: it is
/// marked, or the thread's token keeps it.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let own = Arc::new(Unpark { thread: thread::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(own.clone());
    let mut context = Context::from_waker(&waker);
    let mut future = Box::pin(future); // loom's threads have little stack
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        while !own.woken.swap(false, Relaxed) {
            thread::park();
        }
    }
}
