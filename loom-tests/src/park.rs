//! Waiting for a future by parking the thread.
//!
//! loom's own `block_on` brings an atomic and a queue of its own into every model; parking is one object a thread.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use loom::thread::{self, Thread};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls `future` to its end on this thread. A wake-up that comes between a poll and the parking is not lost: the
/// thread's token keeps it.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = Box::pin(future); // loom's threads have little stack
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}
